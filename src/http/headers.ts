// Headers that every answer has, unless the route sets its own.
import { HttpServerResponse } from "effect/http"
import type { Exchange } from "./Exchange.ts"

/** An answer of the API is data: it may load nothing, be framed by no page and stored by no cache. */
export const always = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "same-origin",
  "content-security-policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
}
const overHttps = { ...always, "strict-transport-security": "max-age=31536000; includeSubDomains" }

/**
 * Of draft-ietf-httpapi-ratelimit-headers: `RateLimit-Policy` has each limit that the request took from, `RateLimit` what is
 * left of it.
 */
const rateHeaders = (rates: Exchange["rates"]) => ({
  "ratelimit-policy": rates
    .map(({ name, quota, window_seconds }) => `"${name}";q=${quota};w=${window_seconds}`)
    .join(", "),
  ratelimit: rates
    .map(({ name, remaining, reset_seconds }) => `"${name}";r=${remaining};t=${reset_seconds}`)
    .join(", "),
})

type Headers = Readonly<Record<string, string>>

/** All headers of an answer with `own` ones; `cors` is the result of cors.ts for this request. */
export const headersOf = (own: Headers, exchange: Exchange, cors: Headers | undefined): Record<string, string> => ({
  ...(exchange.secure ? overHttps : always),
  ...own,
  "x-request-id": exchange.request_id,
  ...(exchange.rates.length === 0 ? undefined : rateHeaders(exchange.rates)),
  ...cors,
})

export const withHeaders = (
  response: HttpServerResponse.HttpServerResponse,
  exchange: Exchange,
  cors: Headers | undefined,
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.setHeaders(response, headersOf(response.headers, exchange, cors))
