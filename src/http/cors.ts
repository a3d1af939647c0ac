// Lets the pages of listed origins call the API, and no other foreign pages.
import { type HttpServerRequest, HttpServerResponse } from "effect/http"

/** The headers for one request, by its `Origin`; undefined when the setting lists none. */
export type Cors = (origin: string | undefined) => Record<string, string> | undefined

/** Request headers that a page may add, besides those that every page may. */
const requestHeaders = [
  "Authorization",
  "Confab-User",
  "Content-Type",
  "Idempotency-Key",
  "If-Match",
  "If-None-Match",
  "If-Range",
  "Range",
  "X-Request-Id",
  // Tracers of pages add these to every request: W3C Trace Context and Baggage, Sentry, Zipkin.
  "traceparent",
  "tracestate",
  "baggage",
  "sentry-trace",
  "b3",
].join(", ")

/** Headers of an answer that its script may read, besides those that it always may. */
const responseHeaders = [
  "Accept-Ranges",
  "Content-Disposition",
  "Content-Range",
  "ETag",
  "Location",
  "RateLimit",
  "RateLimit-Policy",
  "Retry-After",
  "WWW-Authenticate",
  "X-Request-Id",
].join(", ")

const notListed = { vary: "Origin, Accept-Encoding" }

export const makeCors = (origins: ReadonlyArray<string>): Cors => {
  if (origins.length === 0) return () => undefined
  const allowed = new Set(origins)
  return (origin) =>
    origin === undefined || !allowed.has(origin)
      ? notListed
      : {
          ...notListed,
          "access-control-allow-origin": origin,
          "access-control-allow-credentials": "true",
          "access-control-expose-headers": responseHeaders,
          "cross-origin-resource-policy": "cross-origin",
        }
}

/** The answer to OPTIONS: the methods of the path, and the preflight headers for a listed origin. */
export const optionsResponse = (
  request: HttpServerRequest.HttpServerRequest,
  methods: ReadonlyArray<string>,
  listed: boolean,
) =>
  HttpServerResponse.empty({
    status: 204,
    headers: {
      allow: methods.join(", "),
      ...(listed && request.headers["access-control-request-method"] !== undefined
        ? {
            "access-control-allow-methods": methods.join(", "),
            "access-control-allow-headers": requestHeaders,
            "access-control-max-age": "600",
          }
        : {}),
    },
  })
