// The nodes of one life: each with its own hub, actors (one of each chat) and broadcast, all on the same tables. What is read from these takes some turns
// of the event loop before and after, as from a database, and is too much for one answer at times.
import { Context, Effect, Layer } from "effect"
import { Broadcast } from "../../src/broadcast/Broadcast.ts"
import { UserId } from "../../src/domain/Ids.ts"
import { done, type JobWork, type Works } from "../../src/jobs/JobOutcome.ts"
import { jobRunner } from "../../src/jobs/JobRunner.ts"
import { jobNames } from "../../src/kinds/JobKinds.ts"
import type { Messages } from "../../src/services/Messages.ts"
import { OwnState } from "../../src/services/OwnState.ts"
import { ScheduledDelivery } from "../../src/services/ScheduledDelivery.ts"
import { Changes } from "../../src/sql/changes/Changes.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { JobStore } from "../../src/sql/jobs/JobStore.ts"
import { Tables } from "../../src/sql/memory/Tables.ts"
import { StateStore } from "../../src/sql/state/StateStore.ts"
import type { Random } from "../faults/Random.ts"
import { layerOn } from "../support/chat.ts"
import { layer } from "../support/sockets.ts"
import { Ether } from "./Ether.ts"

export const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))
export const settle = (turns: number) => Effect.repeat(turn, { times: turns })

const membershipEvents = new Set(["ChatCreated", "MemberAdded", "MemberRemoved"])

/** Reports too many changes to the reader. */
const shortened = <A>(random: Random, answer: A, isFirst: boolean): A => {
  if (typeof answer !== "object" || answer === null || !("_tag" in answer) || !random.chance(0.1)) return answer
  const { _tag } = answer
  if (_tag === "Replay" && "version" in answer && isFirst) return { _tag: "Reset", version: answer.version } as A
  if (_tag !== "Hole" || !("events" in answer) || !Array.isArray(answer.events)) return answer
  if (answer.events.some(({ event }) => event._tag === "ChatDeleted")) return answer
  return { ...answer, _tag: "Wide", events: answer.events.filter(({ event }) => membershipEvents.has(event._tag)) }
}

/** The ranges of versions that hubs have read from the tables: events that were not published come from there. */
export class Reads {
  readonly #ranges: Array<{ readonly chat_id: number; readonly after: number; readonly upto: number }> = []

  note(chat_id: number, after: number, upto: number): void {
    this.#ranges.push({ chat_id, after, upto })
  }

  cover(chat_id: number, version: number): boolean {
    return this.#ranges.some((read) => read.chat_id === chat_id && version > read.after && version <= read.upto)
  }
}

/** Notes what is read. */
const noted = (changes: Changes["Service"], reads: Reads): Changes["Service"] => ({
  since: (chat_id, user_id, cursor, position, size, check) =>
    Effect.tap(changes.since(chat_id, user_id, cursor, position, size, check), (missed) =>
      Effect.sync(() => missed._tag !== "Gone" && reads.note(chat_id, cursor, missed.version)),
    ),
  // Only followers read it.
  log: changes.log,
  hole: (chat_id, after) =>
    Effect.tap(changes.hole(chat_id, after), (hole) =>
      Effect.sync(() => hole._tag !== "Gone" && reads.note(chat_id, after, hole.version)),
    ),
})

/** Pages of few events, so that a replay has many. */
const paged = (changes: Changes["Service"], random: Random): Changes["Service"] => ({
  ...changes,
  since: (chat_id, user_id, cursor, position, _, check) =>
    changes.since(chat_id, user_id, cursor, position, { events: random.between(1, 12), bytes: 100_000 }, check),
})

/** The same service, whose answers take some turns to ask for and some to come. */
const slowed = <Service extends object>(service: Service, random: Random, shortens: boolean): Service =>
  Object.fromEntries(
    Object.entries(service).map(([name, method]: [string, unknown]) => [
      name,
      typeof method !== "function"
        ? method
        : (...args: ReadonlyArray<unknown>) =>
            Effect.suspend(() => settle(random.between(0, 3))).pipe(
              Effect.andThen(method(...args) as Effect.Effect<unknown>),
              // A replay that has begun is completed.
              Effect.map((answer) => (shortens ? shortened(random, answer, args[3] === undefined) : answer)),
              Effect.tap(() => settle(random.between(0, 3))),
            ),
    ]),
  ) as Service

const noWork: JobWork = () => Effect.succeed(done)

/** Of the jobs, those of blocks and of scheduled messages. */
export const runner = jobRunner({
  lookEveryMillis: 1_000,
  works: Effect.gen(function* () {
    const state = yield* OwnState
    const scheduled = yield* ScheduledDelivery
    return {
      ...(Object.fromEntries(jobNames.map((name) => [name, noWork])) as unknown as Works),
      block: ({ key, user_id }) =>
        user_id === null ? Effect.succeed(done) : Effect.as(state.heedBlock(user_id, UserId.make(Number(key))), done),
      scheduled_message: ({ attempt, key, user_id }) =>
        user_id === null ? Effect.succeed(done) : Effect.as(scheduled.send(user_id, key, attempt), done),
    }
  }),
}).pipe(Layer.provide(JobStore.layerMemory), Layer.provide(ScheduledDelivery.layer))

type Around = Layer.Layer<never, never, Changes | ChatStore | Messages | StateStore>

const slow = (random: Random, reads: Reads, shortens: boolean): Around =>
  Layer.mergeAll(
    Layer.effect(
      Changes,
      Effect.map(Changes, (changes) => slowed(paged(noted(changes, reads), random), random, shortens)),
    ),
    Layer.effect(
      ChatStore,
      Effect.map(ChatStore, (rows) => slowed(rows, random, false)),
    ),
    Layer.effect(
      StateStore,
      Effect.map(StateStore, (rows) => slowed(rows, random, false)),
    ),
  ) as Around

export type Node = Effect.Success<ReturnType<typeof newNode>>

const newNode = (tables: Tables["Service"], broadcast: Layer.Layer<Broadcast>, around: ReturnType<typeof slow>) =>
  Effect.map(
    Layer.build(Layer.fresh(layer({}, around, layerOn(broadcast, Layer.succeed(Tables, tables))))),
    (context) => ({
      context,
      on: Effect.provideContext(context),
    }),
  )

/** One node whose signals reach it at once, or several with an ether between them. */
export const makeWorld = Effect.fnUntraced(function* (count: number, random: Random) {
  const tables = Context.get(yield* Layer.build(Layer.fresh(Tables.layer)), Tables)
  const reads = new Reads()
  const ether = new Ether(random.fork())
  // A single node without loss receives every version: it reads only what an actor could not publish.
  const around = slow(random.fork(), reads, count > 1)
  const nodes: Array<Node> = []
  for (let i = 0; i < count; i++) {
    nodes.push(yield* newNode(tables, count === 1 ? Broadcast.layer : ether.layer, around))
  }
  return { tables, nodes, ether, reads }
})
