// All data of one user, as in `GET /me/export`.
import { Schema } from "effect"
import { ChatType, Role } from "../domain/Chat.ts"
import { File } from "../domain/File.ts"
import { ChatId, MessageId, Seq, SessionId, UserId } from "../domain/Ids.ts"
import { extraFields } from "../domain/MessageParts.ts"
import { Timestamp } from "../domain/Timestamp.ts"
import { Me, User } from "../domain/User.ts"

/** A signed-in device. */
export const Session = Schema.Struct({
  id: SessionId,
  user_agent: Schema.NullOr(Schema.String),
  created_at: Timestamp,
  last_used_at: Timestamp,
  /** The session of this request. */
  current: Schema.Boolean,
}).annotate({ identifier: "Session" })
export type Session = typeof Session.Type

export const ExportedChat = Schema.Struct({
  id: ChatId,
  type: ChatType,
  /** Null in a private or saved chat, and after leaving. */
  name: Schema.NullOr(Schema.String),
  created_at: Timestamp,
  peer: Schema.NullOr(User),
  /** false: the user has left or was removed. */
  member: Schema.Boolean,
  role: Schema.NullOr(Role),
  joined_at: Timestamp,
  last_read_seq: Seq,
}).annotate({ identifier: "ExportedChat" })

/** The user's own messages, also in chats that they have left; other users' messages are not included. */
export const ExportedMessage = Schema.Struct({
  id: MessageId,
  chat_id: ChatId,
  seq: Seq,
  text: Schema.String,
  created_at: Timestamp,
  edited_at: Schema.NullOr(Timestamp),
  deleted: Schema.Boolean,
  reply_to: Schema.NullOr(MessageId),
  dedup_key: Schema.NullOr(Schema.String),
  ...extraFields,
}).annotate({ identifier: "ExportedMessage" })

/** A former text of one of one's own messages. */
export const ExportedEdit = Schema.Struct({
  message_id: MessageId,
  text: Schema.String,
  at: Timestamp,
}).annotate({ identifier: "ExportedEdit" })

export const ExportedEvent = Schema.Struct({
  at: Timestamp,
  event: Schema.String,
  session_id: Schema.NullOr(SessionId),
  /** For an IPv6 address, its network. */
  address: Schema.NullOr(Schema.String),
  user_agent: Schema.NullOr(Schema.String),
  /** How many equal events it represents. */
  count: Schema.Int,
}).annotate({ identifier: "ExportedEvent" })

/** The user's records about messages: reactions and pins. `kept` is the stored form. */
export const ExportedRecord = Schema.Struct({
  kind: Schema.String,
  chat_id: ChatId,
  message_id: MessageId,
  kept: Schema.Record(Schema.String, Schema.Json),
}).annotate({ identifier: "ExportedRecord" })

export const ExportedFile = Schema.Struct({ ...File.fields, created_at: Timestamp }).annotate({
  identifier: "ExportedFile",
})

export const Export = Schema.Struct({
  exported_at: Timestamp,
  profile: Me,
  sessions: Schema.Array(Session),
  chats: Schema.Array(ExportedChat),
  messages: Schema.Array(ExportedMessage),
  edits: Schema.Array(ExportedEdit),
  records: Schema.Array(ExportedRecord),
  state: Schema.Array(Schema.Struct({ key: Schema.String, value: Schema.Json })),
  /** Whom I have found by the full user name, where not everybody can be found. */
  found_users: Schema.Array(Schema.Struct({ user_id: UserId, at: Timestamp })),
  /** What I sent up, whether a message has it or not. */
  files: Schema.Array(ExportedFile),
  security_events: Schema.Array(ExportedEvent),
}).annotate({ identifier: "Export" })
export type Export = typeof Export.Type
