// Everything that a user writes in one message, as one value: edges, services, the wire between nodes, the actor and
// the journal pass it on.
import { Schema } from "effect"
import { Custom, filled } from "./Custom.ts"
import { type File, FileId } from "./File.ts"
import { ChatId, MessageId } from "./Ids.ts"
import { Caption, DedupKey, MessageText } from "./Message.ts"
import { MessageParts } from "./MessageParts.ts"
import { text } from "./Text.ts"

const optionalOrNull = <S extends Schema.Top>(schema: S) => Schema.optional(Schema.NullOr(schema))

export const maxAttachments = 10

/** Files of the sender, each once. */
export const Attachments = Schema.Array(FileId).check(
  Schema.isMinLength(1),
  Schema.isMaxLength(maxAttachments),
  Schema.makeFilter((ids) => (new Set(ids).size === ids.length ? undefined : "must not repeat a file")),
)

/** A client's input, to which `oneContent` applies. */
export const writtenFields = {
  /** Empty only with attachments. */
  text: Schema.optional(Caption),
  /** Makes a retry safe: the same key with the same content never makes a second message. */
  dedup_key: optionalOrNull(DedupKey),
  /** A message of this chat. */
  reply_to: optionalOrNull(MessageId),
  attachments: optionalOrNull(Attachments),
  custom: optionalOrNull(Custom),
  /** A message visible to the sender, whose text and attachments are copied. */
  forward: optionalOrNull(MessageId),
}
const WrittenMessage = Schema.Struct(writtenFields)
export type Written = typeof WrittenMessage.Type

const notWithForward = ["text", "reply_to", "attachments", "custom"] as const

/** A message has its own text, its own attachments or both, or forwards another one. */
export const oneContent = Schema.makeFilter((written: Written) => {
  const { attachments, forward, text } = written
  if (forward === undefined || forward === null) {
    if (text === undefined) return { path: ["text"], issue: "is missing" }
    return text === "" && attachments == null
      ? { path: ["text"], issue: "must have at least 1 character, or attachments beside it" }
      : undefined
  }
  const beside = notWithForward.find((field) => written[field] != null)
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

const isMessageText = Schema.is(MessageText)

export const Draft = Schema.Struct({
  text: text(0, 4_096),
  dedup_key: Schema.NullOr(DedupKey),
  reply_to: Schema.NullOr(MessageId),
  /** null: there are no parts besides the text. */
  parts: Schema.NullOr(MessageParts),
  forward: Schema.NullOr(Forward),
  /**
   * The sender's own files, as the sender named them; `parts` shows those that were found. Absent in most drafts, so that
   * these are no larger.
   */
  attachments: Schema.optionalKey(Attachments),
}).check(
  Schema.makeFilter((draft: { readonly forward: unknown; readonly attachments?: unknown; readonly text: string }) =>
    draft.forward !== null || draft.attachments !== undefined || isMessageText(draft.text)
      ? undefined
      : { path: ["text"], issue: "must be the text of a message" },
  ),
)
export type Draft = typeof Draft.Type

const customParts = (custom: Custom | undefined): MessageParts | null => (custom === undefined ? null : { custom })

/** undefined: it forwards a message or has attachments, which must be looked up. */
export const draftOf = ({ attachments, custom, dedup_key, forward, reply_to, text }: Written): Draft | undefined =>
  text === undefined || attachments != null || (forward !== undefined && forward !== null)
    ? undefined
    : {
        text,
        dedup_key: dedup_key ?? null,
        reply_to: reply_to ?? null,
        parts: customParts(filled(custom)),
        forward: null,
      }

/** The draft with these files, which were found. */
export const withAttachments = (
  draft: Draft,
  attachments: ReadonlyArray<FileId>,
  found: ReadonlyArray<File>,
): Draft => ({
  ...draft,
  parts: found.length === 0 ? draft.parts : { ...draft.parts, attachments: found },
  attachments,
})

/** A named file was not found. An earlier attempt with the same key may have succeeded all the same. */
export const lacksFiles = ({ attachments, parts }: Draft): boolean =>
  attachments !== undefined && parts?.attachments?.length !== attachments.length

/** Whether a repetition is not recognised by the text alone. */
export const hasMoreThanText = ({ attachments, forward }: Draft): boolean =>
  forward !== null || attachments !== undefined

/**
 * Determines whether the same key has the same content. Texts contain no NUL, so no text equals another content.
 */
export const contentOf = ({ attachments, forward, text }: Draft): string =>
  forward !== null
    ? `\0forward ${forward.message_id}`
    : attachments === undefined
      ? text
      : `${text}\0attachments ${attachments.join(" ")}`

/** As it is stored in a saved chat, where a forward also says where it is from. */
export const savedDraft = (draft: Draft): Draft => {
  const { forward, parts } = draft
  if (forward === null || forward.chat_id === null || parts?.forwarded === undefined) return draft
  const { chat_id, message_id } = forward
  return { ...draft, parts: { ...parts, forwarded: { ...parts.forwarded, chat_id, message_id } } }
}
