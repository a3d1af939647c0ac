// How a request is authenticated: by a bearer token, or by the cookies of a browser that logged in here.
import { Context } from "effect"
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
import type { UserId } from "../domain/Ids.ts"
import type { CurrentUser } from "./CurrentUser.ts"

/**
 * Names of the cookies that `POST /login` sets. All are HttpOnly; the refresh token is only sent to `/refresh` and
 * `/logout`.
 */
export const cookieNames = { access: "confab_access", refresh: "confab_refresh", logout: "confab_logout" } as const
export type CookieKind = keyof typeof cookieNames

/**
 * Their names over https. `__Host-` requires the path `/`, which the other two do not have, nor any of them below a base
 * path.
 */
export const secureCookieNames = {
  access: "__Host-confab_access",
  refresh: "__Secure-confab_refresh",
  logout: "__Secure-confab_logout",
} as const satisfies Record<CookieKind, string>

/** In place of `secureCookieNames.access` below a base path. */
export const secureAccessBelow = "__Secure-confab_access"

/**
 * The id of the user that a page shows. All tabs of a browser share the cookies: if they belong to another user, the
 * request is refused with `OtherUser`.
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
        `The cookie that \`/login\` sets; for this server's own pages. By https its name is \`${secureCookieNames.access}\`, below a base path \`${secureAccessBelow}\`.`,
      ),
    ),
  },
} as const

/**
 * Requires a valid access token, and provides its user to the handlers. With a token in the header, cookies do not
 * count; a change that is authenticated by the cookie must come from our own pages, and so must an export.
 */
export class Authorization extends HttpApiMiddleware.Service<Authorization, { provides: CurrentUser }>()(
  "confab/contract/Authorization",
  means,
) {}

/** Like `Authorization`, for log-outs: a browser whose access token has expired may use its refresh token instead. */
export class Leaving extends HttpApiMiddleware.Service<Leaving, { provides: CurrentUser }>()(
  "confab/contract/Leaving",
  means,
) {}

/** The user who reads a file: signed in, or the one who made the link. */
export class Viewer extends Context.Service<Viewer, { readonly user_id: UserId }>()("confab/contract/Viewer") {}

/** Like `Authorization`; also with the signature of a link, and no token. */
export class Viewing extends HttpApiMiddleware.Service<Viewing, { provides: Viewer }>()(
  "confab/contract/Viewing",
  means,
) {}

/** Answers every error as a problem (RFC 9457), invalid input with its issues. */
export class Problems extends HttpApiMiddleware.Service<Problems>()("confab/contract/Problems", {
  error: [InvalidInput, InternalError],
}) {}
