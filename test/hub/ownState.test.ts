// A user's own state on all their devices: each change once, in order and without a hole, after any loss or delay.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Broadcast, ownStream, type Signal } from "../../src/broadcast/Broadcast.ts"
import { CloseCode } from "../../src/contract/CloseCode.ts"
import { Unavailable } from "../../src/domain/errors.ts"
import type { UserId } from "../../src/domain/Ids.ts"
import { Hub } from "../../src/hub/Hub.ts"
import { Chats } from "../../src/services/Chats.ts"
import { Messages } from "../../src/services/Messages.ts"
import { OwnState } from "../../src/services/OwnState.ts"
import { UnreadChats } from "../../src/services/UnreadChats.ts"
import { StateStore } from "../../src/sql/state/StateStore.ts"
import { addGroup, addUsers, Faults } from "../support/chat.ts"
import { lossy, Network, seconds } from "../support/lossy.ts"
import {
  askRpc,
  callRpc,
  connect,
  type FakeWire,
  intercept,
  layer,
  open,
  openRpc,
  settled,
  until,
} from "../support/sockets.ts"

const put = Effect.fnUntraced(function* (user_id: UserId, key: string, value: unknown) {
  return yield* (yield* OwnState).putUnlimited(user_id, key, value)
})
const heard = (wire: FakeWire) => wire.ofType("state").map(({ key, value, version }) => [version, key, value])
const hello = (wire: FakeWire) => wire.ofType("hello")[0]?.me

describe("A user's own state", () => {
  it.effect("reaches all their devices on /ws, and no other user's", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [ada, bob] = [ids[0]!, ids[1]!]
      yield* put(ada, "app:a", 1)
      const [a, twin, b] = [yield* connect(ada), yield* connect(ada, { device: 2 }), yield* connect(bob)]
      const only = yield* connect(ada, { only: chat_id, device: 3 })
      assert.deepStrictEqual([hello(a), hello(twin), hello(only), hello(b)], [1, 1, 1, 0])
      const ack = yield* a.ask({ type: "state", key: `draft:${chat_id}`, value: { text: "Half" } })
      assert.deepStrictEqual([ack.type, ack.version], ["ack", 2])
      assert.strictEqual((yield* a.ask({ type: "state", key: `draft:${chat_id}`, value: { text: "Half" } })).version, 2)
      assert.strictEqual((yield* only.ask({ type: "state", key: "app:a", value: null })).version, 3)
      yield* settled
      const all = [
        [2, `draft:${chat_id}`, { text: "Half" }],
        [3, "app:a", null],
      ]
      assert.deepStrictEqual([heard(a), heard(twin), heard(only), heard(b)], [all, all, [], []])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("reading a chat in any way removes its mark, and nothing else of its settings", () =>
    Effect.gen(function* () {
      const [messages, unread, state] = [yield* Messages, yield* UnreadChats, yield* OwnState]
      const { chat_id, ids } = yield* addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      const { message } = yield* messages.send(bob, chat_id, { text: "Hello" })
      const [a, twin] = [yield* connect(ada), yield* connect(ada, { device: 2 })]
      const rpc = yield* openRpc(ada, { device: 3 })
      const key = `chat:${chat_id}`
      const value = { level: "none", unread: true }
      const ways = {
        frame: a.ask({ type: "read", chat_id, seq: 1 }),
        sending: a.ask({ type: "message", chat_id, text: "Mine" }),
        service: messages.markRead(ada, message.id),
        "sending by the service": messages.send(ada, chat_id, { text: "Mine too" }),
        call: askRpc(rpc, "MarkRead", { message_id: message.id }),
        all: unread.readAll(ada),
      }
      yield* settled
      let version = 0
      for (const [way, read] of Object.entries(ways)) {
        assert.strictEqual((yield* put(ada, key, value)).version, ++version, way)
        assert.isTrue(state.mayBeMarked(ada, chat_id, true), way)
        yield* read
        yield* until(() => heard(twin).length === version + 1, way)
        assert.deepStrictEqual(heard(twin).at(-1), [++version, key, { level: "none" }], way)
        yield* settled
        assert.isFalse(state.mayBeMarked(ada, chat_id, true), way)
      }
      // Without a mark there is nothing to be looked up, whoever reads.
      assert.deepStrictEqual(
        [state.mayBeMarked(ada, chat_id, false), state.mayBeMarked(bob, chat_id, false)],
        [false, false],
      )
      yield* put(ada, key, { unread: true })
      yield* a.ask({ type: "read", chat_id, seq: 1 })
      yield* until(() => heard(a).length === version + 2)
      assert.deepStrictEqual(heard(a).at(-1), [version + 2, key, null])
      yield* put(ada, key, value)
      assert.strictEqual((yield* a.ask({ type: "read", chat_id: 987_654, seq: 1 })).code, "not_found")
      yield* messages.send(bob, chat_id, { text: "Not Ada's" })
      yield* settled
      assert.deepStrictEqual(heard(a).at(-1), [version + 3, key, value])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("a mark of before the start, of another node, or of a time without signals is known", () =>
    Effect.gen(function* () {
      const messages = yield* Messages
      const { chat_id, ids } = yield* addGroup(2)
      const [ada] = ids as [UserId]
      const a = yield* connect(ada)
      const key = `chat:${chat_id}`
      const [store, { state }] = [yield* StateStore, yield* Hub]
      const write = { user_id: ada, key, value: '{"unread":true}', chat_id }
      yield* store.write(write)
      state.handle([{ _tag: "MarkedUnread", user_id: ada, chat_id }])
      yield* messages.send(ada, chat_id, { text: "Mine" })
      assert.isUndefined(yield* store.get(ada, key))
      yield* store.write(write)
      yield* messages.send(ada, chat_id, { text: "Sent as nothing was known" })
      assert.isDefined(yield* store.get(ada, key))
      state.handle([{ _tag: "SignalsLost" }])
      yield* settled
      yield* a.ask({ type: "message", chat_id, text: "Mine" })
      yield* settled
      assert.isUndefined(yield* store.get(ada, key))
      yield* store.write(write)
      const started = Effect.gen(function* () {
        const anew = yield* OwnState
        assert.isTrue(anew.mayBeMarked(ada, chat_id, false))
        yield* settled
        assert.isTrue(anew.mayBeMarked(ada, chat_id, true))
      })
      yield* Effect.provide(started, Layer.fresh(OwnState.layer))
    }).pipe(Effect.scoped, Effect.provide(layer())),
  )

  it.effect("refuses invalid keys and values, and keys of other users' chats, and continues", () =>
    Effect.gen(function* () {
      const { chat_id } = yield* addGroup(1)
      const [ada] = (yield* addUsers(1)) as [UserId]
      const a = yield* connect(ada)
      const refused = (key: string, value: unknown) =>
        Effect.map(a.ask({ type: "state", key, value }), ({ code }) => code)
      assert.strictEqual(yield* refused("nothing", 1), "invalid")
      assert.strictEqual(yield* refused("settings", { notify: 1 }), "invalid")
      assert.strictEqual(yield* refused("app:a", "a".repeat(20_000)), "invalid")
      assert.strictEqual(yield* refused(`chat:${chat_id}`, {}), "not_found")
      assert.strictEqual((yield* a.ask({ type: "state", key: "app:a" })).code, "invalid")
      assert.strictEqual((yield* a.ask({ type: "state", key: "app:a", value: false })).version, 1)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is sent once and in order when signals are late, repeated or lost", () =>
    Effect.gen(function* () {
      const [ada] = (yield* addUsers(1)) as [UserId]
      const a = yield* connect(ada)
      const signals: Array<Signal> = []
      const between = yield* intercept()
      yield* Effect.forEach([1, 2, 3, 4], (i) => put(ada, `app:${i}`, i))
      yield* settled
      between.restore()
      for (const version of [2, 1, 1, 4]) {
        const change = { key: `app:${version}`, value: `${version}`, version }
        signals.push({ _tag: "StateChanged", user_id: ada, version, changes: [change] })
      }
      for (const signal of signals) between.pass(signal)
      yield* until(() => heard(a).length >= 4, "four changes")
      yield* settled
      assert.deepStrictEqual(
        heard(a),
        [1, 2, 3, 4].map((i) => [i, `app:${i}`, i]),
      )
      yield* put(ada, "app:5", 5)
      yield* settled
      assert.deepStrictEqual(heard(a).at(-1), [5, "app:5", 5])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is read when the result of a change is unknown", () =>
    Effect.gen(function* () {
      const [ada] = (yield* addUsers(1)) as [UserId]
      const a = yield* connect(ada)
      const rows = yield* StateStore
      const losing = Layer.succeed(StateStore, {
        ...rows,
        write: (change) => Effect.andThen(rows.write(change), Effect.fail(new Unavailable({}))),
      })
      const unsure = yield* Effect.provide(
        Effect.flatMap(OwnState, (state) => Effect.flip(state.putUnlimited(ada, "app:a", 1))),
        Layer.fresh(OwnState.layer).pipe(Layer.provide(losing)),
      )
      assert.strictEqual(unsure._tag, "Unavailable")
      yield* until(() => heard(a).length > 0, "the change")
      yield* put(ada, "app:b", 2)
      yield* settled
      assert.deepStrictEqual(heard(a), [
        [1, "app:a", 1],
        [2, "app:b", 2],
      ])
    }).pipe(Effect.provide(layer())),
  )
})

describe("A device that comes back", () => {
  for (const [where, world] of [
    ["a single node", layer()],
    ["one of many nodes", lossy()],
  ] as const) {
    it.effect(`has the version in hello, with chats and without, on ${where}`, () =>
      Effect.gen(function* () {
        const { ids } = yield* addGroup(2)
        const [eve] = yield* addUsers(1)
        for (const user_id of [ids[0]!, eve!]) {
          yield* put(user_id, "app:a", 1)
          yield* put(user_id, "app:a", 2)
        }
        // The signals are over: only the tables have it.
        yield* settled
        assert.deepStrictEqual(yield* Effect.forEach([...ids, eve!], (id) => Effect.map(connect(id), hello)), [2, 0, 2])
      }).pipe(Effect.provide(world)),
    )
  }

  it.effect("receives the current values, by version, before any live change", () =>
    Effect.gen(function* () {
      const [ada] = (yield* addUsers(1)) as [UserId]
      for (const [key, value] of [
        ["app:a", 1],
        ["app:b", 1],
        ["app:a", 2],
        ["app:b", null],
      ] as const)
        yield* put(ada, key, value)
      const a = yield* connect(ada, { resume: true })
      assert.strictEqual(hello(a), 4)
      yield* put(ada, "app:c", 1)
      yield* settled
      assert.deepStrictEqual(heard(a), [])
      const synced = yield* a.ask({ type: "sync", cursors: { me: 1 } })
      assert.deepStrictEqual(synced.cursors, { me: 5 })
      const missed = [
        [3, "app:a", 2],
        [4, "app:b", null],
        [5, "app:c", 1],
      ]
      assert.deepStrictEqual(heard(a), missed)
      yield* put(ada, "app:d", 1)
      yield* settled
      assert.deepStrictEqual(heard(a), [...missed, [6, "app:d", 1]])
      // On a running socket it begins at the cursor again.
      assert.deepStrictEqual((yield* a.ask({ type: "sync", cursors: { me: 5 } })).cursors, { me: 6 })
      assert.deepStrictEqual(heard(a).slice(-2), [
        [6, "app:d", 1],
        [6, "app:d", 1],
      ])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("that does not request it receives changes after hello once its sync is answered", () =>
    Effect.gen(function* () {
      const [ada] = (yield* addUsers(1)) as [UserId]
      yield* put(ada, "app:a", 1)
      const { greet, wire } = yield* open(ada, { resume: true })
      yield* put(ada, "app:b", 1)
      yield* greet
      yield* put(ada, "app:c", 1)
      const synced = yield* wire.ask({ type: "sync", cursors: {} })
      assert.deepStrictEqual(synced.cursors, {})
      yield* settled
      const told = heard(wire).map(([version]) => version)
      assert.deepStrictEqual(told, [1, 2, 3].slice(hello(wire)))
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is reset from an impossible version, and receives an error when that cannot be read", () => {
    let isAway = false
    const away = Layer.effect(
      StateStore,
      Effect.map(StateStore, (rows) =>
        StateStore.of({
          ...rows,
          since: (...args) => Effect.suspend(() => (isAway ? Effect.fail(new Unavailable({})) : rows.since(...args))),
        }),
      ),
    )
    return Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(1)
      const ada = ids[0]!
      yield* put(ada, "app:a", 1)
      const a = yield* connect(ada, { resume: true })
      isAway = true
      assert.strictEqual((yield* a.ask({ type: "sync", cursors: { me: 0, [chat_id]: 1 } })).code, "unavailable")
      isAway = false
      const synced = yield* a.ask({ type: "sync", cursors: { me: 7, [chat_id]: 1 } })
      assert.deepStrictEqual(synced.cursors, { me: 1, [chat_id]: 1 })
      assert.deepStrictEqual(
        a.ofType("reset").map(({ chat_id, version }) => [chat_id, version]),
        [[null, 1]],
      )
      const only = yield* connect(ada, { only: chat_id, device: 2 })
      assert.strictEqual((yield* only.ask({ type: "sync", cursors: { me: 0 } })).code, "invalid")
    }).pipe(Effect.provide(layer({}, away)))
  })

  it.effect("reads many changes in pages, as the network takes them", () =>
    Effect.gen(function* () {
      const [ada] = (yield* addUsers(1)) as [UserId]
      yield* Effect.forEach(Array.from({ length: 170 }), (_, i) => put(ada, `app:${i}`, i))
      const a = yield* connect(ada, { resume: true })
      a.stalled = true
      a.say({ type: "sync", ref: "all", cursors: { me: 0 } })
      yield* settled
      assert.strictEqual(heard(a).length, 50)
      a.drain()
      yield* until(() => a.ofType("synced").length > 0, "synced")
      assert.deepStrictEqual(
        heard(a).map(([version]) => version),
        Array.from({ length: 170 }, (_, i) => i + 1),
      )
    }).pipe(Effect.provide(layer())),
  )
})

describe("Between nodes", () => {
  it.effect("lost signals are found within seconds, or at once after a reported loss", () =>
    Effect.gen(function* () {
      const [ada] = (yield* addUsers(1)) as [UserId]
      const a = yield* connect(ada)
      const network = yield* Network
      assert.isTrue(network.heard.has(ownStream(ada)))
      network.loses = true
      yield* put(ada, "app:a", 1)
      yield* put(ada, "app:b", 1)
      yield* settled
      assert.deepStrictEqual(heard(a), [])
      yield* seconds(7)
      const found = [
        [1, "app:a", 1],
        [2, "app:b", 1],
      ]
      assert.deepStrictEqual(heard(a), found)
      yield* put(ada, "app:c", 1)
      network.loses = false
      yield* (yield* Broadcast).publish({ _tag: "SignalsLost" })
      yield* until(() => heard(a).length > 2, "the third")
      assert.deepStrictEqual(heard(a), [...found, [3, "app:c", 1]])
      a.device!.close(CloseCode.Silent)
      yield* seconds(30)
      assert.isFalse(network.heard.has(ownStream(ada)))
    }).pipe(Effect.provide(lossy())),
  )
})

describe("What one device learns of a change whose signal was lost", () => {
  it.effect("the user's other devices learn too", () =>
    Effect.gen(function* () {
      const [ada] = yield* addUsers(1)
      const [a, twin] = [yield* connect(ada!), yield* connect(ada!, { device: 2 })]
      const network = yield* Network
      network.loses = true
      yield* put(ada!, "app:a", 1)
      yield* a.ask({ type: "sync", cursors: { me: 0 } })
      yield* settled
      assert.deepStrictEqual([heard(a), heard(twin)], [[[1, "app:a", 1]], [[1, "app:a", 1]]])
    }).pipe(Effect.provide(lossy())),
  )

  it.effect("hello tells no version below it, and the other devices learn from that", () =>
    Effect.gen(function* () {
      const [ada] = yield* addUsers(1)
      const a = yield* connect(ada!)
      const network = yield* Network
      network.loses = true
      yield* put(ada!, "app:a", 1)
      assert.strictEqual(hello(yield* connect(ada!, { device: 2 })), 1)
      yield* settled
      assert.deepStrictEqual(heard(a), [[1, "app:a", 1]])
    }).pipe(Effect.provide(lossy())),
  )
})

describe("A change whose signal was lost, and whose version is read for another reason", () => {
  it.effect("reaches the devices as soon as it is known that somebody blocks their user", () =>
    Effect.gen(function* () {
      const [ada, ben] = yield* addUsers(2)
      const a = yield* connect(ada!)
      const network = yield* Network
      network.loses = true
      yield* put(ada!, "app:a", 1)
      network.loses = false
      yield* put(ben!, `block:${ada}`, {})
      yield* settled
      assert.deepStrictEqual(heard(a), [[1, "app:a", 1]])
    }).pipe(Effect.provide(lossy())),
  )
})

describe("What concerns a chat that was left", () => {
  for (const fault of ["before", "after"] as const) {
    it.effect(`goes from all devices, though its removal failed ${fault} it took place`, () =>
      Effect.gen(function* () {
        const { chat_id, ids } = yield* addGroup(2)
        const [ada, bob] = ids as [UserId, UserId]
        yield* put(bob, `draft:${chat_id}`, { text: "Half" })
        const b = yield* connect(bob)
        ;(yield* Faults).states.push(fault)
        yield* (yield* Chats).removeMember(ada, chat_id, bob)
        yield* seconds(3)
        assert.deepStrictEqual(heard(b), [[2, `draft:${chat_id}`, null]])
      }).pipe(Effect.provide(layer())),
    )
  }

  it.effect("stays for a user who is a member again before it could be removed", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      ;(yield* Faults).states.push("before")
      const chats = yield* Chats
      yield* chats.removeMember(ada, chat_id, bob)
      yield* chats.addMembers(ada, chat_id, [bob])
      yield* put(bob, `draft:${chat_id}`, { text: "New" })
      yield* seconds(3)
      const { items } = yield* (yield* OwnState).list(bob, { limit: 10 })
      assert.deepStrictEqual(
        items.map(({ value }) => value),
        [{ text: "New" }],
      )
    }).pipe(Effect.provide(layer())),
  )
})

describe("Remote procedures", () => {
  it.effect("set, list and remove it, and Events has the changes", () =>
    Effect.gen(function* () {
      const [ada] = (yield* addUsers(1)) as [UserId]
      const rpc = yield* openRpc(ada)
      const events = callRpc(rpc, "Events", { cursors: { me: 0 } })
      const set = yield* askRpc(rpc, "PutState", { key: "app:a", value: [1] })
      assert.deepStrictEqual(set.value, { key: "app:a", value: [1], version: 1 })
      const page = yield* askRpc(rpc, "State", { prefix: "app:" })
      assert.deepStrictEqual(page.value, { items: [set.value], next: null, version: 1 })
      yield* askRpc(rpc, "DeleteState", { key: "app:a" })
      let taken = 0
      const told = () => {
        const chunks = rpc.frames.filter((frame) => frame._tag === "Chunk" && frame.requestId === events)
        for (; taken < chunks.length; taken++) rpc.say({ _tag: "Ack", requestId: events })
        return chunks.flatMap(({ values }) => values).filter(({ type }: { type: string }) => type === "state")
      }
      yield* until(() => told().length > 1 || told()[0]?.value === null, "the changes")
      assert.strictEqual(told().at(-1).version, 2)
    }).pipe(Effect.provide(layer())),
  )
})
