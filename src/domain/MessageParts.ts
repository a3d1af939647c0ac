// What a message shows besides its text, its key and its reply. It is stored as one value in its visible form; empty
// parts are absent, so that a plain message has none.
import { Schema } from "effect"
import { Custom } from "./Custom.ts"
import { File } from "./File.ts"
import { ChatId, MessageId, UserId } from "./Ids.ts"
import { Timestamp } from "./Timestamp.ts"

/** The origin of a forwarded text: its first author, and when it was written. */
export const Forwarded = Schema.Struct({
  /** null: the author does not want to be named. */
  sender_id: Schema.NullOr(UserId),
  created_at: Timestamp,
  /** The forwarded message and its chat: only in a saved chat, which no one else reads. */
  chat_id: Schema.optionalKey(ChatId),
  message_id: Schema.optionalKey(MessageId),
}).annotate({ identifier: "Forwarded" })
export type Forwarded = typeof Forwarded.Type

/** Found by the server in the text: a request has neither field. */
const mentionFields = {
  /** Other members, in the order of the text. */
  mentions: Schema.optionalKey(Schema.Array(UserId)),
  mentions_all: Schema.optionalKey(Schema.Literal(true)),
}
const Mentions = Schema.Struct(mentionFields)
export type Mentions = typeof Mentions.Type

const partFields = {
  ...mentionFields,
  attachments: Schema.optionalKey(Schema.Array(File)),
  forwarded: Schema.optionalKey(Forwarded),
  custom: Schema.optionalKey(Custom),
}

export const MessageParts = Schema.Struct(partFields)
export type MessageParts = typeof MessageParts.Type

/** The parts with these mentions in place of former ones. */
export const withMentions = (parts: MessageParts | null, mentions: Mentions | null): MessageParts | null => {
  const { mentions: _, mentions_all: _all, ...others } = parts ?? {}
  const all = { ...mentions, ...others }
  return Object.keys(all).length === 0 ? null : all
}

/** All fields that a plain message lacks. */
export const extraFields = {
  /** The root message of the replies to which this one belongs. */
  thread_id: Schema.optionalKey(MessageId),
  ...partFields,
}
const Extras = Schema.Struct(extraFields)
export type Extras = typeof Extras.Type
export const extraNames = Object.keys(extraFields) as ReadonlyArray<keyof Extras>

/** The message with its parts; a plain one unchanged, so that all plain messages have one shape. */
export const withExtras = <M extends object>(
  message: M,
  thread_id: MessageId | null,
  parts: MessageParts | null,
): M & Extras =>
  thread_id === null && parts === null
    ? message
    : { ...message, ...(thread_id === null ? {} : { thread_id }), ...parts }
