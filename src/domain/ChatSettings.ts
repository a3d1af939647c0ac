// A member's own settings of a chat, one of the values of their own state (kinds/StateKinds): the same on all devices.
import { Schema } from "effect"
import { Seq } from "./Ids.ts"
import { Timestamp } from "./Timestamp.ts"

/** A field that may be absent or null, with the same meaning. */
export const maybe = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

/** A time of the calendar. */
export const Instant = Timestamp.check(
  Schema.makeFilter<string>((time) => (Number.isNaN(Date.parse(time)) ? "there is no such time" : undefined)),
)

const fields = {
  level: maybe(Schema.Literals(["all", "mentions", "none"])),
  muted_until: maybe(Instant),
  pinned_at: maybe(Instant),
  archived: maybe(Schema.Boolean),
  /** Marked as unread; reading the chat removes it. */
  unread: maybe(Schema.Boolean),
}

/** What a client may set. */
export const OwnChatSettings = Schema.Struct(fields)

export const ChatSettings = Schema.Struct({
  ...fields,
  read_seq: Schema.optionalKey(
    Seq.annotate({ description: "How far I have read without the other one seeing it: with `read_receipts: false`." }),
  ),
}).annotate({ identifier: "ChatSettings" })
export type ChatSettings = typeof ChatSettings.Type

/** The key of the value. */
export const chatSettingsKey = (chat_id: number): string => `chat:${chat_id}`

/** Settings as stored, canonical JSON, that mark the chat as unread. No other setting has free text. */
export const unreadMark = '"unread":true'

/** This JSON is our own. */
const parse = Schema.decodeSync(Schema.fromJsonString(ChatSettings))

/** As part of a chat: nothing while there are none. */
export const shownSettings = (stored: string | null): { readonly settings?: ChatSettings } =>
  stored === null || stored === "{}" ? {} : { settings: parse(stored) }
