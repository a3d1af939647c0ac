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
import { items, ok } from "./operations/Answer.ts"
import { endpointsOf } from "./operations/groups.ts"
import { operation } from "./operations/operation.ts"
import { ids, limit, numberInPath, optional } from "./operations/parameters.ts"
import { idList } from "./Params.ts"

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

const endSession = HttpApiEndpoint.delete("endSession", "/me/sessions/:id", {
  params: { id: Schema.String },
  error: [SessionNotFound, Unavailable],
})
  .annotateMerge(described("Sign a device out", "Its tokens and sockets die at once. Another's session is 404."))
  .middleware(Authorization)

/** Either a search, or exactly these users. */
const idsAlone = Schema.makeFilter(
  ({ ids, limit, query }: { readonly ids?: unknown; readonly limit?: unknown; readonly query?: unknown }) =>
    ids !== undefined && (query !== undefined || limit !== undefined)
      ? { path: ["ids"], issue: "cannot be combined with query or limit" }
      : undefined,
)

export const accountOperations = {
  getMe: operation("getMe", {
    http: ["GET", "/me"],
    rpc: "Me",
    answer: ok(Me),
    errors: [Unauthorized],
    isShort: true,
    summary: "Who am I",
    description: "My account, with its e-mail address and `server_role`, which nobody else sees.",
  }),
  changeMe: operation("changeMe", {
    http: ["PATCH", "/me"],
    rpc: null,
    body: ProfileChange,
    answer: ok(Me),
    errors: [Unauthorized, FileNotFound],
    summary: "Change my profile",
    description:
      "`display_name`, `avatar`, a photo of mine (else 404 `FileNotFound`) that everybody who is signed in may see, and `custom`, a JSON object of at most 4 KiB; `null` removes `avatar` and `custom`. Everyone who shares a chat with me, and my own devices, get the " +
      "frame `user_updated`.",
  }),
  listSessions: operation("listSessions", {
    http: ["GET", "/me/sessions"],
    rpc: null,
    answer: items(Session),
    errors: [],
    summary: "My signed-in devices",
    description:
      "Those whose session has not ended; `current` is the one that asks. `DELETE /me/sessions/{id}` ends one.",
  }),
  /** One route for two procedures. */
  searchUsers: operation("searchUsers", {
    http: ["GET", "/users"],
    rpc: null,
    query: { query: optional(Text, Text), limit, ids: optional(idList(UserId), Schema.Array(UserId)) },
    check: idsAlone,
    answer: items(User),
    errors: [],
    summary: "Find people",
    description:
      "Each word of `query` begins a word of their user name or display name, whatever the case, accents and Unicode form: `elodie` " +
      "finds Élodie. Whose user name it is comes first. Or, with `ids` (`1,2,3`, up to " +
      `${Limits.ids}), those of them that exist. \`directory\` of \`GET /service\` says who is found: with \`shared\`, those who share a chat with me, and with ` +
      "`off` nobody, but by the full user name everybody. Others are as if they did not exist, also where chats name them; by id I see all who are or were in a chat of mine.",
  }),
  findUsers: operation("findUsers", {
    http: null,
    rpc: "SearchUsers",
    query: { query: { text: Text, json: Text }, limit },
    answer: items(User),
    errors: [],
    summary: "Find people",
  }),
  getUsers: operation("getUsers", {
    http: null,
    rpc: "GetUsers",
    query: { ids: ids(UserId) },
    answer: items(User),
    errors: [],
    summary: "People by their ids",
  }),
  getUser: operation("getUser", {
    http: ["GET", "/users/:id"],
    rpc: "GetUser",
    path: { id: numberInPath("id", UserId) },
    answer: ok(User),
    errors: [UserNotFound],
    isShort: true,
    summary: "One person",
    description:
      "A user who shares or shared a chat with the caller, or whom `directory` of `GET /service` lets the caller find; others are 404.",
  }),
}

export class AccountsApi extends HttpApiGroup.make("accounts")
  .add(signUp, ...endpointsOf(accountOperations), deleteMe, exportMe, changePassword, endSession)
  .annotateMerge(OpenApi.annotations({ title: "Accounts", description: "People, profiles and signed-in devices." })) {}
