// What every request and every answer passes: identity, origin rules, errors, log. One fiber frame and no span. Plain
// requests for pages of messages take a shortcut with the same rules (shortcut.ts).
import { ServerResponse } from "node:http"
import { toIncomingMessage, toServerResponse } from "@effect/platform-node/NodeHttpServerRequest"
import { Cause, Effect, References, type Scope } from "effect"
import { HttpServerRequest, type HttpServerResponse } from "effect/http"
import type { TrustProxy } from "../config/TrustProxy.ts"
import { Unavailable } from "../domain/errors.ts"
import { namesOneHost } from "../edge/namesOneHost.ts"
import { RateReport } from "../services/limits/RateReport.ts"
import { makeCors, optionsResponse } from "./cors.ts"
import { type Exchange, openExchange } from "./Exchange.ts"
import { compressed } from "./gzip.ts"
import { malformedParameter } from "./handlers/form.ts"
import { refuse } from "./handlers/tokenGrant.ts"
import { withHeaders } from "./headers.ts"
import { logIdentity, nameOnSpan } from "./logIdentity.ts"
import { fromCause } from "./problems/failure.ts"
import { malformed, notRouted, problemOrDie } from "./problems/problem.ts"
import { logRequest, now } from "./requestLog.ts"
import type { HeldAnswers } from "./server/HeldAnswers.ts"
import { allowedMethods, isLiteral } from "./server/routes.ts"

type Response = HttpServerResponse.HttpServerResponse
type Request = HttpServerRequest.HttpServerRequest

export interface EdgeOptions {
  readonly trustProxy: TrustProxy
  readonly corsOrigins: ReadonlyArray<string>
  /** Shown to a browser at an unknown path; programs get a problem document. */
  readonly missingPage: (request: Request) => Response
  readonly held: HeldAnswers["Service"]
}

const options = (request: Request, listed: boolean): Effect.Effect<Response> => {
  const methods = allowedMethods(request.url)
  return methods.length === 0 ? notRouted([]) : Effect.succeed(optionsResponse(request, methods, listed))
}

/** RFC 6749 defines its own errors for `/token`, and only for it. */
const badParameter = (path: string, name: string): Effect.Effect<Response> =>
  /^\/token\/?$/.test(path)
    ? refuse("invalid_request", "The query string is malformed.")
    : problemOrDie(malformed(name, "must be percent-encoded UTF-8 without NUL"))

const badHost = (url: string): Effect.Effect<Response> =>
  /^\/token\/?(?:\?|$)/.test(url)
    ? refuse("invalid_request", "The request must have one Host header.")
    : problemOrDie(malformed("", "must have one Host header"))

/** A browser requests a page at an unknown path. */
const isLost = (request: Request, { status }: Response): boolean =>
  status === 404 &&
  (request.method === "GET" || request.method === "HEAD") &&
  request.headers.accept?.includes("text/html") === true &&
  allowedMethods(request.url).length === 0

/** Counts a long answer; returns the error to answer instead when the user has too many unread bytes. */
const hold = (held: HeldAnswers["Service"], request: Request, { user_id }: Exchange, { body }: Response) => {
  if (user_id === undefined || body._tag !== "Uint8Array") return undefined
  const { socket } = toIncomingMessage(request)
  const response = toServerResponse(request)
  if (!(response instanceof ServerResponse)) return undefined
  return held.hold(user_id, body.contentLength, socket, response, request.method !== "GET")
}

/** Wraps the whole application; the result never fails, except when its client has disconnected. */
export const edge = ({ trustProxy, corsOrigins, missingPage, held }: EdgeOptions) => {
  const cors = makeCors(corsOrigins)
  return <E, R>(
    app: Effect.Effect<Response, E, R>,
  ): Effect.Effect<Response, never, R | HttpServerRequest.HttpServerRequest | Scope.Scope> =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
      Effect.withFiber((fiber) => {
        const started = now(fiber)
        const exchange = openExchange(request, trustProxy)
        const corsHeaders = cors(request.headers.origin)
        const finish = (given: Response): Effect.Effect<Response> => {
          const zipping = compressed(request, given)
          return zipping === undefined ? send(given) : Effect.flatMap(zipping, send)
        }
        const send = (given: Response): Effect.Effect<Response> => {
          const response = isLost(request, given) ? missingPage(request) : given
          const tooMuch = hold(held, request, exchange, response)
          if (tooMuch !== undefined) return Effect.flatMap(problemOrDie(tooMuch), send)
          nameOnSpan(fiber, exchange)
          const log = logRequest(fiber, request, exchange, response.status, started)
          const finished = withHeaders(response, exchange, corsHeaders)
          return log === undefined ? Effect.succeed(finished) : Effect.as(log, finished)
        }
        const incoming = toIncomingMessage(request)
        if (!namesOneHost(incoming)) return Effect.flatMap(badHost(request.url), finish)
        if (request.method === "OPTIONS") {
          const listed = corsHeaders?.["access-control-allow-origin"] !== undefined
          return Effect.flatMap(options(request, listed), finish)
        }
        if (!isLiteral(request.method, request.url, incoming.url)) {
          return Effect.flatMap(notRouted([]), finish)
        }
        const query = request.url.indexOf("?")
        const bad = query === -1 ? undefined : malformedParameter(request.url.slice(query + 1))
        if (bad !== undefined) {
          return Effect.flatMap(badParameter(request.url.slice(0, query), bad), finish)
        }
        return Effect.matchCauseEffect(
          app.pipe(
            Effect.provideService(References.CurrentLogAnnotations, logIdentity(fiber, exchange)),
            Effect.provideService(RateReport, exchange.rates),
          ),
          {
            onSuccess: finish,
            onFailure: (cause) => {
              if (!Cause.hasInterruptsOnly(cause)) return Effect.flatMap(fromCause(request, exchange, cause), finish)
              // The client has disconnected, or this server is shutting down.
              return toServerResponse(request).destroyed
                ? Effect.failCause(cause as Cause.Cause<never>)
                : Effect.flatMap(problemOrDie(new Unavailable()), finish)
            },
          },
        )
      }),
    )
}
