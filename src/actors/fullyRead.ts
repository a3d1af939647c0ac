// Who is to hear that everybody has read them: senders whose newest message that all others have read is another one now.
import { Effect } from "effect"
import type { FullyRead } from "../domain/ChatEvent.ts"
import type { ChatId } from "../domain/Ids.ts"
import type { Journal } from "../sql/Journal.ts"
import type { ChatMemory, Settled } from "./ChatMemory.ts"
import { memberOf } from "./ChatState.ts"
import type { Plan } from "./plan.ts"

/** Whether that may be so, after the plan was settled. */
export const mayBeRead = (memory: ChatMemory, { changes }: Plan, { lowestBefore, lowest }: Settled): boolean => {
  if (lowest <= lowestBefore || memory.watermarks.size === 0) return false
  // Whoever is alone reads what they write; only somebody's leaving is news to them.
  return memory.watermarks.size > 1 || changes.some(({ _tag }) => _tag === "MemberRemoved")
}

/** Nobody hears it when the database is away: `is_read` still tells it. */
export const fullyRead = Effect.fnUntraced(function* (
  journal: Journal["Service"],
  chat_id: ChatId,
  memory: ChatMemory,
  { state }: Plan,
  { lowestBefore, lowest }: Settled,
) {
  const newest =
    memory.recent.newestPerSender(lowestBefore, lowest) ??
    (yield* Effect.orElseSucceed(journal.newestPerSender(chat_id, lowestBefore, lowest), () => []))
  return newest.flatMap(
    ({ sender_id, seq, id }): ReadonlyArray<FullyRead> =>
      memberOf(state, sender_id) === undefined ? [] : [{ user_id: sender_id, seq, message_id: id }],
  )
})
