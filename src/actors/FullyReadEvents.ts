// Finds senders whose newest fully read message has changed, that is, one that all other members have read.
import { Effect, HashMap, Schedule } from "effect"
import type { Broadcast } from "../broadcast/Broadcast.ts"
import type { FullyRead } from "../domain/ChatEvent.ts"
import type { Unavailable } from "../domain/errors.ts"
import type { ChatId, UserId } from "../domain/Ids.ts"
import type { Journal } from "../sql/journal/Journal.ts"
import type { ChatMemory, Settled } from "./memory/ChatMemory.ts"
import type { Sender } from "./memory/RecentMessages.ts"
import { type ChatState, memberOf } from "./rules/ChatState.ts"
import type { Plan } from "./rules/plan.ts"

/** Messages that are read at once. */
const step = 2_000
/** How often it is tried while the database is unavailable, once a second; afterwards only `is_read` shows it. */
const tries = 300

/** Whether the settled plan may have caused it. */
const mayBeRead = (memory: ChatMemory, { changes }: Plan, { lowestBefore, lowest }: Settled): boolean => {
  if (lowest <= lowestBefore || memory.watermarks.size === 0) return false
  // A single member reads what they send; only another's leaving is new to them.
  return memory.watermarks.size > 1 || changes.some(({ _tag }) => _tag === "MemberRemoved")
}

/** Messages that all have read since, not yet searched for their senders. */
interface Range {
  readonly state: ChatState
  readonly after: number
  upTo: number
  /** Members for whom a message was found. */
  readonly found: Set<UserId>
}

/**
 * For one chat. Messages that the actor has in memory are published with the events that caused it. A larger range,
 * which a member who was long away has read at once, is searched backwards in steps, outside of the actor's turns: no
 * caller waits for it.
 */
export class FullyReadEvents {
  private readonly journal: Journal["Service"]
  private readonly broadcast: Broadcast["Service"]
  private readonly chat_id: ChatId
  private readonly fork: (effect: Effect.Effect<void>) => unknown
  private isLooking = false
  /** The newest last. */
  private ranges: Array<Range> = []
  /** Published since the search began: no sender receives an older message after a newer one. */
  private readonly published = new Map<UserId, number>()

  constructor(
    journal: Journal["Service"],
    broadcast: Broadcast["Service"],
    chat_id: ChatId,
    fork: (effect: Effect.Effect<void>) => unknown,
  ) {
    this.journal = journal
    this.broadcast = broadcast
    this.chat_id = chat_id
    this.fork = fork
  }

  /** What to publish with the plan's events. Results of a search follow later. */
  take(memory: ChatMemory, planned: Plan, settled: Settled): ReadonlyArray<FullyRead> {
    if (!mayBeRead(memory, planned, settled)) return []
    const { lowest, lowestBefore } = settled
    const { state } = planned
    const newest = memory.recent.newestPerSender(lowestBefore, lowest)
    if (newest !== undefined) return this.news(state, newest)
    this.ranges.push({ state, after: lowestBefore, upTo: lowest, found: new Set() })
    // The events are published first.
    if (this.isLooking) return []
    this.isLooking = true
    setImmediate(() => this.fork(this.look()))
    return []
  }

  private news(state: ChatState, newest: ReadonlyArray<Sender>): ReadonlyArray<FullyRead> {
    return newest.flatMap(({ id, sender_id, seq }): ReadonlyArray<FullyRead> => {
      if (memberOf(state, sender_id) === undefined || seq <= (this.published.get(sender_id) ?? 0)) return []
      if (this.isLooking) this.published.set(sender_id, seq)
      return [{ user_id: sender_id, seq, message_id: id }]
    })
  }

  private look(): Effect.Effect<void> {
    return Effect.ensuring(
      Effect.ignore(this.lookAt()),
      Effect.sync(() => {
        this.isLooking = false
        this.ranges = []
        this.published.clear()
      }),
    )
  }

  private readonly lookAt = Effect.fnUntraced(function* (this: FullyReadEvents): Effect.fn.Return<void, Unavailable> {
    for (let range = this.ranges.at(-1); range !== undefined; range = this.ranges.at(-1)) {
      const after = Math.max(range.after, range.upTo - step)
      const newest = yield* Effect.retry(this.journal.newestPerSender(this.chat_id, after, range.upTo), {
        schedule: Schedule.spaced("1 second"),
        times: tries,
      })
      const fully_read = this.news(range.state, newest)
      if (fully_read.length > 0) {
        const { version } = range.state
        yield* this.broadcast.publish({ _tag: "ChatEvents", chat_id: this.chat_id, events: [], fully_read, version })
      }
      for (const { sender_id } of newest) if (memberOf(range.state, sender_id)) range.found.add(sender_id)
      range.upTo = after
      if (after <= range.after || range.found.size >= HashMap.size(range.state.members)) {
        this.ranges = this.ranges.filter((other) => other !== range)
      }
      yield* Effect.yieldNow
    }
  })
}
