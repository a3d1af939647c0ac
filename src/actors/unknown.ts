// Checks a commit with an unknown result once the database answers again: if exactly that change was committed, its
// listeners receive its events, though its callers were asked to retry.
import { Effect, HashMap } from "effect"
import type { MessageId } from "../domain/Ids.ts"
import type { Journal, StoredMessage } from "../sql/journal/Journal.ts"
import { type ChatState, memberOf } from "./rules/ChatState.ts"
import { type Context, toEvents, toStored } from "./rules/outcome.ts"
import { after, type Plan } from "./rules/plan.ts"

export interface Unknown {
  readonly start: ChatState
  readonly planned: Plan
  readonly at: number
}

const isSameState = (a: ChatState, b: ChatState): boolean =>
  a.version === b.version &&
  a.last_seq === b.last_seq &&
  a.name === b.name &&
  HashMap.size(a.members) === HashMap.size(b.members) &&
  [...a.members].every(([id, { role, last_read_seq }]) => {
    const other = memberOf(b, id)
    return other?.role === role && other.last_read_seq === last_read_seq
  })

/** Its events; undefined: it was not committed, others have changed the chat, or the result cannot be determined. */
export const eventsOf = Effect.fnUntraced(function* (
  journal: Journal["Service"],
  state: ChatState,
  lowest: number,
  { start, planned, at }: Unknown,
) {
  // Membership changes are published from the database, since they need users' names. So are records, which are not
  // checked here.
  const isPublishable = planned.changes.every(
    ({ _tag }) => _tag !== "MemberAdded" && _tag !== "RoleSet" && _tag !== "Departed" && _tag !== "Recorded",
  )
  if (!isPublishable || !isSameState(state, planned.state)) return undefined
  const ids = new Map<number, MessageId>()
  for (const change of planned.changes) {
    if (change._tag !== "Sent" && change._tag !== "Read") continue
    const id = yield* journal.messageIdAt(state.id, change.seq)
    if (id !== undefined) ids.set(change.seq, id)
  }
  const wanted: Array<StoredMessage> = []
  const sent: Array<StoredMessage> = []
  for (const change of planned.changes) {
    if (change._tag === "Edited" || change._tag === "Tombstoned") wanted.push(after(change, at))
    if (change._tag !== "Sent") continue
    const id = ids.get(change.seq)
    if (id === undefined) return undefined
    const stored = toStored(state, change, id, at)
    sent.push(stored)
    wanted.push(stored)
  }
  const found = new Map<MessageId, StoredMessage>()
  if (wanted.length > 0) {
    for (const row of yield* journal.messages(
      state.id,
      wanted.map(({ id }) => id),
    ))
      found.set(row.id, row)
  }
  // Another actor may have used the same version for a change of another message.
  const isOurs = (message: StoredMessage): boolean => {
    const row = found.get(message.id)
    return (
      row?.sender_id === message.sender_id &&
      row.dedup_key === message.dedup_key &&
      row.version === message.version &&
      row.deleted === message.deleted &&
      row.text === message.text
    )
  }
  if (!wanted.every(isOurs)) return undefined
  const context: Context = {
    at,
    lowest,
    users: new Map(),
    sent,
    message: () => undefined,
    messageIdAt: (seq) => ids.get(seq),
  }
  return toEvents(start, planned, context)
})
