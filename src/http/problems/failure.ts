// The answer to any failure of a request.
import { type Cause, Effect } from "effect"
import { HttpServerError, HttpServerResponse } from "effect/http"
import { BodyTooLarge } from "../../domain/errors.ts"
import type { Exchange } from "../Exchange.ts"
import type { LoggedRequest } from "../requestLog.ts"
import { allowedMethods } from "../server/routes.ts"
import { internalError, malformed, notRouted, problemOrDie, problemResponse } from "./problem.ts"

type Response = HttpServerResponse.HttpServerResponse

/** Never fails. Not for interruptions: their clients receive no answer. */
export const fromCause = (
  { method, url }: LoggedRequest,
  { request_id }: Exchange,
  cause: Cause.Cause<unknown>,
): Effect.Effect<Response> => {
  for (const reason of cause.reasons) {
    if (reason._tag === "Interrupt") continue
    const error = reason._tag === "Fail" ? reason.error : reason.defect
    if (HttpServerResponse.isHttpServerResponse(error)) return Effect.succeed(error)
    if (HttpServerError.isHttpServerError(error)) {
      if (error.reason._tag === "RouteNotFound") {
        const allowed = allowedMethods(url)
        // A route that the table has and main does not add does not exist.
        return notRouted(allowed.includes(method) ? [] : allowed)
      }
      if (error.reason._tag === "RequestParseError") {
        return problemOrDie(
          error.reason.reason === "BodyTooLarge" ? new BodyTooLarge() : malformed("", "the request could not be read"),
        )
      }
    }
    const known = reason._tag === "Fail" ? problemResponse(error) : undefined
    if (known !== undefined) return known
  }
  return Effect.andThen(
    Effect.annotateLogs(Effect.logError("A request failed unexpectedly", cause), { request_id }),
    internalError(request_id),
  )
}
