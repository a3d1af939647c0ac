// A message of a chat as one reader sees it.
import { Schema } from "effect"
import { ChatId, MessageId, Seq, UserId, Version } from "./Ids.ts"
import { extraFields } from "./MessageParts.ts"
import { text } from "./Text.ts"
import { Timestamp } from "./Timestamp.ts"

export const MessageText = text(1, 4096).check(
  Schema.makeFilter<string>((value) => (/\S/.test(value) ? undefined : "must not be only white space")),
)
/** The text of a message with attachments, which may be empty. */
export const Caption = text(0, 4096).check(
  Schema.makeFilter<string>((value) => (value === "" || /\S/.test(value) ? undefined : "must not be only white space")),
)
export const DedupKey = text(1, 64)

/** How many members gave an emoji. */
export const ReactionCount = Schema.Struct({ emoji: Schema.String, count: Schema.Int }).annotate({
  identifier: "ReactionCount",
})
export type ReactionCount = typeof ReactionCount.Type

/** A message as it is in a chat's events. */
export const EventMessage = Schema.Struct({
  id: MessageId,
  chat_id: ChatId,
  seq: Seq,
  sender_id: UserId,
  /** Empty once deleted. */
  text: Schema.String,
  created_at: Timestamp,
  edited_at: Schema.NullOr(Timestamp),
  deleted: Schema.Boolean,
  reply_to: Schema.NullOr(MessageId),
  /** Every other present member has read it. */
  is_read: Schema.Boolean,
  /** Shown to its sender only, null for all others. */
  dedup_key: Schema.NullOr(Schema.String),
  ...extraFields,
})
export type EventMessage = typeof EventMessage.Type

/** A message after a change. */
export const ChangedMessage = Schema.Struct({
  ...EventMessage.fields,
  /** The version at which it, or its visible reactions, changed last: the copy with the greater version is newer. */
  version: Version,
})
export type ChangedMessage = typeof ChangedMessage.Type

export const Message = Schema.Struct({
  ...ChangedMessage.fields,
  /** The number of each emoji, the oldest emoji first. */
  reactions: Schema.optionalKey(Schema.Array(ReactionCount)),
  /** The reader's own emojis. */
  my_reactions: Schema.optionalKey(Schema.Array(Schema.String)),
}).annotate({ identifier: "Message" })
export type Message = typeof Message.Type
