// A user who sends too much waits, and no other does.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { addGroup } from "../support/chat.ts"
import { connect, layer, settled, until } from "../support/sockets.ts"

describe("Frames of one user", () => {
  it.effect("past their budget wait, in order, with the socket unread, while others are served", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [bad, calm] = [yield* connect(ids[0]!), yield* connect(ids[1]!)]
      // 40 a second: ten in each tick of 250 ms.
      for (let i = 0; i < 25; i++) bad.say({ type: "message", chat_id, text: `t${i}` })
      yield* until(() => calm.ofType("message").length === 10)
      yield* settled
      assert.strictEqual(calm.ofType("message").length, 10)
      assert.isTrue(bad.paused)

      yield* calm.ask({ type: "ping" })
      assert.isFalse(calm.paused)

      yield* TestClock.adjust("250 millis")
      yield* until(() => calm.ofType("message").length === 20)
      assert.isTrue(bad.paused)
      yield* TestClock.adjust("250 millis")
      yield* until(() => calm.ofType("message").length === 25)
      assert.isFalse(bad.paused)
      assert.deepStrictEqual(
        calm.ofType("message").map(({ text }) => text),
        Array.from({ length: 25 }, (_, i) => `t${i}`),
      )
    }).pipe(Effect.provide(layer({ framesPerSecond: 40 }))),
  )

  it.effect("are counted over all their sockets", () =>
    Effect.gen(function* () {
      const { ids } = yield* addGroup(1)
      const [one, two] = [yield* connect(ids[0]!), yield* connect(ids[0]!)]
      for (let i = 0; i < 10; i++) one.say({ type: "ping" })
      two.say({ type: "ping" })
      yield* settled
      assert.deepStrictEqual([one.ofType("pong").length, two.ofType("pong").length], [10, 0])
      yield* TestClock.adjust("250 millis")
      yield* until(() => two.ofType("pong").length === 1)
    }).pipe(Effect.provide(layer({ framesPerSecond: 40 }))),
  )
})

describe("Frames that waited", () => {
  it.effect("are taken once each, in order, also when they are answered at once", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(1)
      const wire = yield* connect(ids[0]!)
      for (let i = 0; i <= 200; i++) {
        if (i % 2 === 0) wire.say({ type: "auth", token: "no token", ref: i })
        else wire.say({ type: "message", chat_id, text: `t${i}`, ref: i })
      }
      const answered = () => [...wire.ofType("error"), ...wire.ofType("ack")].map(({ ref }) => Number(ref))
      yield* until(() => answered().length === 100)
      yield* TestClock.adjust("250 millis")
      yield* until(() => answered().length >= 200)
      yield* TestClock.adjust("250 millis")
      yield* until(() => answered().length >= 201)
      yield* settled
      assert.deepStrictEqual(
        answered().toSorted((a, b) => a - b),
        Array.from({ length: 201 }, (_, i) => i),
      )
      assert.deepStrictEqual(
        wire.ofType("message").map(({ text }) => text),
        Array.from({ length: 100 }, (_, i) => `t${2 * i + 1}`),
      )
    }).pipe(Effect.provide(layer({ framesPerSecond: 400 }))),
  )
})
