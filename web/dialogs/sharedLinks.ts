// The web addresses in messages, for the list of a chat's links.
import type { MessageId, UserId } from "../../src/domain/Ids.ts"
import type { Message } from "../../src/domain/Message.ts"
import { pieces } from "../links.ts"

export interface SharedLink {
  readonly href: string
  /** As it was written. */
  readonly text: string
  readonly messageId: MessageId
  readonly seq: number
  readonly senderId: UserId
  readonly at: string
}

/**
 * Of the messages that were looked at and of those that are open, which are the newer copies. Newest first; an address
 * that is repeated in one message counts once.
 */
export const sharedLinks = (
  looked: ReadonlyArray<Message>,
  open: ReadonlyArray<Message>,
): ReadonlyArray<SharedLink> => {
  const messages = new Map([...looked, ...open].map((message) => [message.id, message]))
  const found: Array<SharedLink> = []
  for (const { created_at, deleted, id, sender_id, seq, text } of messages.values()) {
    if (deleted) continue
    const here = new Set<string>()
    for (const piece of pieces(text)) {
      if (!("href" in piece) || here.has(piece.href)) continue
      here.add(piece.href)
      found.push({ href: piece.href, text: piece.text, messageId: id, seq, senderId: sender_id, at: created_at })
    }
  }
  return found.sort((a, b) => b.seq - a.seq)
}
