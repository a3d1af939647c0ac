// The frames that a client may send. `type` may be absent only where protocol.md says so; the socket edge adds it.
import { Schema } from "effect"
import { oneContent, writtenFields } from "../domain/Draft.ts"
import { ChatId, MessageId, Seq, Version } from "../domain/Ids.ts"
import { AnyJson } from "../domain/Json.ts"
import { MessageText } from "../domain/Message.ts"
import { Text } from "../domain/Text.ts"
import type { AskFields } from "../kinds/Kind.ts"
import { type KindName, kinds } from "../kinds/Kinds.ts"
import { StateKey } from "../kinds/StateKinds.ts"
import { Limits } from "./Limits.ts"

/** Returned in the answer to the frame. */
export const Ref = Schema.Union([Text.check(Schema.isMaxLength(128)), Schema.Finite])
export type Ref = typeof Ref.Type

const frame = <const Type extends string, const Fields extends Schema.Struct.Fields>(type: Type, fields: Fields) =>
  Schema.Struct({ type: Schema.Literal(type), ref: Schema.optional(Ref), ...fields })

export const MessageFrame = frame("message", { chat_id: ChatId, ...writtenFields }).check(oneContent)
export const ReadFrame = frame("read", {
  message_id: Schema.optional(MessageId),
  chat_id: Schema.optional(ChatId),
  seq: Schema.optional(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))),
}).check(
  Schema.makeFilter((read) =>
    read.message_id !== undefined || (read.chat_id !== undefined && read.seq !== undefined)
      ? undefined
      : "message_id, or chat_id and seq",
  ),
)
export const TypingFrame = frame("typing", { chat_id: ChatId, is_typing: Schema.optional(Schema.Boolean) })
export const EditFrame = frame("edit", { message_id: MessageId, text: MessageText })
export const DeleteFrame = frame("delete", { message_id: MessageId })
/** Sets a record about a message, or with `on` false removes it: see kinds/. */
const recordFrame = <const Verb extends string, const Ask extends AskFields>({
  ask,
  verb,
}: {
  readonly verb: Verb
  readonly ask: Ask
}) => frame(verb, { message_id: MessageId, ...ask, on: Schema.optional(Schema.Boolean) })

export const ReactFrame = recordFrame(kinds.reaction)
export const PinFrame = recordFrame(kinds.pin)
/** `value` null: it is removed. */
export const StateFrame = frame("state", { key: StateKey, value: AnyJson })
/** The first and the last `seq` of the messages that a client holds. */
export const CheckRange = Schema.Tuple([Seq.check(Schema.isGreaterThan(0)), Seq]).check(
  Schema.makeFilter(([first, last]) =>
    first <= last && last - first < Limits.check
      ? undefined
      : `first_seq and last_seq of 1 to ${Limits.check} messages`,
  ),
)
/** What `sync` and the remote procedure `Events` take; the keys are chat ids. */
export const syncFields = {
  cursors: Schema.Record(Schema.String, Version),
  check: Schema.optional(Schema.Record(Schema.String, CheckRange)),
}
export const SyncFrame = frame("sync", syncFields)
export type SyncFrame = typeof SyncFrame.Type
export const AuthFrame = frame("auth", { token: Schema.String })
export const PingFrame = frame("ping", {})

/** By `type`. */
export const ClientFrames = {
  message: MessageFrame,
  read: ReadFrame,
  typing: TypingFrame,
  edit: EditFrame,
  delete: DeleteFrame,
  react: ReactFrame,
  pin: PinFrame,
  state: StateFrame,
  sync: SyncFrame,
  auth: AuthFrame,
  ping: PingFrame,
} as const

/** Each kind of record has its frame. */
ClientFrames satisfies { readonly [Verb in (typeof kinds)[KindName]["verb"]]: Schema.Top }

export const ClientFrame = Schema.Union(Object.values(ClientFrames)).annotate({ identifier: "ClientFrame" })
export type ClientFrame = typeof ClientFrame.Type
