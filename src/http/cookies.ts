// The cookies of a browser that logged in here. Scripts cannot read them, and foreign pages cannot send them.
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import { type CookieKind, cookieNames, secureCookieNames } from "../contract/Authorization.ts"
import type { SignedIn } from "../services/auth/Auth.ts"
import { exchangeOf } from "./Exchange.ts"

type Request = HttpServerRequest.HttpServerRequest

const kinds: ReadonlyArray<CookieKind> = ["access", "refresh", "logout"]

/** Two routes need the refresh token. A cookie has one path, so two cookies carry it. */
const paths = { access: "/", refresh: "/refresh", logout: "/logout" } as const

type Values = Record<CookieKind, readonly [value: string, seconds: number]>

const none: Values = { access: ["", 0], refresh: ["", 0], logout: ["", 0] }

const named = (names: Record<CookieKind, string>, values: Values, secure: boolean) =>
  kinds.map((kind) => {
    const [value, seconds] = values[kind]
    const options = { httpOnly: true, sameSite: "lax", secure, path: paths[kind], maxAge: seconds * 1000 } as const
    return [names[kind], value, options] as const
  })

const set = (request: Request, values: Values) => {
  const { secure } = exchangeOf(request)
  if (!secure) return HttpServerResponse.setCookiesUnsafe(named(cookieNames, values, secure))
  const hasPlain = kinds.some((kind) => request.cookies[cookieNames[kind]] !== undefined)
  return HttpServerResponse.setCookiesUnsafe([
    ...named(secureCookieNames, values, secure),
    ...(hasPlain ? named(cookieNames, none, secure) : []),
  ])
}

export const setCookies = (signedIn: SignedIn, request: Request) => {
  const { access_token, expires_in, refresh_expires_in, refresh_token } = signedIn
  return set(request, {
    access: [access_token, expires_in],
    refresh: [refresh_token, refresh_expires_in],
    logout: [refresh_token, refresh_expires_in],
  })
}

export const clearCookies = (request: Request) => set(request, none)
