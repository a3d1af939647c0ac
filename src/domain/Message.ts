// A message of a chat as one reader sees it.
import { Schema } from "effect"
import { ChatId, MessageId, Seq, UserId } from "./Ids.ts"
import { text } from "./Text.ts"
import { Timestamp } from "./Timestamp.ts"

export const MessageText = text(1, 4096).check(
  Schema.makeFilter<string>((value) => (/\S/.test(value) ? undefined : "must not be only white space")),
)
export const DedupKey = text(1, 64)

export const Message = Schema.Struct({
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
  /** Shown to its sender alone, null to everybody else. */
  dedup_key: Schema.NullOr(Schema.String),
}).annotate({ identifier: "Message" })
export type Message = typeof Message.Type
