// Log-in, refresh and log-out: OAuth 2 for programs, cookies for browsers.
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import {
  AccountSuspended,
  BodyTooLarge,
  ForeignOrigin,
  InvalidCredentials,
  InvalidRefreshToken,
  TooManyRequests,
  Unavailable,
  UnsupportedMediaType,
} from "../domain/errors.ts"
import { Text } from "../domain/Text.ts"
import { Me } from "../domain/User.ts"
import { Leaving } from "./Authorization.ts"
import { described } from "./described.ts"

/** RFC 6749 §4.3 and §6; a `Basic` header, `client_id` and other fields of Swagger are ignored. */
export const TokenRequest = Schema.Struct({
  grant_type: Schema.optionalKey(Schema.Literals(["password", "refresh_token"])),
  username: Schema.optionalKey(Text),
  password: Schema.optionalKey(Text),
  refresh_token: Schema.optionalKey(Text),
}).annotate({
  identifier: "TokenRequest",
  description: "`username` (user name or e-mail) with `password`; or `refresh_token` with `grant_type=refresh_token`.",
  examples: [{ grant_type: "password", username: "ada", password: "correct horse" }],
})

const TokenAnswer = Schema.Struct({
  access_token: Schema.String,
  token_type: Schema.Literal("bearer"),
  /** Seconds. */
  expires_in: Schema.Int,
  refresh_token: Schema.String,
}).annotate({ identifier: "TokenAnswer" })

/** The only error that is not a problem document: RFC 6749 §5.2 defines its form. */
export class TokenError extends Schema.Error<TokenError>("TokenError")(
  {
    error: Schema.Literals(["invalid_grant", "invalid_request", "unsupported_grant_type"]),
    error_description: Schema.String,
  },
  { description: "RFC 6749 §5.2", httpApiStatus: 400 },
) {
  readonly _tag = "TokenError"
}

export const Login = Schema.Struct({ login: Text, password: Text }).annotate({
  identifier: "Login",
  examples: [{ login: "ada@example.org", password: "correct horse" }],
})

export const Refresh = Schema.Struct({ refresh_token: Schema.optional(Schema.NullOr(Text)) }).annotate({
  identifier: "Refresh",
  description: "May be left out by a browser that has the cookie.",
})

export const LoggedIn = Schema.Struct({
  user: Me,
  access_token: Schema.String,
  token_type: Schema.Literal("bearer"),
  /** Seconds. */
  expires_in: Schema.Int,
  /** Only if the body had a refresh token; a browser has it as a cookie. */
  refresh_token: Schema.optionalKey(Schema.String),
}).annotate({ identifier: "LoggedIn" })
export type LoggedIn = typeof LoggedIn.Type

const token = HttpApiEndpoint.post("issueTokens", "/token", {
  payload: TokenRequest.pipe(HttpApiSchema.asFormUrlEncoded()),
  success: TokenAnswer,
  error: [TokenError, TooManyRequests, Unavailable, BodyTooLarge, UnsupportedMediaType],
}).annotateMerge(
  described(
    "Get tokens",
    "OAuth 2: the password grant, or a new pair for a refresh token, which is thereby used up. A suspended account with the right password is " +
      "an `invalid_grant` that says so.",
  ),
)

const logIn = HttpApiEndpoint.post("logIn", "/login", {
  payload: Login,
  success: LoggedIn,
  error: [
    InvalidCredentials,
    AccountSuspended,
    ForeignOrigin,
    TooManyRequests,
    Unavailable,
    BodyTooLarge,
    UnsupportedMediaType,
  ],
}).annotateMerge(
  described(
    "Log in a browser",
    "Sets the cookies. `login` is the user name or the e-mail address. 403 `AccountSuspended`: the password is right, but an operator has suspended the account.",
  ),
)

const refresh = HttpApiEndpoint.post("refresh", "/refresh", {
  payload: Refresh,
  success: LoggedIn,
  error: [InvalidRefreshToken, ForeignOrigin, TooManyRequests, Unavailable, BodyTooLarge, UnsupportedMediaType],
}).annotateMerge(
  described(
    "Stay logged in",
    "Uses the refresh token up and gives new tokens: as cookies when it came as one, else in the body. A token that is used again " +
      "gives the same refresh token once more for ten seconds; after that its session ends.",
  ),
)

const logOut = HttpApiEndpoint.post("logOut", "/logout", { error: Unavailable })
  .annotateMerge(
    described(
      "Log out",
      "The tokens and sockets of this session die; the cookies are cleared. A browser whose access token has run out is known by " +
        "the refresh token, which the cookie for this path has; if that is no good either, the answer is 401 and the cookies are " +
        "cleared all the same.",
    ),
  )
  .middleware(Leaving)

export class AuthApi extends HttpApiGroup.make("auth")
  .add(token, logIn, refresh, logOut)
  .annotateMerge(
    OpenApi.annotations({
      title: "Tokens",
      description: "An access token lives 15 minutes, a refresh token 30 days, and none longer than its session.",
    }),
  ) {}
