// A message that is sent later: one of the values of its sender's own state (kinds/StateKinds).
import { Schema } from "effect"
import { Instant, maybe } from "./ChatSettings.ts"
import { ChatId, MessageId } from "./Ids.ts"
import { MessageText } from "./Message.ts"

/** Of a user, including those that could not be sent. */
export const maxScheduled = 100
/** How far ahead a message can be scheduled. The minute is for clocks that differ. */
export const maxAheadMillis = 365 * 24 * 60 * 60_000 + 60_000

export const ScheduleTime = Instant.annotate({
  description: "When it is sent, a year ahead at most; a time in the past means now.",
})

const written = { text: MessageText, reply_to: maybe(MessageId) }

export const NewScheduled = Schema.Struct({ at: ScheduleTime, ...written }).annotate({
  identifier: "NewScheduled",
  examples: [{ at: "2026-12-24T17:00:00.000Z", text: "Merry Christmas!" }],
})
export type NewScheduled = typeof NewScheduled.Type

/** What a client may change. An absent field stays as it is; `reply_to` null removes it. */
export const ScheduledChange = Schema.Struct({
  /** Only for the form of the value: the chat stays the same. */
  chat_id: maybe(ChatId),
  at: maybe(ScheduleTime),
  text: maybe(MessageText),
  reply_to: maybe(MessageId),
}).annotate({ identifier: "ScheduledChange" })
export type ScheduledChange = typeof ScheduledChange.Type

/** As it is stored and shown. */
export const Scheduled = Schema.Struct({
  chat_id: ChatId,
  at: ScheduleTime,
  text: MessageText,
  reply_to: Schema.optionalKey(MessageId),
  /** The `_tag` of the refusal; absent: it has not been sent yet. */
  failed: Schema.optionalKey(Schema.String),
}).annotate({ identifier: "Scheduled" })
export type Scheduled = typeof Scheduled.Type

export const scheduledPrefix = "scheduled:"
/**
 * `id`: random, so that no key is used twice. The key is also the `dedup_key` of the message, so that sending it twice
 * makes one message.
 */
export const scheduledKey = (id: string): string => scheduledPrefix + id
