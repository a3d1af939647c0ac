// The format of signals between nodes: the sender's name and a JSON array of signals, in order. Nodes of one version
// before or after this one may share the Redis: a signal that cannot be decoded counts as lost, and the events are read
// from the database.
import { Result, Schema } from "effect"
import { ChatSummary, EventMember } from "../domain/Chat.ts"
import type { ChatEvent, ChatEvents } from "../domain/ChatEvent.ts"
import { ChatId, MessageId, Seq, SessionId, UserId, Version } from "../domain/Ids.ts"
import { JsonValue } from "../domain/Json.ts"
import { EventMessage } from "../domain/Message.ts"
import type { Signal } from "./BroadcastShape.ts"

const version = Version

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never

const WireEvent = Schema.Union([
  Schema.TaggedStruct("MessageSent", { version, message: EventMessage }),
  Schema.TaggedStruct("MessageUpdated", { version, message: EventMessage }),
  Schema.TaggedStruct("MessageDeleted", { version, message: EventMessage }),
  Schema.TaggedStruct("ReadMarked", { version, user_id: UserId, seq: Seq, message_id: MessageId }),
  Schema.TaggedStruct("ChatCreated", { version, chat: ChatSummary, member_ids: Schema.Array(UserId) }),
  Schema.TaggedStruct("ChatUpdated", { version, chat: ChatSummary }),
  Schema.TaggedStruct("ChatDeleted", { version }),
  Schema.TaggedStruct("MemberAdded", { version, member: EventMember, chat: ChatSummary }),
  Schema.TaggedStruct("MemberUpdated", { version, member: EventMember }),
  Schema.TaggedStruct("MemberRemoved", { version, user_id: UserId }),
  Schema.TaggedStruct("Recorded", {
    version,
    kind: Schema.String,
    message_id: MessageId,
    shown: Schema.Record(Schema.String, JsonValue),
  }),
])

/** Both directions: an event without a wire form, or a wire form that is no event, does not compile. */
true satisfies Same<typeof WireEvent.Type, ChatEvent>

export const WireSignal = Schema.Union([
  Schema.TaggedStruct("ChatEvents", {
    chat_id: ChatId,
    events: Schema.Array(WireEvent),
    fully_read: Schema.Array(Schema.Struct({ user_id: UserId, seq: Seq, message_id: MessageId })),
    version: Schema.optionalKey(version),
  }),
  Schema.TaggedStruct("ChatHead", { chat_id: ChatId, version }),
  Schema.TaggedStruct("Typing", { chat_id: ChatId, user_id: UserId, is_typing: Schema.Boolean }),
  Schema.TaggedStruct("Delivered", { chat_id: ChatId, user_id: UserId, seq: Seq }),
  Schema.TaggedStruct("StateChanged", {
    user_id: UserId,
    version,
    changes: Schema.Array(Schema.Struct({ key: Schema.String, value: Schema.NullOr(Schema.String), version })),
  }),
  Schema.TaggedStruct("BlockersChanged", { user_id: UserId }),
  Schema.TaggedStruct("UserUpdated", { user_id: UserId }),
  Schema.TaggedStruct("ReadsPrivately", { user_id: UserId }),
  Schema.TaggedStruct("MarkedUnread", { user_id: UserId, chat_id: ChatId }),
  Schema.TaggedStruct("SessionsEnded", { session_ids: Schema.Array(SessionId) }),
  Schema.TaggedStruct("SignalsLost", {}),
])
true satisfies Same<typeof WireSignal.Type, Signal>

/** The maximum size of a message, unless a single event is larger. */
export const maxMessageBytes = 256 * 1024
/** A larger event is not sent; a ChatHead replaces it, and the other nodes read it. */
const maxEventLength = 4 * 1024 * 1024

/** The signal as JSON, in parts that fit into one message each. */
export const encode = (signal: Signal): ReadonlyArray<string> => {
  const json = JSON.stringify(signal)
  if (json.length <= maxMessageBytes || signal._tag !== "ChatEvents") return [json]
  const [first] = signal.events
  if (signal.events.length > 1) return halves(signal).flatMap(encode)
  return first === undefined || json.length <= maxEventLength
    ? [json]
    : encode({ _tag: "ChatHead", chat_id: signal.chat_id, version: first.version })
}

const halves = (signal: ChatEvents): ReadonlyArray<ChatEvents> => {
  const half = signal.events.length >> 1
  return [
    { ...signal, events: signal.events.slice(0, half), fully_read: [] },
    { ...signal, events: signal.events.slice(half) },
  ]
}

const decodeSignal = Schema.decodeUnknownResult(WireSignal)
const parse = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Array(Schema.Unknown)))

/** The decoded signals, and whether all could be decoded. */
export const decode = (json: string): { readonly signals: ReadonlyArray<Signal>; readonly whole: boolean } => {
  const parsed = parse(json)
  if (Result.isFailure(parsed)) return { signals: [], whole: false }
  const results = parsed.success.map((item) => decodeSignal(item))
  const signals = results.flatMap((result) => (Result.isSuccess(result) ? [result.success] : []))
  return { signals, whole: signals.length === results.length }
}
