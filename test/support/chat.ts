// A chat on in-memory tables, its actors and the broadcast around it, for tests that need no edge.
import { Context, Effect, Layer, PubSub } from "effect"
import { ChatActors } from "../../src/actors/ChatActors.ts"
import { GroupCommit } from "../../src/actors/GroupCommit.ts"
import { Broadcast, type Signal } from "../../src/broadcast/Broadcast.ts"
import { Settings } from "../../src/config/Settings.ts"
import type { ChatEvent } from "../../src/domain/ChatEvent.ts"
import { Unavailable } from "../../src/domain/errors.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { DeletionStore } from "../../src/sql/deletions/DeletionStore.ts"
import { Journal } from "../../src/sql/journal/Journal.ts"
import { Tables } from "../../src/sql/memory/Tables.ts"
import { StateStore } from "../../src/sql/state/StateStore.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"
import { draft } from "./draft.ts"

/** How a commit fails: refused before it took place, its answer lost after it did, broken code, no answer at all. */
export type Fault = "before" | "after" | "defect" | "hang" | "without ids"

/** What the next commits of chats, and the next writes of users' own states, meet; empty: they go well. */
export class Faults extends Context.Service<
  Faults,
  { readonly next: Array<Fault | undefined>; readonly states: Array<"before" | "after"> }
>()("confab/test/Faults") {
  static readonly layer = Layer.sync(Faults, () => ({ next: [], states: [] }))
}

/** The journal, with the faults that a test plans. */
const faultyJournal = Layer.effect(
  Journal,
  Effect.gen(function* () {
    const journal = yield* Journal
    const faults = yield* Faults
    return Journal.of({
      ...journal,
      commit: (changes) =>
        Effect.suspend(() => {
          const fault = faults.next.shift()
          if (fault === "before") return Effect.fail(new Unavailable({}))
          if (fault === "defect") return Effect.die("planned defect")
          if (fault === "hang") return Effect.never
          const done = journal.commit(changes)
          if (fault === "without ids") {
            return Effect.map(done, (results) =>
              results.map((result) => (result._tag === "Committed" ? { ...result, ids: [] } : result)),
            )
          }
          return fault === "after" ? Effect.andThen(done, Effect.fail(new Unavailable({}))) : done
        }),
    })
  }),
).pipe(Layer.provide(Journal.layerMemory))

/** The store of own states, with the faults that a test plans. */
export const faultyStates = Layer.effect(
  StateStore,
  Effect.gen(function* () {
    const rows = yield* StateStore
    const faults = yield* Faults
    const meets = <A>(done: Effect.Effect<A, Unavailable>): Effect.Effect<A, Unavailable> =>
      Effect.suspend(() => {
        const fault = faults.states.shift()
        if (fault === "before") return Effect.fail(new Unavailable({}))
        return fault === "after" ? Effect.andThen(done, Effect.fail(new Unavailable({}))) : done
      })
    return StateStore.of({
      ...rows,
      write: (change) => meets(rows.write(change)),
      block: (change) => meets(rows.block(change)),
      replace: (change, former) => meets(rows.replace(change, former)),
      // Whom a removal concerned whose answer is lost is not known afterwards.
      forgetChat: (chat_id, user_ids) =>
        user_ids === undefined ? rows.forgetChat(chat_id, user_ids) : meets(rows.forgetChat(chat_id, user_ids)),
    })
  }),
).pipe(Layer.provide(StateStore.layerMemory))

/** The actors alone, over the given tables. */
export const actors = ChatActors.layerShared.pipe(Layer.provide(GroupCommit.layer), Layer.provide(Settings.layerTest()))

const rows = Layer.mergeAll(UserStore.layerMemory, ChatStore.layerMemory, DeletionStore.layerMemory, Faults.layer)

/** The dependencies of the actors. */
export const tables = faultyJournal.pipe(
  Layer.provideMerge(Layer.merge(rows, Broadcast.layer)),
  Layer.provideMerge(Tables.layer),
)

export const layer = () => actors.pipe(Layer.provideMerge(tables))

/** A node with a broadcast of its own, on tables that others may have too. */
export const layerOn = (
  broadcast: Layer.Layer<Broadcast>,
  shared: Layer.Layer<Tables>,
  own: typeof actors = actors,
): ReturnType<typeof layer> =>
  own.pipe(
    Layer.provideMerge(faultyJournal),
    Layer.provideMerge(Layer.merge(rows, broadcast)),
    Layer.provideMerge(shared),
  )

export const addUsers = Effect.fnUntraced(function* (count: number) {
  const users = yield* UserStore
  const ids: Array<UserId> = []
  for (let i = 0; i < count; i++) {
    const taken = (yield* users.search("", 1_000)).length
    const name = `user${taken + 1}`
    const me = yield* users.create({
      username: name,
      email: `${name}@example.com`,
      display_name: name,
      password_hash: "",
      created_at: 0,
    })
    ids.push(me.id)
  }
  return ids
})

/** A group of `size` users, the first of them its owner. */
export const addGroup = Effect.fnUntraced(function* (size: number) {
  const chats = yield* ChatStore
  const ids = yield* addUsers(size)
  const [owner, ...member_ids] = ids
  if (owner === undefined) return yield* Effect.die("a group needs an owner")
  const { chat_id } = yield* chats.create({
    type: "group",
    name: "Group",
    created_by: owner,
    member_ids,
    created_at: 0,
  })
  return { chat_id, ids, owner }
})

export const send = (by: UserId, text: string, dedup_key: string | null = null) =>
  ({ _tag: "Send", by, draft: draft(text, dedup_key) }) as const

/** Collects what is published of a chat from now on. */
export const listen = Effect.fnUntraced(function* (chat_id: ChatId) {
  const broadcast = yield* Broadcast
  const subscription = yield* broadcast.subscribe
  const signals: Array<Signal> = []
  yield* PubSub.take(subscription).pipe(
    Effect.map((signal) => signals.push(signal)),
    Effect.forever,
    Effect.forkScoped,
  )
  const ofChat = () => signals.filter((s) => s._tag === "ChatEvents" && s.chat_id === chat_id)
  return {
    signals,
    events: (): ReadonlyArray<ChatEvent> => ofChat().flatMap((s) => (s._tag === "ChatEvents" ? s.events : [])),
    fullyRead: () => ofChat().flatMap((s) => (s._tag === "ChatEvents" ? s.fully_read : [])),
  }
})
