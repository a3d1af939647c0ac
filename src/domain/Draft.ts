// Everything that a user writes in one message, as one value: edges, services, the wire between nodes, the actor and
// the journal pass it on.
import { Schema } from "effect"
import { Custom } from "./Custom.ts"
import { ChatId, MessageId } from "./Ids.ts"
import { DedupKey, MessageText } from "./Message.ts"
import { MessageParts } from "./MessageParts.ts"
import { text } from "./Text.ts"

export const optionalOrNull = <S extends Schema.Top>(schema: S) => Schema.optional(Schema.NullOr(schema))

/** A client's input, to which `oneContent` applies. */
export const writtenFields = {
  text: Schema.optional(MessageText),
  /** Makes a retry safe: the same key with the same content never makes a second message. */
  dedup_key: optionalOrNull(DedupKey),
  /** A message of this chat. */
  reply_to: optionalOrNull(MessageId),
  custom: optionalOrNull(Custom),
  /** A message visible to the sender, whose text is copied. */
  forward: optionalOrNull(MessageId),
}
const WrittenMessage = Schema.Struct(writtenFields)
export type Written = typeof WrittenMessage.Type

/** A message has its own text, or forwards another one. */
export const oneContent = Schema.makeFilter((written: Written) => {
  const { custom, forward, reply_to, text } = written
  if (forward === undefined || forward === null) {
    return text === undefined ? { path: ["text"], issue: "is missing" } : undefined
  }
  const beside = text !== undefined ? "text" : reply_to != null ? "reply_to" : custom != null ? "custom" : undefined
  return beside === undefined ? undefined : { path: [beside], issue: "cannot be combined with forward" }
})

/**
 * The message that this one copies. `missing`: it cannot be copied now, but an earlier attempt with the same key may
 * have succeeded.
 */
export const Forward = Schema.Struct({
  message_id: MessageId,
  /** The chat of that message; null when it is missing. */
  chat_id: Schema.NullOr(ChatId),
  missing: Schema.NullOr(Schema.Literals(["MessageNotFound", "MessageDeleted"])),
})
export type Forward = typeof Forward.Type

const isForwarded = (draft: { readonly forward: unknown }): boolean => draft.forward !== null
const isMessageText = Schema.is(MessageText)

export const Draft = Schema.Struct({
  text: text(0, 4_096),
  dedup_key: Schema.NullOr(DedupKey),
  reply_to: Schema.NullOr(MessageId),
  /** null: there are no parts besides the text. */
  parts: Schema.NullOr(MessageParts),
  forward: Schema.NullOr(Forward),
}).check(
  Schema.makeFilter((draft) =>
    isForwarded(draft) || isMessageText(draft.text)
      ? undefined
      : { path: ["text"], issue: "must be the text of a message" },
  ),
)
export type Draft = typeof Draft.Type

/** undefined: it forwards a message, which must be looked up. */
export const draftOf = ({ custom, dedup_key, forward, reply_to, text }: Written): Draft | undefined =>
  text === undefined || (forward !== undefined && forward !== null)
    ? undefined
    : {
        text,
        dedup_key: dedup_key ?? null,
        reply_to: reply_to ?? null,
        parts: custom === undefined || custom === null ? null : { custom },
        forward: null,
      }

/**
 * Determines whether the same key has the same content. Texts contain no NUL, so no text equals a message reference.
 */
export const contentOf = ({ forward, text }: Draft): string =>
  forward === null ? text : `\0forward ${forward.message_id}`

/** As it is stored in a saved chat, where a forward also says where it is from. */
export const savedDraft = (draft: Draft): Draft => {
  const { forward, parts } = draft
  if (forward === null || forward.chat_id === null || parts?.forwarded === undefined) return draft
  const { chat_id, message_id } = forward
  return { ...draft, parts: { ...parts, forwarded: { ...parts.forwarded, chat_id, message_id } } }
}
