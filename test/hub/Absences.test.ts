// A user who reconnects in time was never offline: neither for observers, nor for devices that connect during the
// absence.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { UserId } from "../../src/domain/Ids.ts"
import { Hub } from "../../src/hub/Hub.ts"
import { Chats } from "../../src/services/Chats.ts"
import { addGroup, addUsers } from "../support/chat.ts"
import { connect, type FakeWire, layer, settled, until } from "../support/sockets.ts"

const presence = (wire: FakeWire) =>
  wire.ofType("presence").map(({ last_seen_at, status, user_id }) => [user_id, status, last_seen_at])
const hello = (wire: FakeWire) => wire.frames[0]?.online

/** Ada looks on; Bob is online. */
const scene = Effect.gen(function* () {
  const { chat_id, ids } = yield* addGroup(3)
  const [ada, bob, eve] = ids as [UserId, UserId, UserId]
  const a = yield* connect(ada)
  const b = yield* connect(bob)
  yield* settled
  const came = [[bob, "online", null]]
  assert.deepStrictEqual(presence(a), came)
  return { chat_id, ada, bob, eve, a, b, came }
})
const at = (second: number) => `1970-01-01T00:00:${String(second).padStart(2, "0")}.000Z`

describe("A user whose last device has gone", () => {
  it.effect("and who is back within 10 s was never away, however often", () =>
    Effect.gen(function* () {
      const { a, b, bob, came, eve } = yield* scene
      let device = b
      for (let reload = 0; reload < 3; reload++) {
        device.device?.gone(1001)
        yield* TestClock.adjust("9500 millis")
        device = yield* connect(bob, { device: reload + 2 })
        yield* TestClock.adjust("300 millis")
      }
      yield* TestClock.adjust("12 seconds")
      assert.deepStrictEqual(presence(a), came)
      assert.sameMembers([...(hello(yield* connect(eve)) as ReadonlyArray<number>)], [1, bob])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is offline after 10 s, since they went", () =>
    Effect.gen(function* () {
      const { a, b, bob, came } = yield* scene
      yield* TestClock.adjust("3 seconds")
      b.device?.gone(1006)
      yield* TestClock.adjust("9900 millis")
      assert.deepStrictEqual(presence(a), came)
      yield* TestClock.adjust("400 millis")
      assert.deepStrictEqual(presence(a), [...came, [bob, "offline", at(3)]])
      const again = yield* connect(bob, { device: 2 })
      yield* settled
      assert.deepStrictEqual(presence(a), [...came, [bob, "offline", at(3)], [bob, "online", null]])
      assert.deepStrictEqual(hello(again), [1])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("counts from the last of several devices, and anew after each return", () =>
    Effect.gen(function* () {
      const { a, b, bob, came } = yield* scene
      const second = yield* connect(bob, { device: 2 })
      b.device?.gone(1006)
      yield* TestClock.adjust("15 seconds")
      second.device?.gone(1006)
      yield* TestClock.adjust("8 seconds")
      const third = yield* connect(bob, { device: 3 })
      yield* TestClock.adjust("1 second")
      third.device?.gone(1006)
      yield* TestClock.adjust("9900 millis")
      assert.deepStrictEqual(presence(a), came)
      yield* TestClock.adjust("400 millis")
      assert.deepStrictEqual(presence(a), [...came, [bob, "offline", at(24)]])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is online for devices that connect during it, and for a chat that adds the user", () =>
    Effect.gen(function* () {
      const chats = yield* Chats
      const { ada, b, bob, eve } = yield* scene
      const [stranger] = yield* addUsers(1)
      const s = yield* connect(stranger!)
      b.device?.gone(1006)
      yield* TestClock.adjust("5 seconds")
      const e = yield* connect(eve)
      assert.sameMembers([...(hello(e) as ReadonlyArray<number>)], [ada, bob])
      yield* chats.createGroup(stranger!, "New", [bob])
      yield* settled
      assert.deepStrictEqual(presence(s), [[bob, "online", null]])
      yield* TestClock.adjust("6 seconds")
      const gone = [bob, "offline", at(0)]
      assert.deepStrictEqual(presence(s), [[bob, "online", null], gone])
      assert.deepStrictEqual(presence(e), [gone])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("misses no message that is sent during it, and is not in the table afterwards", () =>
    Effect.gen(function* () {
      const chats = yield* Chats
      const { a, ada, b, bob, chat_id } = yield* scene
      b.device?.gone(1006)
      yield* TestClock.adjust("2 seconds")
      yield* a.ask({ type: "message", chat_id, text: "one" })
      const added = yield* chats.createGroup(ada, "ConcurrentEvents", [bob])
      yield* settled
      const back = yield* connect(bob, { device: 2 })
      const known = back.frames[0]?.chats ?? []
      assert.sameDeepMembers(
        known.map(({ chat_id, last_seq, version }: Record<string, number>) => [chat_id, last_seq, version]),
        [
          [chat_id, 1, 2],
          [added.id, 0, 1],
        ],
      )
      yield* a.ask({ type: "message", chat_id, text: "two" })
      yield* a.ask({ type: "message", chat_id: added.id, text: "three" })
      yield* settled
      assert.deepStrictEqual(
        back.ofType("message").map(({ text, version }) => [text, version]),
        [
          ["two", 3],
          ["three", 2],
        ],
      )
      back.device?.gone(1006)
      a.device?.gone(1006)
      yield* TestClock.adjust("11 seconds")
      const { listeners } = (yield* Hub).state
      assert.deepStrictEqual([listeners.users.size, listeners.chats.size], [0, 0])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("and who is removed from the chat during it is not reported offline there", () =>
    Effect.gen(function* () {
      const chats = yield* Chats
      const { a, ada, b, bob, came, chat_id } = yield* scene
      b.device?.gone(1006)
      yield* chats.removeMember(ada, chat_id, bob)
      yield* TestClock.adjust("11 seconds")
      assert.deepStrictEqual(presence(a), came)
      assert.isFalse((yield* Hub).state.listeners.users.has(bob))
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is published with all others that went offline, however many", () =>
    Effect.gen(function* () {
      const { ids } = yield* addGroup(200)
      const [ada, ...others] = ids as [UserId, ...Array<UserId>]
      const a = yield* connect(ada)
      const wires = yield* Effect.forEach(others, (id) => connect(id))
      for (const { device } of wires) device?.gone(1006)
      yield* TestClock.adjust("10 seconds")
      yield* until(() => a.ofType("presence").filter(({ status }) => status === "offline").length === others.length)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is waited for while a device is about to open", () =>
    Effect.gen(function* () {
      const { a, b, bob, came } = yield* scene
      const hub = yield* Hub
      b.device?.gone(1006)
      yield* TestClock.adjust("9 seconds")
      const user = yield* hub.prepare(bob)
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(presence(a), came)
      hub.release(user)
      yield* TestClock.adjust("300 millis")
      assert.deepStrictEqual(presence(a), [...came, [bob, "offline", at(0)]])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("of a server that shuts down are not reported offline one after the other", () =>
    Effect.gen(function* () {
      const { a, b, came } = yield* scene
      yield* Effect.forkChild((yield* Hub).shutdown)
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual([a.closed?.code, b.closed?.code], [1001, 1001])
      assert.deepStrictEqual(presence(a), came)
    }).pipe(Effect.provide(layer())),
  )
})
