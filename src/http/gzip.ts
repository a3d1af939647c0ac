// Compresses long JSON answers for clients that ask for it. Only answers to GET and HEAD: no token is in them. Pages of
// messages mix the texts of several people, so the length of a compressed page leaks something to an attacker who sees
// the network and makes a browser request it repeatedly (BREACH). So requests by cookie get compressed answers only from
// this server's own pages.
import { gzip } from "node:zlib"
import { Effect } from "effect"
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import { isSameOrigin } from "./origin.ts"

type Response = HttpServerResponse.HttpServerResponse

/** Shorter bodies are a few network packets in any case. */
const longFrom = 8_192

/** The bytes that wait for compression at once; what comes in addition is sent as it is. Logins need the same threads. */
const maxWaiting = 4_194_304
let waiting = 0

/** hot: on the way of each page. Higher levels save some 8 % more bytes and cost up to twice the time. */
const level = 1

export const acceptsGzip = (header: string | undefined): boolean =>
  header !== undefined && /(?:^|,)\s*gzip\s*(?:,|$|;\s*q=(?!0(?:\.0*)?\s*(?:,|$)))/i.test(header)

/** Of a body of this length; `accepted`: the request's `Accept-Encoding`. */
export const isWorthGzip = (bytes: number, accepted: string | undefined): boolean =>
  bytes >= longFrom && waiting + bytes <= maxWaiting && acceptsGzip(accepted)

/** Runs outside the event loop. `bytes`: the body's length. Without memory for it: undefined. */
export const gzipped = (body: string | Uint8Array, bytes: number): Effect.Effect<Uint8Array | undefined> =>
  Effect.callback((resume) => {
    waiting += bytes
    gzip(body, { level }, (error, zipped) => {
      waiting -= bytes
      resume(Effect.succeed(error === null ? zipped : undefined))
    })
  })

/** For answers with a long body, whether or not it is compressed. */
export const varies = (bytes: number): Readonly<Record<string, string>> | undefined =>
  bytes >= longFrom ? { vary: "Accept-Encoding" } : undefined

const isPage = (request: HttpServerRequest.HttpServerRequest): boolean =>
  (request.method === "GET" || request.method === "HEAD") &&
  (request.headers.authorization !== undefined || isSameOrigin(request))

/** The answer, compressed if it is long JSON and the client asks for it. undefined: as it is. */
export const compressed = (
  request: HttpServerRequest.HttpServerRequest,
  response: Response,
): Effect.Effect<Response> | undefined => {
  const { body, status } = response
  if (body._tag !== "Uint8Array" || body.contentLength < longFrom || status !== 200) return undefined
  if (body.contentType !== "application/json" || response.headers.vary !== undefined) return undefined
  const varying = HttpServerResponse.setHeaders(response, varies(body.contentLength) ?? {})
  if (!isPage(request) || !isWorthGzip(body.contentLength, request.headers["accept-encoding"])) {
    return Effect.succeed(varying)
  }
  return Effect.map(gzipped(body.body, body.contentLength), (zipped) =>
    zipped === undefined
      ? varying
      : HttpServerResponse.uint8Array(zipped, {
          status,
          contentType: body.contentType,
          headers: { ...varying.headers, "content-length": String(zipped.length), "content-encoding": "gzip" },
          cookies: response.cookies,
        }),
  )
}
