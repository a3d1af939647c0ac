// People: signing up, one's own profile and devices, finding others.
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import {
  BodyTooLarge,
  EmailTaken,
  NotFound,
  SessionNotFound,
  TooManyRequests,
  Unavailable,
  UnsupportedMediaType,
  UserNotFound,
  UsernameTaken,
  WrongPassword,
} from "../domain/errors.ts"
import { SessionId, UserId } from "../domain/Ids.ts"
import { Text } from "../domain/Text.ts"
import { Timestamp } from "../domain/Timestamp.ts"
import { DisplayName, Email, Me, Password, User, Username } from "../domain/User.ts"
import { Authorization } from "./Authorization.ts"
import { described } from "./described.ts"
import { decimal, Limit } from "./Params.ts"

export const SignUp = Schema.Struct({
  username: Username,
  email: Email,
  password: Password,
  /** The user name when absent. */
  display_name: Schema.optional(Schema.NullOr(DisplayName)),
}).annotate({
  identifier: "SignUp",
  examples: [{ username: "ada", email: "ada@example.org", password: "correct horse", display_name: "Ada" }],
})

export const ProfileChange = Schema.Struct({
  display_name: Schema.optional(DisplayName),
}).annotate({ identifier: "ProfileChange", examples: [{ display_name: "Ada Lovelace" }] })

export const PasswordChange = Schema.Struct({
  current_password: Text,
  new_password: Password,
}).annotate({
  identifier: "PasswordChange",
  examples: [{ current_password: "correct horse", new_password: "battery staple" }],
})

export const Session = Schema.Struct({
  id: SessionId,
  user_agent: Schema.NullOr(Schema.String),
  created_at: Timestamp,
  last_used_at: Timestamp,
  /** The one that this request comes from. */
  current: Schema.Boolean,
}).annotate({ identifier: "Session" })
export type Session = typeof Session.Type

const signUp = HttpApiEndpoint.post("signUp", "/users", {
  payload: SignUp,
  success: Me.pipe(HttpApiSchema.status(201)),
  error: [UsernameTaken, EmailTaken, TooManyRequests, Unavailable, BodyTooLarge, UnsupportedMediaType],
}).annotateMerge(
  described("Sign up", "Makes an account. Names and e-mail addresses are unique whatever the case. Needs no token."),
)

const me = HttpApiEndpoint.get("me", "/me", { success: Me, error: Unavailable })
  .annotateMerge(described("Who am I"))
  .middleware(Authorization)

const changeMe = HttpApiEndpoint.patch("changeMe", "/me", {
  payload: ProfileChange,
  success: Me,
  error: [Unavailable, BodyTooLarge, UnsupportedMediaType],
})
  .annotateMerge(described("Change my profile"))
  .middleware(Authorization)

const changePassword = HttpApiEndpoint.post("changePassword", "/me/password", {
  payload: PasswordChange,
  error: [WrongPassword, TooManyRequests, Unavailable, BodyTooLarge, UnsupportedMediaType],
})
  .annotateMerge(described("Change my password", "Every other session of mine ends, with its tokens and sockets."))
  .middleware(Authorization)

const sessions = HttpApiEndpoint.get("sessions", "/me/sessions", {
  success: Schema.Struct({ items: Schema.Array(Session) }),
  error: Unavailable,
})
  .annotateMerge(described("My signed-in devices"))
  .middleware(Authorization)

const endSession = HttpApiEndpoint.delete("endSession", "/me/sessions/:id", {
  params: { id: Schema.String },
  error: [SessionNotFound, Unavailable],
})
  .annotateMerge(described("Sign a device out", "Its tokens and sockets die at once. Another's session is 404."))
  .middleware(Authorization)

const searchUsers = HttpApiEndpoint.get("searchUsers", "/users", {
  query: { query: Schema.optional(Text), limit: Schema.optional(Limit) },
  success: Schema.Struct({ items: Schema.Array(User) }),
  error: Unavailable,
})
  .annotateMerge(
    described("Find people", "Those whose user name or display name begins with `query`, whatever the case."),
  )
  .middleware(Authorization)

const user = HttpApiEndpoint.get("user", "/users/:id", {
  params: { id: decimal(UserId) },
  success: User,
  error: [NotFound, UserNotFound, Unavailable],
})
  .annotateMerge(described("One person"))
  .middleware(Authorization)

export class AccountsApi extends HttpApiGroup.make("accounts")
  .add(signUp, me, changeMe, changePassword, sessions, endSession, searchUsers, user)
  .annotateMerge(OpenApi.annotations({ title: "Accounts", description: "People, profiles and signed-in devices." })) {}
