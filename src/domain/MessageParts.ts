// What a message shows beyond its text, its key and what it answers. At rest it is one value, as it is shown; each part is absent while
// there is nothing to show, so that a plain message has none of it.
import { Schema } from "effect"
import { Custom } from "./Custom.ts"
import { MessageId, UserId } from "./Ids.ts"
import { Timestamp } from "./Timestamp.ts"

/** Where the text of a forwarded message comes from: who wrote it first, and when. */
export const Forwarded = Schema.Struct({
  /** null: the author does not want to be named. */
  sender_id: Schema.NullOr(UserId),
  created_at: Timestamp,
}).annotate({ identifier: "Forwarded" })
export type Forwarded = typeof Forwarded.Type

export const partFields = {
  forwarded: Schema.optionalKey(Forwarded),
  custom: Schema.optionalKey(Custom),
}

export const MessageParts = Schema.Struct(partFields)
export type MessageParts = typeof MessageParts.Type

/** All that a message may show and a plain one does not. */
export const extraFields = {
  /** The message at the root of the replies that this one belongs to. */
  thread_id: Schema.optionalKey(MessageId),
  ...partFields,
}
const Extras = Schema.Struct(extraFields)
export type Extras = typeof Extras.Type
export const extraNames = Object.keys(extraFields) as ReadonlyArray<keyof Extras>

/** The message with what it shows; a plain one as it is, so that all of them have one shape. */
export const withExtras = <M extends object>(
  message: M,
  thread_id: MessageId | null,
  parts: MessageParts | null,
): M & Extras =>
  thread_id === null && parts === null
    ? message
    : { ...message, ...(thread_id === null ? {} : { thread_id }), ...parts }
