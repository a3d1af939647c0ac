// A message that is sent later: one of the values of its sender's own state (kinds/StateKinds).
import { Schema } from "effect"
import { Instant, maybe } from "./ChatSettings.ts"
import { Attachments } from "./Draft.ts"
import { ChatId, MessageId } from "./Ids.ts"
import { Caption } from "./Message.ts"

/** Of a user, including those that could not be sent. */
export const maxScheduled = 100
/** How far ahead a message can be scheduled. The minute is for clocks that differ. */
export const maxAheadMillis = 365 * 24 * 60 * 60_000 + 60_000

const ScheduleTime = Instant.annotate({
  description: "When it is sent, a year ahead at most; a time in the past means now.",
})

/** A client's input, to which `saysSomething` applies. */
const scheduledFields = {
  at: ScheduleTime,
  /** Empty only with attachments. */
  text: Caption,
  reply_to: maybe(MessageId),
  attachments: maybe(Attachments),
}

/** undefined: it does; a text, attachments, or both. */
export const saidNothing = ({ attachments, text }: { readonly attachments?: unknown; readonly text: string }) =>
  text === "" && attachments == null
    ? { path: ["text"], issue: "must have at least 1 character, or attachments beside it" }
    : undefined
export const saysSomething = Schema.makeFilter(saidNothing)

export const NewScheduled = Schema.Struct(scheduledFields)
  .check(saysSomething)
  .annotate({
    identifier: "NewScheduled",
    examples: [{ at: "2026-12-24T17:00:00.000Z", text: "Merry Christmas!" }],
  })
export type NewScheduled = typeof NewScheduled.Type

/** What a client may change. An absent field stays as it is; null removes `reply_to` or `attachments`. */
export const ScheduledChange = Schema.Struct({
  /** Only for the form of the value: the chat stays the same. */
  chat_id: maybe(ChatId),
  at: maybe(ScheduleTime),
  text: maybe(Caption),
  reply_to: maybe(MessageId),
  attachments: maybe(Attachments),
}).annotate({ identifier: "ScheduledChange" })
export type ScheduledChange = typeof ScheduledChange.Type

/** As it is stored and shown. */
export const Scheduled = Schema.Struct({
  chat_id: ChatId,
  at: ScheduleTime,
  text: Caption,
  reply_to: Schema.optionalKey(MessageId),
  attachments: Schema.optionalKey(Attachments),
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
