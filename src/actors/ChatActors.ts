// Finds the one actor of a chat, wherever it runs, and wakes it when it sleeps.
import { Clock, Context, Effect, Exit, Fiber, Layer, Metric } from "effect"
import { Unavailable } from "../domain/errors.ts"
import type { ChatId } from "../domain/Ids.ts"
import * as ChatActor from "./ChatActor.ts"
import type { Answer, Command, CommandError } from "./Command.ts"
import type { Entry } from "./Mailbox.ts"

/** An actor without a command for so long goes; the next command brings it back from the database. */
const idleMillis = 60_000
/** Actors awake at once. Past that the longest idle go early, and when none is idle a sleeping chat is `Unavailable`. */
const maxResident = 20_000
/** How long an `ask` waits at most. */
const askDeadline = "5 seconds"
/** How long the commands under way may take when the server stops. */
const drainMillis = 3_000

const resident = Metric.gauge("confab_chat_actors", { description: "Chat actors awake" })

interface Resident {
  readonly actor: ChatActor.ChatActor
  readonly fiber: Fiber.Fiber<void>
}

export class ChatActors extends Context.Service<
  ChatActors,
  {
    /** Done, committed, once it succeeds. Unavailable: not known; a retry with the same dedup_key settles a send. */
    ask<C extends Command>(chat_id: ChatId, command: C): Effect.Effect<Answer<C>, CommandError<C>>
    /**
     * The same without a fiber: `reply` is called once, now or later; it must not throw or wait.
     * Commands of one caller to one chat are taken in the order of the calls.
     */
    tell<C extends Command>(
      chat_id: ChatId,
      command: C,
      reply: (exit: Exit.Exit<Answer<C>, CommandError<C>>) => void,
    ): void
  }
>()("confab/actors/ChatActors") {
  /** Every actor lives in this process, and no other process changes chats. */
  static readonly layerLocal = Layer.effect(
    ChatActors,
    Effect.suspend(() => makeLocal(true)),
  )

  /** As `layerLocal`, but others may have actors of the same chats: then even a "nothing changed" is checked. */
  static readonly layerShared = Layer.effect(
    ChatActors,
    Effect.suspend(() => makeLocal(false)),
  )
}

const makeLocal = Effect.fnUntraced(function* (alone: boolean) {
  const makeActor = yield* ChatActor.factory(alone)
  const clock = yield* Clock.Clock
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  const actors = new Map<ChatId, Resident>()
  let closing = false

  const sleepers = (before: number) => [...actors].filter(([, { actor }]) => actor.idle() && actor.lastUsed() <= before)

  const passivate = (chat_id: ChatId, { fiber }: Resident) => {
    actors.delete(chat_id)
    fiber.interruptUnsafe()
  }

  const find = (chat_id: ChatId): ChatActor.ChatActor | undefined => {
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

  yield* Effect.addFinalizer(() =>
    Effect.gen(function* () {
      closing = true
      const until = clock.currentTimeMillisUnsafe() + drainMillis
      while ([...actors.values()].some(({ actor }) => !actor.idle()) && clock.currentTimeMillisUnsafe() < until) {
        yield* Effect.sleep("10 millis")
      }
      yield* Fiber.interruptAll([...actors.values()].map(({ fiber }) => fiber))
    }),
  )
  yield* Effect.gen(function* () {
    yield* Effect.sleep(idleMillis / 4)
    for (const [id, sleeper] of sleepers(clock.currentTimeMillisUnsafe() - idleMillis)) passivate(id, sleeper)
    yield* Metric.update(resident, actors.size)
  }).pipe(Effect.forever, Effect.forkScoped)

  const tell: ChatActors["Service"]["tell"] = (chat_id, command, reply) => {
    // Which answers and refusals there are follows from the command's tag; the mailbox holds all kinds.
    const entry = { command, reply: reply as Entry["reply"] }
    const actor = closing ? undefined : find(chat_id)
    if (actor === undefined || !actor.offer(entry)) reply(Exit.fail(new Unavailable({})))
  }

  return ChatActors.of({
    tell,
    ask: <C extends Command>(chat_id: ChatId, command: C) =>
      Effect.callback<Answer<C>, CommandError<C>>((resume) => tell(chat_id, command, resume)).pipe(
        Effect.timeoutOrElse({ duration: askDeadline, orElse: () => Effect.fail(new Unavailable({})) }),
      ),
  })
})
