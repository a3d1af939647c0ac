// The first device of a user is read for before it listens: one query, valid unless an event has passed it.
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer } from "effect"
import { Broadcast } from "../../src/broadcast/Broadcast.ts"
import { Unavailable } from "../../src/domain/errors.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { Hub } from "../../src/hub/Hub.ts"
import { Chats } from "../../src/services/Chats.ts"
import { ChatStore, type MemberPosition, type Position } from "../../src/sql/chats/ChatStore.ts"
import { Tables } from "../../src/sql/memory/Tables.ts"
import { addGroup, layer as chatLayer, layerOn } from "../support/chat.ts"
import { connect, type FakeWire, intercept, layer, open, settled, until } from "../support/sockets.ts"

/** The queries of the tables; the first answer for a user may be held back. */
class Asked extends Context.Service<
  Asked,
  {
    readonly queries: Array<string>
    /** Whose answers wait … */
    readonly slow: Set<UserId>
    /** … here, to be let go. */
    readonly onTheWay: Array<() => void>
    isAway: boolean
  }
>()("confab/test/Asked") {
  static readonly layer = Layer.sync(Asked, () => ({
    queries: [],
    slow: new Set<UserId>(),
    onTheWay: [],
    isAway: false,
  }))
}

const watched = (asked: Asked["Service"]) =>
  Layer.effect(
    ChatStore,
    Effect.gen(function* () {
      const rows = yield* ChatStore
      const count = <A, E>(query: string, answer: Effect.Effect<A, E>) =>
        Effect.suspend(() => {
          asked.queries.push(query)
          return answer
        })
      const slowly = (user_ids: ReadonlyArray<UserId>) => (positions: ReadonlyArray<MemberPosition>) =>
        user_ids.some((id) => asked.slow.has(id))
          ? Effect.callback<ReadonlyArray<MemberPosition>>((resume) => {
              asked.onTheWay.push(() => resume(Effect.succeed(positions)))
            })
          : Effect.succeed(positions)
      return ChatStore.of({
        ...rows,
        idsOf: (user_id) => count("ids", rows.idsOf(user_id)),
        positions: (user_id, chat_ids) => count(`positions ${chat_ids}`, rows.positions(user_id, chat_ids)),
        positionsOf: (pages) =>
          count(
            "all",
            Effect.suspend(() =>
              asked.isAway
                ? Effect.fail(new Unavailable({}))
                : Effect.flatMap(rows.positionsOf(pages), slowly(pages.map(({ user_id }) => user_id))),
            ),
          ),
      })
    }),
  )

const around = (chat = chatLayer()) =>
  Layer.unwrap(Effect.map(Asked, (asked) => layer({}, watched(asked), chat))).pipe(Layer.provideMerge(Asked.layer))

const told = (wire: FakeWire) =>
  wire.frames.filter(({ version }) => version !== undefined).map(({ type, version }) => `${type} ${version}`)
const known = (wire: FakeWire) => wire.frames[0]?.chats.map(({ version }: { version: number }) => version)

const say = Effect.fnUntraced(function* (wire: FakeWire, chat_id: ChatId, count = 1) {
  for (let i = 0; i < count; i++) yield* wire.ask({ type: "message", chat_id, text: `t${i}` })
  yield* settled
})

/** Opens devices whose read has been made and is on its way; `arrive` lets them be greeted, and gives them. */
const onTheWay = Effect.fnUntraced(function* (...user_ids: ReadonlyArray<UserId>) {
  const asked = yield* Asked
  for (const id of user_ids) asked.slow.add(id)
  const wires: Array<FakeWire> = []
  for (const id of user_ids) yield* Effect.forkChild(Effect.map(connect(id), (wire) => void wires.push(wire)))
  yield* settled
  asked.queries.length = 0
  const arrive = Effect.gen(function* () {
    for (const go of asked.onTheWay.splice(0)) go()
    yield* until(() => wires.length === user_ids.length, "the devices")
    return wires
  })
  return { asked, arrive }
})

describe("The first read", () => {
  it.effect("is the only one without concurrent events; the user's next device has a read of its own", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const { queries } = yield* Asked
      const a = yield* connect(ids[0]!)
      assert.deepStrictEqual(queries, ["all"])
      yield* connect(ids[0]!)
      assert.deepStrictEqual(queries, ["all", `positions ${chat_id}`])
      yield* connect(ids[1]!, { only: chat_id })
      assert.deepStrictEqual(queries, ["all", `positions ${chat_id}`, "all"])
      yield* say(a, chat_id)
      assert.deepStrictEqual(told(a), ["message 2"])
    }).pipe(Effect.provide(around())),
  )

  it.effect("is the only one for a user who reconnects soon, too, and contains concurrent messages", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const { queries } = yield* Asked
      const [a, b] = [yield* connect(ids[0]!), yield* connect(ids[1]!)]
      b.device?.gone(1006)
      yield* say(a, chat_id, 3)
      queries.length = 0
      const back = yield* connect(ids[1]!, { device: 2 })
      assert.deepStrictEqual(queries, ["all"])
      assert.deepStrictEqual(known(back), [4])
      yield* say(a, chat_id)
      assert.deepStrictEqual(told(back), ["message 5"])
    }).pipe(Effect.provide(around())),
  )

  it.effect("is made again of the chat alone that something has happened in since, so that nothing is missed", () =>
    Effect.gen(function* () {
      const { chat_id, ids, owner } = yield* addGroup(2)
      const chats = yield* Chats
      const quiet = yield* chats.createGroup(owner, "Quiet", [ids[1]!])
      const a = yield* connect(owner)
      const { arrive, asked } = yield* onTheWay(ids[1]!)
      yield* say(a, chat_id, 2)
      const [b] = yield* arrive
      assert.deepStrictEqual(asked.queries, [`positions ${chat_id}`])
      assert.sameMembers(known(b!), [3, 1])
      yield* say(a, chat_id)
      yield* say(a, quiet.id)
      assert.deepStrictEqual(told(b!), ["message 4", "message 2"])
    }).pipe(Effect.provide(around())),
  )

  it.effect("is valid for an event before it that is published after it", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      const between = yield* intercept()
      yield* say(a, chat_id, 2)
      const { arrive, asked } = yield* onTheWay(ids[1]!)
      between.pass(...between.events())
      const [b] = yield* arrive
      assert.deepStrictEqual(asked.queries, [])
      assert.deepStrictEqual(known(b!), [3])
      between.restore()
      yield* say(a, chat_id)
      assert.deepStrictEqual(told(b!), ["message 4"])
    }).pipe(Effect.provide(around())),
  )

  it.effect("does not count for what happens between it and the device's being there", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const hub = yield* Hub
      const a = yield* connect(ids[0]!)
      const user = yield* hub.prepare(ids[1]!)
      yield* say(a, chat_id, 2)
      const { greet, wire } = yield* open(ids[1]!)
      hub.release(user)
      yield* greet
      assert.deepStrictEqual(known(wire), [3])
      yield* say(a, chat_id)
      assert.deepStrictEqual(told(wire), ["message 4"])
    }).pipe(Effect.provide(around())),
  )

  it.effect("is not valid after a published head, though no device here listens", () =>
    Effect.gen(function* () {
      const { chat_id, ids, owner } = yield* addGroup(2)
      const chats = yield* Chats
      const { arrive } = yield* onTheWay(ids[1]!)
      const between = yield* intercept()
      yield* chats.change(owner, chat_id, { name: "Renamed" })
      between.pass({ _tag: "ChatHead", chat_id, version: 2 })
      const [b] = yield* arrive
      assert.deepStrictEqual(known(b!), [2])
    }).pipe(Effect.provide(around())),
  )

  it.effect("is not valid after concurrent reads of the database, nor after lost signals", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(3)
      const a = yield* connect(ids[0]!)
      const between = yield* intercept()
      yield* say(a, chat_id)
      const first = yield* onTheWay(ids[1]!)
      yield* say(a, chat_id)
      between.pass({ _tag: "ChatHead", chat_id, version: 2 })
      yield* until(() => a.ofType("message").length === 2, "what was missed")
      const [b] = yield* first.arrive
      assert.deepStrictEqual(known(b!), [3])

      const second = yield* onTheWay(ids[2]!)
      between.pass({ _tag: "SignalsLost" })
      yield* second.arrive
      assert.deepStrictEqual(second.asked.queries, [`positions ${chat_id}`])
      between.restore()
      yield* say(a, chat_id)
      assert.deepStrictEqual(told(b!), ["message 4"])
    }).pipe(Effect.provide(around())),
  )

  it.effect("includes a chat to which the user is added concurrently, and excludes one that they joined and left", () =>
    Effect.gen(function* () {
      const { chat_id, ids, owner } = yield* addGroup(2)
      const chats = yield* Chats
      const other = yield* chats.createGroup(owner, "Other", [])
      const a = yield* connect(owner)
      const { arrive } = yield* onTheWay(ids[1]!)
      yield* chats.addMembers(owner, other.id, [ids[1]!])
      yield* chats.removeMember(owner, chat_id, ids[1]!)
      yield* chats.addMembers(owner, chat_id, [ids[1]!])
      yield* chats.removeMember(owner, chat_id, ids[1]!)
      yield* settled
      const [b] = yield* arrive
      assert.deepStrictEqual(
        b!.frames[0]?.chats.map((chat: Position) => [chat.chat_id, chat.version]),
        [[other.id, 2]],
      )
      yield* say(a, chat_id)
      yield* say(a, other.id)
      yield* chats.addMembers(owner, chat_id, [ids[1]!])
      yield* settled
      assert.deepStrictEqual(told(b!), ["message 3", "chat_created 6"])
    }).pipe(Effect.provide(around())),
  )

  it.effect("of a device that lacks a part of what its twin received is repeated", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const hub = yield* Hub
      const a = yield* connect(ids[0]!)
      const late = yield* hub.prepare(ids[1]!)
      const first = yield* open(ids[1]!)
      const between = yield* intercept()
      yield* say(a, chat_id, 2)
      const [two, three] = between.events()
      between.pass(two!)
      const twin = yield* connect(ids[1]!)
      hub.release(late)
      assert.deepStrictEqual(known(twin), [3])
      yield* first.greet
      between.pass(three!)
      between.restore()
      yield* say(a, chat_id)
      const { wire } = first
      const from = known(wire)[0]
      assert.deepStrictEqual(told(wire), from === 3 ? ["message 4"] : ["message 2", "message 3", "message 4"])
      assert.deepStrictEqual(told(twin), ["message 4"])
    }).pipe(Effect.provide(around())),
  )

  it.effect("is valid for many devices that connect during many messages, and leaves no entry behind", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(21)
      const { state } = yield* Hub
      const asked = yield* Asked
      const a = yield* connect(ids[0]!)
      const wires: Array<FakeWire> = []
      for (const [i, id] of ids.slice(1).entries()) {
        asked.slow.add(id)
        yield* Effect.forkChild(Effect.map(connect(id), (wire) => void wires.push(wire)))
        a.say({ type: "message", chat_id, text: "t" })
        if (i % 2 === 0) yield* settled
        if (i % 3 === 0) asked.onTheWay.shift()?.()
        a.say({ type: "message", chat_id, text: "u" })
      }
      yield* settled
      assert.isAbove(state.concurrent.size, 0)
      while (wires.length < 20) {
        for (const go of asked.onTheWay.splice(0)) go()
        yield* settled
      }
      yield* until(() => a.ofType("message").length === 40, "everything")
      yield* settled
      for (const wire of wires) {
        const [version] = known(wire)
        assert.deepStrictEqual(
          wire.ofType("message").map((message) => message.version),
          Array.from({ length: 41 - version }, (_, i) => version + 1 + i),
        )
        assert.strictEqual(wire.device?.gates, undefined)
        assert.strictEqual(wire.device?.positions, undefined)
        assert.strictEqual(wire.device?.user.firstRead, undefined)
      }
      assert.strictEqual(state.concurrent.size, 0)
    }).pipe(Effect.provide(around())),
  )

  it.effect("that fails leaves nothing behind, and the next one is a new one", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const { state } = yield* Hub
      const asked = yield* Asked
      const a = yield* connect(ids[0]!)
      asked.isAway = true
      const other = state.listeners.pin(ids[1]!)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(connect(ids[1]!))))
      yield* say(a, chat_id)
      assert.strictEqual(state.concurrent.size, 0)
      state.listeners.unpin(other)
      assert.strictEqual(state.listeners.users.size, 1)
      asked.isAway = false
      assert.deepStrictEqual(known(yield* connect(ids[1]!)), [2])
    }).pipe(Effect.provide(around())),
  )
})

describe("Where signals cross from node to node", () => {
  const crossing = Layer.effect(
    Broadcast,
    Effect.map(Broadcast, (broadcast) => Broadcast.of({ ...broadcast, isDistributed: true })),
  ).pipe(Layer.provide(Broadcast.layer))

  it.effect("positions are read by devices that already listen", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(1)
      const asked = yield* Asked
      const { greet, wire } = yield* open(ids[0]!)
      assert.deepStrictEqual(asked.queries, ["ids"])
      yield* greet
      assert.deepStrictEqual(asked.queries, ["ids", `positions ${chat_id}`])
      assert.deepStrictEqual(known(wire), [1])
    }).pipe(Effect.provide(around(layerOn(crossing, Tables.layer)))),
  )
})
