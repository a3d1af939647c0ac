// Users: sign-up, the own profile and devices, search.
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import {
  BodyTooLarge,
  EmailTaken,
  FileNotFound,
  NoPassword,
  NotFound,
  SessionNotFound,
  SignUpClosed,
  TooManyRequests,
  Unauthorized,
  Unavailable,
  UnsupportedMediaType,
  UserNotFound,
  UsernameTaken,
  WrongPassword,
} from "../domain/errors.ts"
import { UserId } from "../domain/Ids.ts"
import { Text } from "../domain/Text.ts"
import { DisplayName, Email, Me, Password, profilePatchFields, User, Username } from "../domain/User.ts"
import { Authorization } from "./Authorization.ts"
import { described } from "./described.ts"
import { Export, Session } from "./Export.ts"
import { Limits } from "./Limits.ts"
import { decimal, idList, Limit } from "./Params.ts"

export const SignUp = Schema.Struct({
  username: Username,
  email: Email,
  password: Password,
  /** The user name when absent. */
  display_name: Schema.optional(Schema.NullOr(DisplayName)),
  /** A code; counted only where sign-up is by invite. */
  invite: Schema.optional(Schema.NullOr(Text)),
}).annotate({
  identifier: "SignUp",
  examples: [{ username: "ada", email: "ada@example.org", password: "correct horse", display_name: "Ada" }],
})

export const ProfileChange = Schema.Struct(profilePatchFields).annotate({
  identifier: "ProfileChange",
  examples: [{ display_name: "Ada Lovelace" }, { custom: { pronouns: "she" } }, { custom: null }],
})

export const PasswordChange = Schema.Struct({
  current_password: Text,
  new_password: Password,
}).annotate({
  identifier: "PasswordChange",
  examples: [{ current_password: "correct horse", new_password: "battery staple" }],
})

export const AccountDeletion = Schema.Struct({ password: Text }).annotate({
  identifier: "AccountDeletion",
  examples: [{ password: "correct horse" }],
})

const signUp = HttpApiEndpoint.post("signUp", "/users", {
  payload: SignUp,
  success: Me.pipe(HttpApiSchema.status(201)),
  error: [SignUpClosed, UsernameTaken, EmailTaken, TooManyRequests, Unavailable, BodyTooLarge, UnsupportedMediaType],
}).annotateMerge(
  described(
    "Sign up",
    "Makes an account. Names and e-mail addresses are unique whatever the case. Needs no token. `sign_up` of `GET /service` says who may: " +
      "with `invite`, the body must have a valid `invite`, which is used once by it; with `closed`, nobody.",
  ),
)

const me = HttpApiEndpoint.get("me", "/me", { success: Me, error: Unavailable })
  .annotateMerge(described("Who am I"))
  .middleware(Authorization)

const changeMe = HttpApiEndpoint.patch("changeMe", "/me", {
  payload: ProfileChange,
  success: Me,
  error: [FileNotFound, Unavailable, BodyTooLarge, UnsupportedMediaType],
})
  .annotateMerge(
    described(
      "Change my profile",
      "`display_name`, `avatar`, a photo of mine (else 404 `FileNotFound`) that everybody who is signed in may see, and `custom`, a JSON object of at most 4 KiB; `null` removes `avatar` and `custom`. Everyone who shares a chat with me, and my own devices, get the " +
        "frame `user_updated`.",
    ),
  )
  .middleware(Authorization)

const deleteMe = HttpApiEndpoint.delete("deleteMe", "/me", {
  payload: AccountDeletion,
  error: [WrongPassword, NoPassword, TooManyRequests, Unavailable, BodyTooLarge, UnsupportedMediaType],
})
  .annotateMerge(
    described(
      "Delete my account",
      "Asks for the password; an account of a trusted issuer has none, and its token must be no older than five minutes. All " +
        "sessions end, the user name and the e-mail address are free again, all groups are left as by leaving them. What was written stays where it was, as of a «Deleted account»; to a private chat nothing can be sent any " +
        "more (`RecipientDeleted`). There is no way back.",
    ),
  )
  .middleware(Authorization)

const exportMe = HttpApiEndpoint.get("exportMe", "/me/export", {
  query: { files: Schema.optional(Schema.Literals(["true", "false"])) },
  success: [Export, Schema.Uint8Array.pipe(HttpApiSchema.asUint8Array({ contentType: "application/x-tar" }))],
  error: [NotFound, Unauthorized, TooManyRequests, Unavailable],
})
  .annotateMerge(
    described(
      "Export my data",
      "One JSON document with all that is mine: profile, devices, chats, every message that I wrote, my own state, my files (what they are), security events; nothing that " +
        "others wrote. With `files=true` a tar with that document and the files themselves; 404 where the server has no files. Sent as it is read: what breaks off is no whole document. One at a time, else 429.",
    ),
  )
  .middleware(Authorization)

const changePassword = HttpApiEndpoint.post("changePassword", "/me/password", {
  payload: PasswordChange,
  error: [WrongPassword, NoPassword, TooManyRequests, Unavailable, BodyTooLarge, UnsupportedMediaType],
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

/** `ids`: exactly these users. */
const PeopleQuery = Schema.Struct({
  query: Schema.optional(Text),
  limit: Schema.optional(Limit),
  ids: Schema.optional(idList(UserId)),
}).check(
  Schema.makeFilter(({ query, limit, ids }) =>
    ids !== undefined && (query !== undefined || limit !== undefined)
      ? { path: ["ids"], issue: "cannot be combined with query or limit" }
      : undefined,
  ),
)

const searchUsers = HttpApiEndpoint.get("searchUsers", "/users", {
  query: PeopleQuery,
  success: Schema.Struct({ items: Schema.Array(User) }),
  error: Unavailable,
})
  .annotateMerge(
    described(
      "Find people",
      "Each word of `query` begins a word of their user name or display name, whatever the case, accents and Unicode form: `elodie` " +
        "finds Élodie. Whose user name it is comes first. Or, with `ids` (`1,2,3`, up to " +
        `${Limits.ids}), those of them that exist. \`directory\` of \`GET /service\` says who is found: with \`shared\`, those who share a chat with me, and with ` +
        "`off` nobody, but by the full user name everybody. Others are as if they did not exist, also where chats name them; by id I see whoever is or was in a chat of mine.",
    ),
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
  .add(signUp, me, changeMe, deleteMe, exportMe, changePassword, sessions, endSession, searchUsers, user)
  .annotateMerge(OpenApi.annotations({ title: "Accounts", description: "People, profiles and signed-in devices." })) {}
