// The frames that the server sends.
import { Schema } from "effect"
import { ChatSummary, EventMember, mentionCountField } from "../domain/Chat.ts"
import { VersionSum } from "../domain/Check.ts"
import { ChatId, MessageId, Seq, SessionId, UserId, Version } from "../domain/Ids.ts"
import { EventMessage } from "../domain/Message.ts"
import { StateEntry } from "../domain/State.ts"
import { Timestamp } from "../domain/Timestamp.ts"
import { User } from "../domain/User.ts"
import { type KindName, kinds } from "../kinds/Kinds.ts"
import { Ref } from "./ClientFrame.ts"

const frame = <const Type extends string, const Fields extends Schema.Struct.Fields>(type: Type, fields: Fields) =>
  Schema.Struct({ type: Schema.tag(type), ...fields })

const inChat = { chat_id: ChatId, version: Version }

/** A record about a message: see kinds/. */
const recordFrame = <const Name extends string, const Show extends Schema.Struct.Fields>({
  name,
  shows,
}: {
  readonly name: Name
  readonly shows: Show
}) => frame(name, { ...inChat, message_id: MessageId, ...shows })
/** In a replay: the thing has changed after its first version, last at this one. */
const changed = Schema.optional(Version)

export const ErrorCode = Schema.Literals([
  "bad_frame",
  "unknown_type",
  "invalid",
  "not_found",
  "forbidden",
  "conflict",
  "rate_limited",
  "unavailable",
])
export type ErrorCode = typeof ErrorCode.Type

export const ChatPosition = Schema.Struct({
  chat_id: ChatId,
  last_seq: Seq,
  last_read_seq: Seq,
  unread_count: Schema.Int,
  ...mentionCountField,
  version: Version,
})
export type ChatPosition = typeof ChatPosition.Type

/** By `type`. An `ack` has the fields of the frame that it answers. */
export const ServerFrames = {
  hello: frame("hello", {
    user_id: UserId,
    session_id: SessionId,
    heartbeat: Schema.Struct({ ping_seconds: Schema.Int, timeout_seconds: Schema.Int }),
    features: Schema.Array(Schema.String),
    me: Version,
    chats: Schema.Array(ChatPosition),
    online: Schema.Array(UserId),
  }),
  ack: frame("ack", {
    ref: Schema.optional(Ref),
    message_id: Schema.optional(MessageId),
    chat_id: Schema.optional(ChatId),
    seq: Schema.optional(Seq),
    created_at: Schema.optional(Timestamp),
    duplicate: Schema.optional(Schema.Boolean),
    expires_at: Schema.optional(Timestamp),
    version: Schema.optional(Version),
  }),
  pong: frame("pong", { ref: Schema.optional(Ref), time: Timestamp }),
  error: frame("error", {
    ref: Schema.optional(Ref),
    code: ErrorCode,
    message: Schema.String,
    retry_after_ms: Schema.optional(Schema.Int),
  }),
  message: frame("message", { ...EventMessage.fields, version: Version, changed }),
  message_updated: frame("message_updated", { ...EventMessage.fields, version: Version }),
  message_deleted: frame("message_deleted", { ...EventMessage.fields, version: Version }),
  read: frame("read", { ...inChat, user_id: UserId, seq: Seq, message_id: MessageId }),
  fully_read: frame("fully_read", { chat_id: ChatId, seq: Seq, message_id: MessageId }),
  delivered: frame("delivered", { chat_id: ChatId, user_id: UserId, seq: Seq }),
  typing: frame("typing", { chat_id: ChatId, user_id: UserId, is_typing: Schema.Boolean }),
  presence: frame("presence", {
    user_id: UserId,
    status: Schema.Literals(["online", "offline"]),
    last_seen_at: Schema.NullOr(Timestamp),
  }),
  user_updated: frame("user_updated", { user: User }),
  chat_created: frame("chat_created", { chat: ChatSummary, version: Version }),
  chat_updated: frame("chat_updated", { chat: ChatSummary, version: Version }),
  chat_deleted: frame("chat_deleted", inChat),
  member_added: frame("member_added", { ...inChat, member: EventMember, changed }),
  member_updated: frame("member_updated", { ...inChat, member: EventMember }),
  member_removed: frame("member_removed", { ...inChat, user_id: UserId }),
  pin: recordFrame(kinds.pin),
  reaction: recordFrame(kinds.reaction),
  state: frame("state", StateEntry.fields),
  check: frame("check", { ...inChat, messages: VersionSum, members: VersionSum }),
  synced: frame("synced", {
    ref: Schema.optional(Ref),
    cursors: Schema.Record(Schema.String, Version),
    failed: Schema.optional(Schema.Array(ChatId)),
  }),
  reset: frame("reset", { chat_id: Schema.NullOr(ChatId), version: Version }),
  chat_gone: frame("chat_gone", { chat_id: ChatId }),
} as const

/** Each kind of record has its frame. */
ServerFrames satisfies { readonly [Name in KindName]: Schema.Top }

export const ServerFrame = Schema.Union(Object.values(ServerFrames)).annotate({ identifier: "ServerFrame" })
export type ServerFrame = typeof ServerFrame.Type
