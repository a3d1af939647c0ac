// The two cookies of a browser that logged in here. Not to be read by scripts, not to be sent by foreign pages.
import { HttpServerResponse } from "effect/http"
import { cookieNames } from "../contract/Authorization.ts"
import type { SignedIn } from "../services/Auth.ts"

/** Seconds. */
const refreshLife = 30 * 24 * 60 * 60

const common = (secure: boolean) => ({ httpOnly: true, sameSite: "lax", secure }) as const

/** The refresh token goes to the one route that wants it. */
const paths = { access: "/", refresh: "/refresh" } as const

export const setCookies = (signedIn: SignedIn, secure: boolean) => (response: HttpServerResponse.HttpServerResponse) =>
  HttpServerResponse.setCookiesUnsafe(response, [
    [
      cookieNames.access,
      signedIn.access_token,
      { ...common(secure), path: paths.access, maxAge: signedIn.expires_in * 1000 },
    ],
    [
      cookieNames.refresh,
      signedIn.refresh_token,
      { ...common(secure), path: paths.refresh, maxAge: refreshLife * 1000 },
    ],
  ])

export const clearCookies = (secure: boolean) => (response: HttpServerResponse.HttpServerResponse) =>
  HttpServerResponse.setCookiesUnsafe(response, [
    [cookieNames.access, "", { ...common(secure), path: paths.access, maxAge: 0 }],
    [cookieNames.refresh, "", { ...common(secure), path: paths.refresh, maxAge: 0 }],
  ])
