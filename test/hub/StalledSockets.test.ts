// Sockets whose network takes nothing: a peer may answer every ping and read nothing all the same.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { chatsAtOnce } from "../../src/hub/Greeting.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { addGroup, addUsers } from "../support/chat.ts"
import { askRpc, callRpc, connect, type FakeWire, layer, open, openRpc, settled, until } from "../support/sockets.ts"

const say = Effect.fnUntraced(function* (wire: FakeWire, chat_id: number, count: number) {
  const before = wire.ofType("ack").length
  for (let i = 0; i < count; i++) wire.say({ type: "message", chat_id, text: `t${i}` })
  yield* until(() => wire.ofType("ack").length === before + count, "acks")
  yield* settled
})

describe("A socket whose bytes are not taken", () => {
  it.effect("for 60 s is closed with 4001, whatever it sends", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [a, b] = yield* Effect.forEach(ids, (id) => connect(id))
      yield* TestClock.adjust("7 seconds")
      b!.stalled = true
      yield* say(a!, chat_id, 1)
      for (let i = 0; i < 11; i++) {
        yield* TestClock.adjust("5 seconds")
        b!.device?.noteAlive()
        b!.say({ type: "ping" })
        a!.device?.noteAlive()
        assert.strictEqual(b!.closed, undefined)
      }
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(b!.closed?.code, 4001)
      assert.strictEqual(a!.closed, undefined)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("lives on while the network takes a little", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [a, b] = yield* Effect.forEach(ids, (id) => connect(id))
      b!.stalled = true
      yield* say(a!, chat_id, 1)
      for (let i = 0; i < 60; i++) {
        yield* TestClock.adjust("5 seconds")
        if (i % 6 === 0) b!.trickle()
        for (const wire of [a!, b!]) wire.device?.noteAlive()
      }
      assert.strictEqual(b!.closed, undefined)
      b!.drain()
      yield* TestClock.adjust("50 seconds")
      b!.stalled = true
      for (const wire of [a!, b!]) wire.device?.noteAlive()
      yield* say(a!, chat_id, 1)
      yield* TestClock.adjust("55 seconds")
      b!.device?.noteAlive()
      assert.strictEqual(b!.closed, undefined, "the time begins anew")
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual(b!.closed?.code, 4001)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("in the middle of a replay gives it up", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [a, b] = yield* Effect.forEach(ids, (id) => connect(id))
      yield* TestClock.adjust("1 second")
      for (let i = 0; i < 20; i++) yield* say(a!, chat_id, 100)
      b!.stalled = true
      b!.say({ type: "sync", cursors: { [chat_id]: 1 } })
      b!.say({ type: "sync", cursors: { [chat_id]: 1 } })
      yield* settled
      for (let i = 0; i < 12; i++) {
        assert.strictEqual(b!.closed, undefined)
        yield* TestClock.adjust("5 seconds")
        b!.device?.noteAlive()
      }
      assert.strictEqual(b!.closed?.code, 4001)
      yield* settled
      assert.strictEqual(b!.ofType("synced").length, 0)
      assert.strictEqual(b!.device?.syncs, undefined)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("in the middle of its hello is closed as well", () =>
    Effect.gen(function* () {
      const [id] = yield* addUsers(1)
      const rows = yield* ChatStore
      for (let i = 0; i < 2 * chatsAtOnce; i++) {
        yield* rows.create({ type: "group", name: "A group", created_by: id!, member_ids: [], created_at: 0 })
      }
      yield* TestClock.adjust("1 second")
      const { greet, wire } = yield* open(id!)
      wire.stalled = true
      yield* Effect.forkChild(greet)
      yield* settled
      assert.isAbove(wire.pending, 0)
      for (let i = 0; i < 12; i++) {
        assert.strictEqual(wire.closed, undefined)
        yield* TestClock.adjust("5 seconds")
        wire.device?.noteAlive()
      }
      assert.strictEqual(wire.closed?.code, 4001)
      assert.deepStrictEqual(wire.frames, [])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is closed over /rpc too, when the stream of its events is not taken", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      yield* TestClock.adjust("1 second")
      const wire = yield* openRpc(ids[1]!)
      callRpc(wire, "Events", {})
      yield* until(() => wire.frames.some(({ _tag }) => _tag === "Chunk"), "hello")
      yield* say(a, chat_id, 1)
      for (let i = 0; i < 11; i++) {
        yield* TestClock.adjust("5 seconds")
        // It is alive by all signs.
        assert.strictEqual((yield* askRpc(wire, "Me"))._tag, "Success")
        a.device?.noteAlive()
      }
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(wire.closed?.code, 4001)
    }).pipe(Effect.provide(layer())),
  )
})
