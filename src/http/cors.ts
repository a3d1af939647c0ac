// Lets the pages of listed origins call the API, and nobody else's.
import { type HttpServerRequest, HttpServerResponse } from "effect/http"

/** Headers for one request, by its `Origin`; undefined where the setting lists nothing. */
export type Cors = (origin: string | undefined) => Record<string, string> | undefined

const stranger = { vary: "Origin, Accept-Encoding" }

export const makeCors = (origins: ReadonlyArray<string>): Cors => {
  if (origins.length === 0) return () => undefined
  const allowed = new Set(origins)
  return (origin) =>
    origin === undefined || !allowed.has(origin)
      ? stranger
      : {
          ...stranger,
          "access-control-allow-origin": origin,
          "access-control-allow-credentials": "true",
          "access-control-expose-headers": "Retry-After, X-Request-Id",
          "cross-origin-resource-policy": "cross-origin",
        }
}

/** The answer to OPTIONS: what the path knows, and to a preflight from a listed origin, what it may send. */
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
            "access-control-allow-headers": "Authorization, Confab-User, Content-Type, X-Request-Id",
            "access-control-max-age": "600",
          }
        : {}),
    },
  })
