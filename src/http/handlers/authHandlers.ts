// HTTP routes of log-in and refresh: OAuth 2 for programs, cookies for browsers.
import { Effect } from "effect"
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Settings } from "../../config/Settings.ts"
import { Api } from "../../contract/Api.ts"
import { Login, Refresh } from "../../contract/AuthApi.ts"
import { CurrentUser } from "../../contract/CurrentUser.ts"
import { InvalidRefreshToken } from "../../domain/errors.ts"
import { OriginWarnings } from "../../edge/OriginWarnings.ts"
import { SessionCookies } from "../../edge/SessionCookies.ts"
import { Auth, type SignedIn } from "../../services/auth/Auth.ts"
import { clearCookies, setCookies } from "../cookies.ts"
import { comingFrom, exchangeOf, peerOf } from "../Exchange.ts"
import { isForeign, isSameOrigin, refuseOrigin } from "../origin.ts"
import { json, notStored } from "./answer.ts"
import { formText, jsonBody, optionalJsonBody } from "./body.ts"
import { grantOf, refuse } from "./tokenGrant.ts"

const loginBody = jsonBody(Login)
const refreshBody = optionalJsonBody(Refresh)

const tokens = ({ access_token, expires_in }: SignedIn) => ({ access_token, token_type: "bearer", expires_in })

const loggedIn = (signedIn: SignedIn, more?: object) =>
  notStored(json({ user: signedIn.me, ...tokens(signedIn), ...more }))

export const authHandlers = HttpApiBuilder.group(
  Api,
  "auth",
  Effect.fnUntraced(function* (handlers) {
    const auth = yield* Auth
    const warnings = yield* OriginWarnings
    const cookies = yield* SessionCookies
    const { corsOrigins } = yield* Settings

    const grant = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
      const grant = yield* grantOf(yield* formText(request))
      return yield* grant._tag === "Password"
        ? auth.logIn(grant.username, grant.password, peerOf(request))
        : auth.refresh(grant.refresh_token)
    })

    return handlers
      .handleRaw("issueTokens", ({ request }) =>
        grant(request).pipe(
          Effect.map((signedIn) => notStored(json({ ...tokens(signedIn), refresh_token: signedIn.refresh_token }))),
          Effect.catchTag("InvalidCredentials", () => refuse("invalid_grant", "Wrong user name or password.")),
          Effect.catchTag("AccountSuspended", () => refuse("invalid_grant", "This account is suspended.")),
          Effect.catchTag("InvalidRefreshToken", () => refuse("invalid_grant", "It is unknown, expired or used.")),
          Effect.catchTag("TokenError", (error) => refuse(error.error, error.error_description)),
          Effect.catchTag("InvalidInput", () => refuse("invalid_request", "The form is malformed.")),
          comingFrom(request),
        ),
      )
      .handleRaw("logIn", ({ request }) =>
        Effect.gen(function* () {
          if (isForeign(request, corsOrigins)) return yield* refuseOrigin(warnings, request)
          const { login, password } = yield* loginBody(request)
          const signedIn = yield* auth.logIn(login, password, peerOf(request))
          return setCookies(cookies, signedIn, request)(loggedIn(signedIn))
        }).pipe(comingFrom(request)),
      )
      .handleRaw("refresh", ({ request }) =>
        Effect.gen(function* () {
          const given = (yield* refreshBody(request))?.refresh_token
          if (typeof given === "string") {
            const signedIn = yield* auth.refresh(given)
            return loggedIn(signedIn, { refresh_token: signedIn.refresh_token })
          }
          const cookie = cookies.read("refresh", exchangeOf(request).secure, (name) => request.cookies[name])
          if (cookie === undefined) return yield* new InvalidRefreshToken()
          if (!isSameOrigin(request)) return yield* refuseOrigin(warnings, request)
          const signedIn = yield* auth.refresh(cookie)
          return setCookies(cookies, signedIn, request)(loggedIn(signedIn))
        }).pipe(comingFrom(request)),
      )
      .handle("logOut", ({ request }) =>
        Effect.flatMap(CurrentUser, (user) =>
          Effect.map(auth.logOut(user), () => clearCookies(cookies, request)(HttpServerResponse.empty())),
        ).pipe(comingFrom(request)),
      )
  }),
)
