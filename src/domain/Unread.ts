// How much a user has not read, in all of their chats.
import { Schema } from "effect"

export const Unread = Schema.Struct({
  /** Chats with unread messages. */
  chats: Schema.Int,
  messages: Schema.Int,
  /** Those of the messages that mention the user. */
  mentions: Schema.Int,
}).annotate({ identifier: "Unread", examples: [{ chats: 2, messages: 7, mentions: 0 }] })
export type Unread = typeof Unread.Type
