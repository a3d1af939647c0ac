// Turns every refusal into its answer: a problem document (RFC 9457) with the headers of its status.
import { Effect, type SchemaIssue } from "effect"
import { HttpServerRespondable, HttpServerResponse } from "effect/http"
import type { HttpApiError } from "effect/http-api"
import { InternalError, InvalidInput, MethodNotAllowed, NotFound } from "../../domain/errors.ts"
import { issuesOf } from "../../domain/issues.ts"

interface Problem extends HttpServerRespondable.Respondable {
  readonly status: number
  readonly retry_after_ms?: number
}

const isProblem = (error: unknown): error is Problem =>
  HttpServerRespondable.isRespondable(error) && "status" in error && typeof error.status === "number"

export const headersFor = (problem: {
  readonly status: number
  readonly retry_after_ms?: number
}): Record<string, string> => {
  switch (problem.status) {
    case 401:
      return { "www-authenticate": "Bearer" }
    case 429:
    case 503:
      return { "retry-after": String(Math.max(1, Math.ceil((problem.retry_after_ms ?? 1000) / 1000))) }
    case 413:
      // The rest of the body is not read, so no other request can follow on this connection.
      return { connection: "close" }
    default:
      return {}
  }
}

/** The answer to an expected error; undefined for other errors. */
export const problemResponse = (error: unknown): Effect.Effect<HttpServerResponse.HttpServerResponse> | undefined =>
  isProblem(error)
    ? Effect.map(Effect.orDie(error[HttpServerRespondable.symbol]()), (response) =>
        HttpServerResponse.setHeaders(response, headersFor(error)),
      )
    : undefined

/** Input that does not match its schema: a path without a valid id is 404, everything else 400 with its issues. */
export const fromSchemaError = (error: HttpApiError.HttpApiSchemaError): NotFound | InvalidInput | undefined => {
  switch (error.kind) {
    case "Params":
      return new NotFound()
    case "Query":
    case "Headers":
    case "Payload":
      return invalidInput(error.cause.issue)
    case "Body":
    case "ResponseHeaders":
      return undefined
  }
}

export const invalidInput = (issue: SchemaIssue.Issue) => new InvalidInput({ issues: issuesOf(issue) })

/** Input that is refused before a schema reads it; an empty `path` means the whole body. */
export const malformed = (path: string, message: string) => new InvalidInput({ issues: [{ path, message }] })

/** An unknown route; `allowed` are the methods of the path. */
export const notRouted = (allowed: ReadonlyArray<string>) =>
  allowed.length === 0
    ? problemOrDie(new NotFound())
    : Effect.map(problemOrDie(new MethodNotAllowed()), HttpServerResponse.setHeader("allow", allowed.join(", ")))

/** A bug. The log has its cause under the same id. */
export const internalError = (request_id: string) => problemOrDie(new InternalError({ request_id }))

export const problemOrDie = (error: Problem) => problemResponse(error) ?? Effect.die(error)
