// The cookies of a browser that logged in here. Scripts cannot read them, and foreign pages cannot send them.
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import { type CookieKind, cookieNames } from "../contract/Authorization.ts"
import type { SessionCookies } from "../edge/SessionCookies.ts"
import type { SignedIn } from "../services/auth/Auth.ts"
import { exchangeOf } from "./Exchange.ts"

type Request = HttpServerRequest.HttpServerRequest
type Cookies = SessionCookies["Service"]

const kinds: ReadonlyArray<CookieKind> = ["access", "refresh", "logout"]

type Values = Record<CookieKind, readonly [value: string, seconds: number]>

const none: Values = { access: ["", 0], refresh: ["", 0], logout: ["", 0] }

const named = (names: Readonly<Record<CookieKind, string>>, paths: Cookies["paths"], values: Values, secure: boolean) =>
  kinds.map((kind) => {
    const [value, seconds] = values[kind]
    const options = { httpOnly: true, sameSite: "lax", secure, path: paths[kind], maxAge: seconds * 1000 } as const
    return [names[kind], value, options] as const
  })

const set = (cookies: Cookies, request: Request, values: Values) => {
  const { secure } = exchangeOf(request)
  const hasPlain = secure && kinds.some((kind) => request.cookies[cookieNames[kind]] !== undefined)
  return HttpServerResponse.setCookiesUnsafe([
    ...named(cookies.names(secure), cookies.paths, values, secure),
    ...(hasPlain ? named(cookieNames, cookies.paths, none, secure) : []),
  ])
}

export const setCookies = (cookies: Cookies, signedIn: SignedIn, request: Request) => {
  const { access_token, expires_in, refresh_expires_in, refresh_token } = signedIn
  return set(cookies, request, {
    access: [access_token, expires_in],
    refresh: [refresh_token, refresh_expires_in],
    logout: [refresh_token, refresh_expires_in],
  })
}

export const clearCookies = (cookies: Cookies, request: Request) => set(cookies, request, none)
