// How many of the loaded messages are in each thread, by the id of its root.
import type { MessageId } from "../../src/domain/Ids.ts"
import type { Message } from "../../src/domain/Message.ts"

export type ThreadCounts = ReadonlyMap<MessageId, number>

/** The same object while the counts stay the same: a message without a thread changes nothing. */
export const threadCounts = (messages: ReadonlyArray<Message>, before: ThreadCounts): ThreadCounts => {
  const counts = new Map<MessageId, number>()
  for (const { thread_id } of messages) {
    if (thread_id !== undefined) counts.set(thread_id, (counts.get(thread_id) ?? 0) + 1)
  }
  const same = counts.size === before.size && [...counts].every(([id, n]) => before.get(id) === n)
  return same ? before : counts
}
