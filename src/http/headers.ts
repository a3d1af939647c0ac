// Headers that every answer has, unless the route chose its own.
import { HttpServerResponse } from "effect/http"
import type { Exchange } from "./Exchange.ts"

/** An answer of the API is data: it may load nothing, be framed by nobody and kept by no cache. */
export const always = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "same-origin",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
}
const overHttps = { ...always, "strict-transport-security": "max-age=31536000" }

/** What pages of other origins may see of an answer; `cors` is what cors.ts found for this request. */
export const withHeaders = (
  response: HttpServerResponse.HttpServerResponse,
  exchange: Exchange,
  cors: Record<string, string> | undefined,
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.setHeaders(response, {
    ...(exchange.secure ? overHttps : always),
    ...response.headers,
    "x-request-id": exchange.request_id,
    ...cors,
  })
