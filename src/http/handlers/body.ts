// Reads request bodies strictly: the right content type, not compressed, at most 1 MiB, valid UTF-8, JSON that fits its schema.
import { Effect, Schema } from "effect"
import type { HttpServerError, HttpServerRequest } from "effect/http"
import { Limits } from "../../contract/Limits.ts"
import { BodyTooLarge, type InvalidInput, UnsupportedMediaType } from "../../domain/errors.ts"
import { unlessEncoded } from "../contentEncoding.ts"
import { invalidInput, malformed } from "../problems/problem.ts"

type BodyError = InvalidInput | BodyTooLarge | UnsupportedMediaType

const utf8 = new TextDecoder("utf-8", { fatal: true })

const fromReadError = (error: HttpServerError.HttpServerError) =>
  error.reason._tag === "RequestParseError" && error.reason.reason === "BodyTooLarge"
    ? new BodyTooLarge()
    : malformed("", "the body could not be read")

const mediaType = (request: HttpServerRequest.HttpServerRequest) => {
  const header = request.headers["content-type"]
  const end = header?.indexOf(";") ?? -1
  return (end === -1 ? header : header?.slice(0, end))?.trim().toLowerCase()
}

const readText = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<string, BodyError> => {
  if (Number(request.headers["content-length"]) > Limits.bodyBytes) return Effect.fail(new BodyTooLarge())
  const read = Effect.matchEffect(request.arrayBuffer, {
    onFailure: (error) => Effect.fail(fromReadError(error)),
    onSuccess: (bytes) => {
      try {
        return Effect.succeed(utf8.decode(bytes))
      } catch {
        return Effect.fail(malformed("", "must be UTF-8"))
      }
    },
  })
  return unlessEncoded(request.headers["content-encoding"], read)
}

const isEmpty = (request: HttpServerRequest.HttpServerRequest) =>
  request.headers["transfer-encoding"] === undefined && !(Number(request.headers["content-length"]) > 0)

/** All issues of a usual body; only the first of a huge one, since listing all would cost too much. */
const optionsFor = (text: string) => ({ errors: text.length <= 16_384 ? "all" : "first" }) as const

/** The JSON body, decoded by `schema`. */
export const jsonBody = <A, I>(schema: Schema.Codec<A, I>) => {
  const decode = Schema.decodeUnknownEffect(Schema.toCodecJson(schema))
  return (request: HttpServerRequest.HttpServerRequest): Effect.Effect<A, BodyError> => {
    if (mediaType(request) !== "application/json") return Effect.fail(new UnsupportedMediaType())
    return Effect.flatMap(readText(request), (text) => {
      let value: unknown
      try {
        value = JSON.parse(text)
      } catch {
        return Effect.fail(malformed("", "must be JSON"))
      }
      return Effect.mapError(decode(value, optionsFor(text)), (error) => invalidInput(error.issue))
    })
  }
}

/** Like `jsonBody`, for a body that may be absent. */
export const optionalJsonBody = <A, I>(schema: Schema.Codec<A, I>) => {
  const read = jsonBody(schema)
  return (request: HttpServerRequest.HttpServerRequest): Effect.Effect<A | undefined, BodyError> =>
    isEmpty(request) ? Effect.succeed(undefined) : read(request)
}

/** The text of an HTML form. */
export const formText = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<string, BodyError> =>
  mediaType(request) === "application/x-www-form-urlencoded"
    ? readText(request)
    : Effect.fail(new UnsupportedMediaType())
