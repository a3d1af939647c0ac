// How a request says who it is from: a bearer token, or the cookies of a browser that logged in here.
import { HttpApiMiddleware, HttpApiSecurity, OpenApi } from "effect/http-api"
import {
  ForeignOrigin,
  InternalError,
  InvalidInput,
  OtherUser,
  TooManyRequests,
  Unauthorized,
  Unavailable,
} from "../domain/errors.ts"
import type { CurrentUser } from "./CurrentUser.ts"

/** Names of the cookies that `POST /login` sets. All are HttpOnly; the refresh token goes to `/refresh` and `/logout` alone. */
export const cookieNames = { access: "confab_access", refresh: "confab_refresh", logout: "confab_logout" } as const
export type CookieKind = keyof typeof cookieNames

/** Their names by https. `__Host-` wants the path `/`, which the other two do not have. */
export const secureCookieNames = {
  access: "__Host-confab_access",
  refresh: "__Secure-confab_refresh",
  logout: "__Secure-confab_logout",
} as const satisfies Record<CookieKind, string>

/**
 * The id of the person that a page shows. Cookies are the same for all tabs of a browser: where they are another person's by now,
 * the request is refused with `OtherUser`.
 */
export const userHeader = "confab-user"

const means = {
  error: [Unauthorized, ForeignOrigin, OtherUser, TooManyRequests, Unavailable],
  security: {
    bearer: HttpApiSecurity.bearer.pipe(
      HttpApiSecurity.annotateMerge(
        OpenApi.annotations({
          description: "The `access_token` of `/token` or `/login`, or one of an issuer that this server trusts.",
          format: "JWT",
        }),
      ),
    ),
    cookie: HttpApiSecurity.apiKey({ key: cookieNames.access, in: "cookie" }).pipe(
      HttpApiSecurity.annotate(
        OpenApi.Description,
        `The cookie that \`/login\` sets; for this server's own pages. By https its name is \`${secureCookieNames.access}\`.`,
      ),
    ),
  },
} as const

/**
 * Lets a request through that has a good access token, and tells the handlers whose it is.
 * A token in the header counts alone; a state-changing request that rides on the cookie must come from our own pages, and so must
 * an export.
 */
export class Authorization extends HttpApiMiddleware.Service<Authorization, { provides: CurrentUser }>()(
  "confab/contract/Authorization",
  means,
) {}

/** The same for who wants to leave: a browser whose access token has run out may show its refresh token instead. */
export class Leaving extends HttpApiMiddleware.Service<Leaving, { provides: CurrentUser }>()(
  "confab/contract/Leaving",
  means,
) {}

/** Answers everything that goes wrong as a problem (RFC 9457), invalid input with its issues. */
export class Problems extends HttpApiMiddleware.Service<Problems>()("confab/contract/Problems", {
  error: [InvalidInput, InternalError],
}) {}
