// All refusals. One layer of errors, unmapped up to the edge; each is an RFC 9457 problem with its HTTP status, and
// clients distinguish them by `_tag`.
import { Effect, Schema } from "effect"
import { HttpApiError } from "effect/http-api"
import { MessageId, UserId } from "./Ids.ts"

/** The `type` of the problem with this tag. */
const urn = <const Tag extends string>(tag: Tag) => `urn:confab:problem:${tag}` as const

const members = <const Tag extends string>(tag: Tag, detail: string) => ({
  _tag: Schema.tag(tag),
  detail: Schema.String.pipe(Schema.withConstructorDefault(Effect.succeed(detail))),
})

const Issue = Schema.Struct({ path: Schema.String, message: Schema.String })

export class InvalidInput extends HttpApiError.Problem<InvalidInput>()(
  "InvalidInput",
  { type: urn("InvalidInput"), status: 400, title: "Invalid input" },
  { ...members("InvalidInput", "The request does not fit its schema."), issues: Schema.Array(Issue) },
) {}

export class PrivateChatWithOneself extends HttpApiError.Problem<PrivateChatWithOneself>()(
  "PrivateChatWithOneself",
  { type: urn("PrivateChatWithOneself"), status: 400, title: "A private chat with oneself" },
  members("PrivateChatWithOneself", "A private chat needs two different users."),
) {}

export class Unauthorized extends HttpApiError.Problem<Unauthorized>()(
  "Unauthorized",
  { type: urn("Unauthorized"), status: 401, title: "Not signed in" },
  members("Unauthorized", "A valid access token is required."),
) {}

export class InvalidCredentials extends HttpApiError.Problem<InvalidCredentials>()(
  "InvalidCredentials",
  { type: urn("InvalidCredentials"), status: 401, title: "Wrong name or password" },
  members(
    "InvalidCredentials",
    "The name or the password is incorrect, or too many attempts failed: then wait a minute.",
  ),
) {}

export class InvalidRefreshToken extends HttpApiError.Problem<InvalidRefreshToken>()(
  "InvalidRefreshToken",
  { type: urn("InvalidRefreshToken"), status: 401, title: "Refresh token not valid" },
  members("InvalidRefreshToken", "The refresh token is unknown, expired or used. Log in again."),
) {}

export class SignUpClosed extends HttpApiError.Problem<SignUpClosed>()(
  "SignUpClosed",
  { type: urn("SignUpClosed"), status: 403, title: "Sign-up closed" },
  members("SignUpClosed", "This server takes new accounts only by a valid invite, or not at all: see /service."),
) {}

/** A member of the chat without the required role. */
export class NotAllowed extends HttpApiError.Problem<NotAllowed>()(
  "NotAllowed",
  { type: urn("NotAllowed"), status: 403, title: "Not allowed" },
  members("NotAllowed", "Your role in this chat does not allow this."),
) {}

/** These users have blocked the caller (the first hundred at most). */
export class Blocked extends HttpApiError.Problem<Blocked>()(
  "Blocked",
  { type: urn("Blocked"), status: 403, title: "Blocked" },
  { ...members("Blocked", "You are blocked by this user."), user_ids: Schema.Array(UserId) },
) {}

/** Reported only to a caller who knows the password. */
export class AccountSuspended extends HttpApiError.Problem<AccountSuspended>()(
  "AccountSuspended",
  { type: urn("AccountSuspended"), status: 403, title: "Account suspended" },
  members("AccountSuspended", "This account is suspended. Ask those who run this server."),
) {}

export class WrongPassword extends HttpApiError.Problem<WrongPassword>()(
  "WrongPassword",
  { type: urn("WrongPassword"), status: 403, title: "Wrong password" },
  members("WrongPassword", "The current password is incorrect."),
) {}

/** The account belongs to a user of another issuer. */
export class NoPassword extends HttpApiError.Problem<NoPassword>()(
  "NoPassword",
  { type: urn("NoPassword"), status: 403, title: "No password" },
  members(
    "NoPassword",
    "This account has no password here, since another service signs it in. Deleting it requires a token of the last five minutes.",
  ),
) {}

export class ForeignOrigin extends HttpApiError.Problem<ForeignOrigin>()(
  "ForeignOrigin",
  { type: urn("ForeignOrigin"), status: 403, title: "Foreign origin" },
  members("ForeignOrigin", "A request with cookies must come from this server's own pages."),
) {}

/** The cookies belong to another user than the page: see the header `Confab-User`. */
export class OtherUser extends HttpApiError.Problem<OtherUser>()(
  "OtherUser",
  { type: urn("OtherUser"), status: 403, title: "Another user" },
  members("OtherUser", "Another user has signed in in this browser since."),
) {}

/** The path itself, or an invalid id in it. */
export class NotFound extends HttpApiError.Problem<NotFound>()(
  "NotFound",
  { type: urn("NotFound"), status: 404, title: "Not found" },
  members("NotFound", "No such path."),
) {}

/** Names the first hundred at most. */
export class UserNotFound extends HttpApiError.Problem<UserNotFound>()(
  "UserNotFound",
  { type: urn("UserNotFound"), status: 404, title: "No such user" },
  { ...members("UserNotFound", "At least one of these users does not exist."), user_ids: Schema.Array(UserId) },
) {}

/** Also for an existing chat of which the caller is not a member. */
export class ChatNotFound extends HttpApiError.Problem<ChatNotFound>()(
  "ChatNotFound",
  { type: urn("ChatNotFound"), status: 404, title: "No such chat" },
  members("ChatNotFound", "No such chat, or you are not a member."),
) {}

export class MessageNotFound extends HttpApiError.Problem<MessageNotFound>()(
  "MessageNotFound",
  { type: urn("MessageNotFound"), status: 404, title: "No such message" },
  members("MessageNotFound", "No such message, or you cannot see it."),
) {}

/** It was never scheduled, or called off. */
export class ScheduledNotFound extends HttpApiError.Problem<ScheduledNotFound>()(
  "ScheduledNotFound",
  { type: urn("ScheduledNotFound"), status: 404, title: "No such scheduled message" },
  members("ScheduledNotFound", "You have no such scheduled message."),
) {}

export class MemberNotFound extends HttpApiError.Problem<MemberNotFound>()(
  "MemberNotFound",
  { type: urn("MemberNotFound"), status: 404, title: "No such member" },
  members("MemberNotFound", "This user is not a member of the chat."),
) {}

export class SessionNotFound extends HttpApiError.Problem<SessionNotFound>()(
  "SessionNotFound",
  { type: urn("SessionNotFound"), status: 404, title: "No such session" },
  members("SessionNotFound", "You have no such session."),
) {}

/** Also for an existing file that the caller may not see. */
export class FileNotFound extends HttpApiError.Problem<FileNotFound>()(
  "FileNotFound",
  { type: urn("FileNotFound"), status: 404, title: "No such file" },
  members("FileNotFound", "No such file, or you cannot see it."),
) {}

export class MethodNotAllowed extends HttpApiError.Problem<MethodNotAllowed>()(
  "MethodNotAllowed",
  { type: urn("MethodNotAllowed"), status: 405, title: "Method not allowed" },
  members("MethodNotAllowed", "This path does not support this method."),
) {}

export class UsernameTaken extends HttpApiError.Problem<UsernameTaken>()(
  "UsernameTaken",
  { type: urn("UsernameTaken"), status: 409, title: "User name taken" },
  members("UsernameTaken", "This user name is taken."),
) {}

export class EmailTaken extends HttpApiError.Problem<EmailTaken>()(
  "EmailTaken",
  { type: urn("EmailTaken"), status: 409, title: "E-mail taken" },
  members("EmailTaken", "This e-mail address is taken."),
) {}

export class DedupKeyReused extends HttpApiError.Problem<DedupKeyReused>()(
  "DedupKeyReused",
  { type: urn("DedupKeyReused"), status: 409, title: "Dedup key reused" },
  members("DedupKeyReused", "You have sent another message in this chat with this dedup_key."),
) {}

export class MessageDeleted extends HttpApiError.Problem<MessageDeleted>()(
  "MessageDeleted",
  { type: urn("MessageDeleted"), status: 409, title: "Message deleted" },
  members("MessageDeleted", "The message is deleted."),
) {}

export class TooManyPins extends HttpApiError.Problem<TooManyPins>()(
  "TooManyPins",
  { type: urn("TooManyPins"), status: 409, title: "Too many pins" },
  { ...members("TooManyPins", "The chat has the maximum number of pinned messages."), max_pins: Schema.Int },
) {}

export class TooManyReactions extends HttpApiError.Problem<TooManyReactions>()(
  "TooManyReactions",
  { type: urn("TooManyReactions"), status: 409, title: "Too many reactions" },
  {
    ...members("TooManyReactions", "The message has the maximum number of different reactions."),
    max_reactions: Schema.Int,
  },
) {}

/** The peer of a private chat has deleted their account: the chat can be read, but not written in. */
export class RecipientDeleted extends HttpApiError.Problem<RecipientDeleted>()(
  "RecipientDeleted",
  { type: urn("RecipientDeleted"), status: 409, title: "Account deleted" },
  members("RecipientDeleted", "The other user has deleted their account and would not receive this."),
) {}

export class ChatFull extends HttpApiError.Problem<ChatFull>()(
  "ChatFull",
  { type: urn("ChatFull"), status: 409, title: "Chat full" },
  { ...members("ChatFull", "The group would have too many members."), max_members: Schema.Int },
) {}

/** Names the first hundred at most; may include the caller. */
export class TooManyChats extends HttpApiError.Problem<TooManyChats>()(
  "TooManyChats",
  { type: urn("TooManyChats"), status: 409, title: "Too many chats" },
  {
    ...members("TooManyChats", "At least one of these users has the maximum number of chats."),
    user_ids: Schema.Array(UserId),
    max_chats: Schema.Int,
  },
) {}

export class StateFull extends HttpApiError.Problem<StateFull>()(
  "StateFull",
  { type: urn("StateFull"), status: 409, title: "State full" },
  { ...members("StateFull", "You have the maximum number of keys."), max_keys: Schema.Int },
) {}

/** The file is in a message, or is an avatar. */
export class FileInUse extends HttpApiError.Problem<FileInUse>()(
  "FileInUse",
  { type: urn("FileInUse"), status: 409, title: "File in use" },
  members("FileInUse", "The file is in a message or is an avatar."),
) {}

export class QuotaExceeded extends HttpApiError.Problem<QuotaExceeded>()(
  "QuotaExceeded",
  { type: urn("QuotaExceeded"), status: 409, title: "Quota exceeded" },
  {
    ...members("QuotaExceeded", "Your files would take more space than you have. Delete some first."),
    used_bytes: Schema.Int,
    quota_bytes: Schema.Int,
  },
) {}

export class LengthRequired extends HttpApiError.Problem<LengthRequired>()(
  "LengthRequired",
  { type: urn("LengthRequired"), status: 411, title: "Length required" },
  members("LengthRequired", "An upload must say its size in Content-Length."),
) {}

export class FileTooLarge extends HttpApiError.Problem<FileTooLarge>()(
  "FileTooLarge",
  { type: urn("FileTooLarge"), status: 413, title: "File too large" },
  { ...members("FileTooLarge", "The file is larger than this server takes."), max_bytes: Schema.Int },
) {}

/** A scheduled message can no longer be changed or called off. */
export class AlreadySent extends HttpApiError.Problem<AlreadySent>()(
  "AlreadySent",
  { type: urn("AlreadySent"), status: 409, title: "Already sent" },
  {
    ...members("AlreadySent", "The message was sent, or is being sent at this moment."),
    /** null: it is being sent. */
    message_id: Schema.NullOr(MessageId),
  },
) {}

export class PreconditionFailed extends HttpApiError.Problem<PreconditionFailed>()(
  "PreconditionFailed",
  { type: urn("PreconditionFailed"), status: 412, title: "Precondition failed" },
  members("PreconditionFailed", "The file has another ETag than If-Match names."),
) {}

export class ValueTooLarge extends HttpApiError.Problem<ValueTooLarge>()(
  "ValueTooLarge",
  { type: urn("ValueTooLarge"), status: 413, title: "Value too large" },
  members("ValueTooLarge", "The value is over 16 KiB as JSON."),
) {}

export class BodyTooLarge extends HttpApiError.Problem<BodyTooLarge>()(
  "BodyTooLarge",
  { type: urn("BodyTooLarge"), status: 413, title: "Body too large" },
  members("BodyTooLarge", "The body is over 1 MiB."),
) {}

export class UnsupportedMediaType extends HttpApiError.Problem<UnsupportedMediaType>()(
  "UnsupportedMediaType",
  { type: urn("UnsupportedMediaType"), status: 415, title: "Unsupported media type" },
  members("UnsupportedMediaType", "Send a content type of the documentation."),
) {}

/** The HTTP answer has the size in `Content-Range`. */
export class RangeNotSatisfiable extends HttpApiError.Problem<RangeNotSatisfiable>()(
  "RangeNotSatisfiable",
  { type: urn("RangeNotSatisfiable"), status: 416, title: "Range not satisfiable" },
  members("RangeNotSatisfiable", "The file ends before this range begins."),
) {}

export class NotAPicture extends HttpApiError.Problem<NotAPicture>()(
  "NotAPicture",
  { type: urn("NotAPicture"), status: 422, title: "Not a picture" },
  members("NotAPicture", "These bytes are no picture that this server can read. Send them with as=file."),
) {}

/** By the scanner. */
export class FileRefused extends HttpApiError.Problem<FileRefused>()(
  "FileRefused",
  { type: urn("FileRefused"), status: 422, title: "File refused" },
  members("FileRefused", "The scanner of this server refuses the file."),
) {}

/** The HTTP answer has `Retry-After` in whole seconds, rounded up. */
export class TooManyRequests extends HttpApiError.Problem<TooManyRequests>()(
  "TooManyRequests",
  { type: urn("TooManyRequests"), status: 429, title: "Too many requests" },
  { ...members("TooManyRequests", "Wait and try again."), retry_after_ms: Schema.Int },
) {}

export class InternalError extends HttpApiError.Problem<InternalError>()(
  "InternalError",
  { type: urn("InternalError"), status: 500, title: "Internal error" },
  {
    ...members("InternalError", "An unexpected error. The log has its cause under this request_id."),
    request_id: Schema.String,
  },
) {}

/**
 * The database (or the node of a chat) is unavailable. The change took effect completely or not at all; a retry with
 * the same dedup_key settles it.
 */
export class Unavailable extends HttpApiError.Problem<Unavailable>()(
  "Unavailable",
  { type: urn("Unavailable"), status: 503, title: "Unavailable" },
  {
    ...members(
      "Unavailable",
      "The service is unavailable, or the result is unknown. Try again, with the same dedup_key.",
    ),
    retry_after_ms: Schema.Int.pipe(Schema.withConstructorDefault(Effect.succeed(1000))),
  },
) {}
