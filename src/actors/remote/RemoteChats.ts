// Commands for chats on other nodes, or that move between nodes. For each chat one request is under way at a time;
// commands that arrive during it share the next one, so that callers' order is kept and a busy chat costs few requests.
// Does not know where a chat is: Effect Cluster does.
import { Cause, Clock, Effect, Exit, Fiber, flow } from "effect"
import { Unavailable } from "../../domain/errors.ts"
import type { ChatId } from "../../domain/Ids.ts"
import { DatabaseClock } from "../../sql/database/DatabaseClock.ts"
import type { Entry } from "../Mailbox.ts"
import { callerDeadlineMillis, isLong } from "../rules/Command.ts"
import { standsAlone } from "../rules/plan.ts"
import { allRead } from "../turns.ts"
import { ChatEntity, entityIdOf } from "./ChatEntity.ts"
import { isRepeatable, type Outcome, toReply } from "./CommandWire.ts"
import { CurrentJourney, type Journey, outcomeUnknown } from "./RunnersOnce.ts"

/** How long one request may take; afterwards its node counts as frozen, and another may have its chats. */
const attemptMillis = 1_500
/** The minimum time of an attempt for its last commands. */
const shortestAttemptMillis = 500
/** The pause before untaken commands are offered again. */
const pause = "50 millis"
/** The maximum number of commands in one request: as many as an actor takes in one turn. */
const flightSize = 500
/** Commands that may wait for one chat, and for all; over this limit, `Unavailable`. */
const laneCapacity = 8_192
const capacity = 65_536

const unavailable = Exit.fail(new Unavailable({}))

interface Waiting {
  readonly entry: Entry
  /** Epoch milliseconds. */
  readonly until: number
}

/** `untouched`: certainly not carried out. `unknown`: the result cannot be determined. */
type Verdict = ReadonlyArray<Outcome> | "untouched" | "unknown"

/** Abandons the effect without waiting for its end: Effect Cluster would ask the silent node itself to cancel it. */
const abandonable = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.flatMap(Effect.forkDetach(effect), (fiber) =>
    Effect.onInterrupt(Fiber.join(fiber), () => Effect.sync(() => fiber.interruptUnsafe())),
  )

export interface RemoteChats {
  /** Whether commands of this chat are under way. Others must not overtake them. */
  has(chat_id: ChatId): boolean
  deliver(chat_id: ChatId, entry: Entry): void
}

/**
 * `isBusyHere`: whether commands of this chat are still under way on this node, where it was before. They come first.
 */
export const make = Effect.fnUntraced(function* (isBusyHere: (chat_id: ChatId) => boolean) {
  const client = yield* ChatEntity.client
  const clock = yield* Clock.Clock
  const { now: databaseNow } = yield* DatabaseClock
  const scope = yield* Effect.scope
  const fork = flow(Effect.runForkWith(yield* Effect.context<never>()), Fiber.runIn(scope))
  const lanes = new Map<ChatId, Array<Waiting>>()
  let waitingInAll = 0

  const answer = ({ entry }: Waiting, reply: Parameters<Entry["reply"]>[0]) => {
    waitingInAll--
    entry.reply(reply)
  }

  /** The oldest ones that still have time; a command that stands alone is sent alone. */
  const take = (lane: Array<Waiting>): ReadonlyArray<Waiting> => {
    const at = clock.currentTimeMillisUnsafe()
    while (lane[0] !== undefined && lane[0].until <= at) answer(lane.shift()!, unavailable)
    const end = lane.findIndex(({ entry }) => standsAlone(entry.command))
    return lane.splice(0, Math.min(flightSize, end < 0 ? lane.length : Math.max(1, end)))
  }

  const attempt = Effect.fnUntraced(function* (chat_id: ChatId, batch: ReadonlyArray<Waiting>) {
    const at = clock.currentTimeMillisUnsafe()
    const commands = batch.map(({ entry }) => entry.command)
    const once = !commands.every(isRepeatable)
    // A command that must run once has a single attempt, which also waits for a node that takes the chat over.
    const left = batch.reduce(
      (least, { until }) => Math.min(least, until - at),
      once ? Number.POSITIVE_INFINITY : attemptMillis,
    )
    const millis = Math.max(left, shortestAttemptMillis)
    // A repeatable command may begin as long as a caller waits: repeated execution has the effect of a single one.
    const wanted = once ? millis : batch.reduce((most, { until }) => Math.max(most, until - at), millis)
    const journey: Journey = { once, mayHaveArrived: false }
    const exit = yield* client(entityIdOf(chat_id))
      .Run({ commands, expires_at: databaseNow() + wanted })
      .pipe(Effect.provideService(CurrentJourney, journey), abandonable, Effect.timeoutOption(millis), Effect.exit)
    if (Exit.isSuccess(exit) && exit.value._tag === "Some") return exit.value.value
    if (Exit.isFailure(exit) && Cause.hasDies(exit.cause) && Cause.squash(exit.cause) !== outcomeUnknown) {
      yield* Effect.logWarning("A chat on another node could not be reached", exit.cause)
    }
    return journey.mayHaveArrived ? "unknown" : "untouched"
  })

  /** Answers what is settled; returns the others, in order. */
  const settle = (batch: ReadonlyArray<Waiting>, verdict: Verdict): ReadonlyArray<Waiting> =>
    batch.filter((waiting, i) => {
      if (verdict === "untouched") return true
      if (verdict === "unknown") {
        if (isRepeatable(waiting.entry.command)) return true
        answer(waiting, unavailable)
        return false
      }
      const outcome = verdict[i]
      const reply = outcome === undefined ? unavailable : toReply(outcome)
      if (reply !== undefined) answer(waiting, reply)
      return reply === undefined
    })

  const fly = Effect.fnUntraced(function* (chat_id: ChatId, lane: Array<Waiting>) {
    // Commands of the same moment join the request.
    yield* allRead
    while (lane.length > 0) {
      while (isBusyHere(chat_id)) yield* Effect.sleep("5 millis")
      const batch = take(lane)
      if (batch.length === 0) continue
      const left = settle(batch, yield* attempt(chat_id, batch))
      if (left.length === 0) continue
      lane.unshift(...left)
      yield* Effect.sleep(pause)
    }
    if (lanes.get(chat_id) === lane) lanes.delete(chat_id)
  })

  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const lane of lanes.values()) for (const waiting of lane.splice(0)) answer(waiting, unavailable)
    }),
  )

  return {
    has: (chat_id) => lanes.has(chat_id),
    deliver(chat_id, entry) {
      const lane = lanes.get(chat_id)
      if (waitingInAll >= capacity || (lane !== undefined && lane.length >= laneCapacity)) {
        entry.reply(unavailable)
        return
      }
      waitingInAll++
      const waiting = { entry, until: clock.currentTimeMillisUnsafe() + callerDeadlineMillis(entry.command) }
      if (isLong(entry.command)) {
        // Others must not wait here for what they need not wait for there.
        fork(fly(chat_id, [waiting]))
        return
      }
      if (lane !== undefined) {
        lane.push(waiting)
        return
      }
      const fresh = [waiting]
      lanes.set(chat_id, fresh)
      fork(fly(chat_id, fresh))
    },
  } satisfies RemoteChats
})
