// Blocks: what a blocked user tried to have reach the other one, and that was begun after the block was acknowledged and
// answered before its end was requested, was refused; and without a block nothing is refused as blocked.
import type { BlockWrite, Contact, History } from "./History.ts"

/**
 * Whether the block was in force from the first of these times to the other; undefined: for a part of it at most, or
 * that is not known.
 */
const isInForce = (writes: ReadonlyArray<BlockWrite>, from: number, to: number): boolean | undefined => {
  const done = writes.filter(({ acked }) => acked !== undefined && acked < from)
  const isReplaced = ({ settled }: BlockWrite) =>
    settled !== undefined && done.some((later) => later.asked > settled && later.acked !== undefined)
  const possible = new Set(writes.flatMap((write) => (write.asked > to || isReplaced(write) ? [] : [write.on])))
  if (done.length === 0) possible.add(false)
  return possible.size === 1 ? possible.has(true) : undefined
}

const keyOf = (owner: number, blocked: number) => `${owner} ${blocked}`

/** Those whose outcome the blocks determine, with whether the block was in force. */
export const determined = ({ blockWrites = [], contacts = [] }: Pick<History, "blockWrites" | "contacts">) => {
  const writes = new Map<string, Array<BlockWrite>>()
  for (const write of blockWrites) {
    const key = keyOf(write.user_id, write.blocked_id)
    writes.set(key, [...(writes.get(key) ?? []), write])
  }
  return contacts.flatMap((contact: Contact) => {
    const { answered, asked, other_id, outcome, user_id } = contact
    if (answered === undefined || outcome === undefined) return []
    const blocked = isInForce(writes.get(keyOf(other_id, user_id)) ?? [], asked, answered)
    return blocked === undefined ? [] : [{ contact, blocked }]
  })
}

export function* blocks(history: History): Iterable<string> {
  for (const { blocked, contact } of determined(history)) {
    const { other_id, outcome, user_id, what } = contact
    if (blocked && outcome === "done") yield `user ${user_id} is blocked by ${other_id}, but was not refused: ${what}`
    if (!blocked && outcome === "blocked")
      yield `user ${user_id} is not blocked by ${other_id}, but was refused: ${what}`
  }
}
