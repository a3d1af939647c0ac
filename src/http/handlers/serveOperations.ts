// Serves operations over HTTP: reads their input from path, query and body, and writes their answer.
import { ServerResponse } from "node:http"
import { toServerResponse } from "@effect/platform-node/NodeHttpServerRequest"
import { Effect, Schema } from "effect"
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import type { HttpApiBuilder, HttpApiEndpoint } from "effect/http-api"
import type { Authorization } from "../../contract/Authorization.ts"
import { CurrentUser } from "../../contract/CurrentUser.ts"
import { idempotencyKey } from "../../contract/operations/idempotencyKey.ts"
import type { AnyOperation, Operations } from "../../contract/operations/operation.ts"
import type { TooManyRequests } from "../../domain/errors.ts"
import type { UserId } from "../../domain/Ids.ts"
import { DedupKey } from "../../domain/Message.ts"
import { type Implementation, type Implemented, implementedBy, JsonText } from "../../edge/operations/Implementation.ts"
import { invalidInput, malformed } from "../problems/problem.ts"
import { HeldAnswers } from "../server/HeldAnswers.ts"
import { json, jsonText } from "./answer.ts"
import { jsonBody } from "./body.ts"

type Fields = Readonly<Record<string, unknown>>

interface Asked {
  readonly params?: Fields
  readonly query?: Fields
  readonly request: HttpServerRequest.HttpServerRequest
}

const isKey = Schema.is(DedupKey)

/** Both the body and the header may have the key, if they agree. */
const withKey = (body: Fields, { headers }: HttpServerRequest.HttpServerRequest) => {
  const header = headers[idempotencyKey.toLowerCase()]
  if (header === undefined) return Effect.succeed(body)
  if (!isKey(header)) return Effect.fail(malformed(idempotencyKey, "must have 1 to 64 characters"))
  const dedup_key = body.dedup_key ?? null
  return dedup_key === null || dedup_key === header
    ? Effect.succeed({ ...body, dedup_key: header })
    : Effect.fail(malformed("dedup_key", "must be the Idempotency-Key, where both are given"))
}

/** The fields of the body; undefined: the operation has none. */
const bodyOf = ({ body, isIdempotent, value }: AnyOperation) => {
  if (value !== null) {
    const read = jsonBody(value)
    return (request: HttpServerRequest.HttpServerRequest) => Effect.map(read(request), (value) => ({ value }))
  }
  if (body === null) return undefined
  const read = jsonBody(body as Schema.Codec<Fields, unknown>)
  return isIdempotent
    ? (request: HttpServerRequest.HttpServerRequest) =>
        Effect.flatMap(read(request), (fields) => withKey(fields, request))
    : read
}

/** The fields of the path; undefined: the operation has none. */
const pathOf = ({ path }: AnyOperation) => {
  const parameters = Object.entries(path)
  if (parameters.length === 0) return undefined
  const named = (params: Fields): Fields =>
    Object.fromEntries(parameters.map(([name, { field }]) => [field, params[name]]))
  const strict = parameters.filter(([, { mustFit }]) => mustFit)
  if (strict.length === 0) return (params: Fields) => Effect.succeed(named(params))
  const fits = Schema.decodeUnknownEffect(
    Schema.Struct(Object.fromEntries(strict.map(([name, { json }]) => [name, json]))) as unknown as Schema.Codec<
      Fields,
      unknown
    >,
  )
  return (params: Fields) =>
    Effect.mapBoth(fits(params), { onFailure: ({ issue }) => invalidInput(issue), onSuccess: () => named(params) })
}

const lengthOf = ({ body }: HttpServerResponse.HttpServerResponse): number =>
  body._tag === "Uint8Array" ? body.contentLength : 0

/** An answer that may be long waits for its user's turn. */
const inTurn = ({ endpoint, isShort }: AnyOperation) => {
  const isLong = !isShort && endpoint?.method === "GET"
  return <E, R>(
    request: Asked["request"],
    user_id: UserId,
    answer: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>,
  ): Effect.Effect<HttpServerResponse.HttpServerResponse, E | TooManyRequests, R | HeldAnswers> => {
    const response = isLong ? toServerResponse(request) : undefined
    if (!(response instanceof ServerResponse)) return answer
    return Effect.flatMap(HeldAnswers, (held) => held.make(user_id, response, answer, lengthOf))
  }
}

const handlerOf = (operation: AnyOperation, implemented: Implemented) => {
  const { showText } = operation.answer
  const show = operation.answer.show as (value: unknown) => {
    readonly status: number
    readonly body: object | undefined
  }
  const body = bodyOf(operation)
  const path = pathOf(operation)
  const turn = inTurn(operation)
  const respond = (value: unknown) => {
    if (value instanceof JsonText) return jsonText(showText(value.json))
    const shown = show(value)
    return shown.body === undefined ? HttpServerResponse.empty() : json(shown.body, shown.status)
  }
  return ({ params = {}, query, request }: Asked) =>
    Effect.gen(function* () {
      const user = yield* CurrentUser
      const input = {
        ...query,
        ...(body === undefined ? undefined : yield* body(request)),
        ...(path === undefined ? undefined : yield* path(params)),
      }
      return yield* turn(request, user.user_id, Effect.map(implemented(user.user_id, input, user), respond))
    })
}

type Handlers<
  R,
  Endpoints extends Record<string, HttpApiEndpoint.Constraint>,
  Done extends keyof Endpoints,
> = HttpApiBuilder.Handlers<R, Endpoints, Done>

/** Adds the handlers of all these operations. Their types were checked where they were declared and implemented. */
export const serveOperations = <
  R,
  Endpoints extends Record<string, HttpApiEndpoint.Constraint>,
  Done extends keyof Endpoints,
  Ops extends Operations,
>(
  handlers: Handlers<R, Endpoints, Done>,
  operations: Ops,
  implementation: Implementation<Ops>,
) => {
  const implementationOf = implementedBy(implementation)
  for (const [name, operation] of Object.entries(operations)) {
    const handler = handlerOf(operation, implementationOf(name))
    if (operation.endpoint !== null) handlers.handleRaw(name as never, handler as never)
  }
  return handlers as unknown as Handlers<
    R | Authorization | HeldAnswers,
    Endpoints,
    Done | (keyof Ops & keyof Endpoints)
  >
}
