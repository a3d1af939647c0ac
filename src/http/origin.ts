// Whose page sent this request? Browsers say so in `Origin` and `Sec-Fetch-Site`; nobody else can say it for them.
import type { HttpServerRequest } from "effect/http"
import { exchangeOf } from "./Exchange.ts"

/** For requests that ride on cookies: it must be said, and it must be us. */
export const isSameOrigin = (request: HttpServerRequest.HttpServerRequest): boolean => {
  const { origin, "sec-fetch-site": site } = request.headers
  return (origin !== undefined && origin === exchangeOf(request).origin) || site === "same-origin" || site === "none"
}

/** For a log-in, which rides on nothing yet: it may be unsaid (no browser), but must not be a stranger's page. */
export const isForeign = (request: HttpServerRequest.HttpServerRequest, allowed: ReadonlyArray<string>): boolean => {
  const { origin, "sec-fetch-site": site } = request.headers
  if (isSameOrigin(request)) return false
  return origin === undefined ? site !== undefined : !allowed.includes(origin)
}
