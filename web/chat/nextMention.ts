// The next unread message that mentions this user or replies to one of theirs, among those that are loaded.
import type { MessageId, UserId } from "../../src/domain/Ids.ts"
import type { Message } from "../../src/domain/Message.ts"

/** The oldest of these that concerns the user; undefined: it is unsure whether there is one. */
export const nextMention = (
  messages: ReadonlyArray<Message>,
  after: number,
  me: UserId,
  author: (id: MessageId) => UserId | undefined,
): number | undefined => {
  if ((messages[0]?.seq ?? Number.POSITIVE_INFINITY) > after + 1) return undefined
  for (const { deleted, mentions, mentions_all, reply_to, sender_id, seq } of messages) {
    if (seq <= after || deleted || sender_id === me) continue
    if (mentions_all === true || mentions?.includes(me)) return seq
    const answered = reply_to === null ? null : author(reply_to)
    if (answered === undefined) return undefined
    if (answered === me) return seq
  }
  return undefined
}
