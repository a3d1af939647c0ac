// A forwarded message: the text and the attachments of another one, and its first author. Where it is from only a saved chat shows, whose
// rule adds it (`savedDraft`).
import type { Draft } from "../domain/Draft.ts"
import type { MessageId, UserId } from "../domain/Ids.ts"
import type { Message } from "../domain/Message.ts"
import type { Forwarded, MessageParts } from "../domain/MessageParts.ts"

/** The first author, however often it was forwarded; null: not named. */
export const firstAuthor = ({ forwarded, sender_id }: Message): UserId | null =>
  forwarded === undefined ? sender_id : forwarded.sender_id

const origin = ({ created_at, forwarded }: Message, sender_id: UserId | null): Forwarded => ({
  sender_id,
  created_at: forwarded?.created_at ?? created_at,
})

const attached = ({ attachments }: Message): MessageParts => (attachments === undefined ? {} : { attachments })

/**
 * `message`: as the sender sees it; undefined: they do not. A missing message is left to the actor, which may know the
 * key. `author`: who is named as its first author.
 */
export const forwardOf = (
  message: Message | undefined,
  id: MessageId,
  dedup_key: string | null,
  author: UserId | null,
): Draft => {
  const missing = message === undefined ? "MessageNotFound" : message.deleted ? "MessageDeleted" : null
  return {
    text: message?.text ?? "",
    dedup_key,
    reply_to: null,
    parts:
      message === undefined || missing !== null ? null : { ...attached(message), forwarded: origin(message, author) },
    forward: { message_id: id, chat_id: message?.chat_id ?? null, missing },
  }
}
