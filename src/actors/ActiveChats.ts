// The chat actors that run in this process: starts them, and stops them when they are idle, when there are too many, or
// when their chats belong to another node. Does not decide which chats may run here.
import { Clock, Effect, Fiber, Metric } from "effect"
import type { ChatId } from "../domain/Ids.ts"
import * as ChatActor from "./ChatActor.ts"

/** An actor without commands for this long stops; the next command loads it again from the database. */
const idleMillis = 60_000
/**
 * The maximum number of actors. At the limit the longest idle ones stop early, and without an idle one a chat that is
 * not loaded is `Unavailable`.
 */
const maxResident = 20_000
/** How long the commands under way may take when their actor must stop. */
const drainMillis = 3_000
/** The maximum age of the metrics' figures. */
const reportMillis = 2_000

const resident = Metric.gauge("confab_chat_actors", { description: "Chat actors awake" })
const waiting = Metric.gauge("confab_mailbox_commands", { description: "Commands not answered, of all chats" })
const longest = Metric.gauge("confab_mailbox_commands_max", {
  description: "Commands not answered, of the busiest chat",
})

interface Resident {
  readonly actor: ChatActor.ChatActor
  readonly fiber: Fiber.Fiber<void>
}

export interface ActiveChats {
  /** Starts the actor if needed; undefined: there is no room, or the server is stopping. */
  find(chat_id: ChatId): ChatActor.ChatActor | undefined
  /** These actors receive no more commands; each stops once it has answered those that it has. */
  leave(isLeaving: (chat_id: ChatId) => boolean): void
  /** Whether a command of this chat is under way here, also in an actor that is stopping. */
  isBusy(chat_id: ChatId): boolean
}

/** When the scope closes, `find` returns nothing any more, and commands under way are answered first. */
export const make = Effect.fnUntraced(function* (alone: boolean) {
  const makeActor = yield* ChatActor.factory(alone)
  const clock = yield* Clock.Clock
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  const actors = new Map<ChatId, Resident>()
  const leaving = new Map<ChatId, Resident>()
  let closing = false

  const sleepers = (before: number) => [...actors].filter(([, { actor }]) => actor.idle() && actor.lastUsed() <= before)

  const passivate = (chat_id: ChatId, { fiber }: Resident) => {
    actors.delete(chat_id)
    fiber.interruptUnsafe()
  }

  const find: ActiveChats["find"] = (chat_id) => {
    const found = actors.get(chat_id)
    if (found !== undefined || closing) return found?.actor
    if (actors.size >= maxResident) {
      const idle = sleepers(Number.POSITIVE_INFINITY).sort((a, b) => a[1].actor.lastUsed() - b[1].actor.lastUsed())
      for (const [id, sleeper] of idle.slice(0, maxResident / 10)) passivate(id, sleeper)
      if (idle.length === 0) return undefined
    }
    const actor = makeActor(chat_id)
    actors.set(chat_id, { actor, fiber: fork(actor.run) })
    return actor
  }

  const drain = Effect.fnUntraced(function* (going: ReadonlyArray<Resident>) {
    const until = clock.currentTimeMillisUnsafe() + drainMillis
    while (going.some(({ actor }) => !actor.idle()) && clock.currentTimeMillisUnsafe() < until) {
      yield* Effect.sleep("10 millis")
    }
    yield* Fiber.interruptAll(going.map(({ fiber }) => fiber))
  })

  const leave: ActiveChats["leave"] = (isLeaving) => {
    const going = new Map([...actors].filter(([chat_id]) => isLeaving(chat_id)))
    if (going.size === 0) return
    for (const [chat_id, one] of going) {
      actors.delete(chat_id)
      leaving.set(chat_id, one)
    }
    fork(drain([...going.values()])).addObserver(() => {
      for (const [chat_id, one] of going) if (leaving.get(chat_id) === one) leaving.delete(chat_id)
    })
  }

  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      closing = true
      return drain([...actors.values(), ...leaving.values()])
    }),
  )
  yield* Effect.gen(function* () {
    yield* Effect.sleep(idleMillis / 4)
    for (const [id, sleeper] of sleepers(clock.currentTimeMillisUnsafe() - idleMillis)) passivate(id, sleeper)
  }).pipe(Effect.forever, Effect.forkScoped)
  yield* Effect.gen(function* () {
    let sum = 0
    let most = 0
    for (const { actor } of actors.values()) {
      const outstanding = actor.outstanding()
      sum += outstanding
      if (outstanding > most) most = outstanding
    }
    yield* Metric.update(resident, actors.size)
    yield* Metric.update(waiting, sum)
    yield* Metric.update(longest, most)
    yield* Effect.sleep(reportMillis)
  }).pipe(Effect.forever, Effect.forkScoped)

  return {
    find: (chat_id) => (closing ? undefined : find(chat_id)),
    leave,
    isBusy: (chat_id) => [actors.get(chat_id), leaving.get(chat_id)].some((one) => one?.actor.idle() === false),
  } satisfies ActiveChats
})
