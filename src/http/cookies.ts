// The cookies of a browser that logged in here. Not to be read by scripts, not to be sent by foreign pages.
import { HttpServerResponse } from "effect/http"
import { cookieNames } from "../contract/Authorization.ts"
import type { SignedIn } from "../services/Auth.ts"

const common = (secure: boolean) => ({ httpOnly: true, sameSite: "lax", secure }) as const

/** The refresh token goes to the routes that want it: a path holds for one of them, so there are two cookies with it. */
const paths = { access: "/", refresh: "/refresh", logout: "/logout" } as const

const set = (secure: boolean, values: Record<keyof typeof paths, readonly [value: string, seconds: number]>) =>
  HttpServerResponse.setCookiesUnsafe(
    (["access", "refresh", "logout"] as const).map((name) => {
      const [value, seconds] = values[name]
      return [cookieNames[name], value, { ...common(secure), path: paths[name], maxAge: seconds * 1000 }]
    }),
  )

export const setCookies = (signedIn: SignedIn, secure: boolean) => {
  const { access_token, expires_in, refresh_expires_in, refresh_token } = signedIn
  return set(secure, {
    access: [access_token, expires_in],
    refresh: [refresh_token, refresh_expires_in],
    logout: [refresh_token, refresh_expires_in],
  })
}

export const clearCookies = (secure: boolean) => set(secure, { access: ["", 0], refresh: ["", 0], logout: ["", 0] })
