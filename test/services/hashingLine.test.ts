// Scheduling of password hashes: the addresses in turn, and none locked out by those with many entries.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { makeHashingQueue } from "../../src/services/passwords/HashingQueue.ts"

/** A queue in which work ends when the test says so. */
const scene = Effect.fnUntraced(function* (limits: { readonly atOnce: number; readonly maxWaiting: number }) {
  const line = yield* makeHashingQueue(limits)
  const begun: Array<string> = []
  const ends = new Map<string, Deferred.Deferred<void>>()
  const enter = Effect.fnUntraced(function* (address: string, name: string) {
    const end = yield* Deferred.make<void>()
    ends.set(name, end)
    const fiber = yield* Effect.forkChild(
      line.inTurn(
        address,
        Effect.suspend(() => {
          begun.push(name)
          return Effect.uninterruptible(Deferred.await(end))
        }),
      ),
    )
    yield* settle
    return fiber
  })
  const finish = (name: string) => {
    const end = ends.get(name)
    return end === undefined ? Effect.die(name) : Effect.andThen(Deferred.succeed(end, undefined), settle)
  }
  return { begun, enter, finish }
})

/** All that can go on has gone on. */
const settle = Effect.forEach(Array.from({ length: 20 }), () => Effect.yieldNow, { discard: true })

const unavailable = { _tag: "Unavailable", retry_after_ms: 5000 }
const outcome = (fiber: Fiber.Fiber<void, { readonly _tag: string; readonly retry_after_ms: number }>) =>
  Fiber.join(fiber).pipe(
    Effect.as("done"),
    Effect.catch(({ _tag, retry_after_ms }) => Effect.succeed({ _tag, retry_after_ms })),
  )

describe("the line of those who hash", () => {
  it.effect("rotates over the addresses; within one, first come, first served", () =>
    Effect.gen(function* () {
      const { begun, enter, finish } = yield* scene({ atOnce: 1, maxWaiting: 10 })
      for (const name of ["a1", "a2", "a3", "a4"]) yield* enter("a", name)
      for (const name of ["b1", "b2"]) yield* enter("b", name)
      yield* enter("c", "c1")
      for (let next = 0; next < 7; next++) yield* finish(begun[next] ?? "nobody")
      const order = begun.join(" ")
      // The position of the rotation when they arrive is undefined: b and c are each served within one round.
      assert.strictEqual(begun[0], "a1")
      assert.sameMembers(begun.slice(1, 4), ["a2", "b1", "c1"], order)
      assert.sameMembers(begun.slice(4, 6), ["a3", "b2"], order)
      assert.strictEqual(begun[6], "a4")
    }),
  )

  it.effect("when it is full, the last of the address with the most gives way, and a newcomer always has a place", () =>
    Effect.gen(function* () {
      const { begun, enter, finish } = yield* scene({ atOnce: 1, maxWaiting: 3 })
      const flood = [
        yield* enter("a", "a1"),
        yield* enter("a", "a2"),
        yield* enter("a", "a3"),
        yield* enter("a", "a4"),
        yield* enter("a", "a5"),
      ] as const
      assert.deepStrictEqual(yield* outcome(flood[4]), unavailable)
      const [b, c] = [yield* enter("b", "b1"), yield* enter("c", "c1")]
      assert.deepStrictEqual(yield* outcome(flood[3]), unavailable)
      assert.deepStrictEqual(yield* outcome(flood[2]), unavailable)
      const late = yield* enter("d", "d1")
      assert.deepStrictEqual(yield* outcome(late), unavailable)
      for (let next = 0; next < 4; next++) yield* finish(begun[next] ?? "nobody")
      assert.sameMembers(begun, ["a1", "a2", "b1", "c1"])
      for (const fiber of [flood[0], flood[1], b, c]) assert.strictEqual(yield* outcome(fiber), "done")
    }),
  )

  it.effect("a caller who leaves frees a place in it, but not the thread that works for them", () =>
    Effect.gen(function* () {
      const { begun, enter, finish } = yield* scene({ atOnce: 1, maxWaiting: 2 })
      const [working, waiting] = [yield* enter("a", "a1"), yield* enter("a", "a2")]
      yield* enter("a", "a3")
      yield* Fiber.interrupt(waiting)
      yield* enter("a", "a4")
      const leaving = yield* Effect.forkChild(Fiber.interrupt(working))
      yield* settle
      assert.deepStrictEqual(begun, ["a1"])
      yield* finish("a1")
      yield* Fiber.join(leaving)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(working)))
      assert.deepStrictEqual(begun, ["a1", "a3"])
      yield* finish("a3")
      assert.deepStrictEqual(begun, ["a1", "a3", "a4"])
      yield* finish("a4")
    }),
  )

  it.effect("is never blocked by callers who leave at any moment", () =>
    Effect.gen(function* () {
      const line = yield* makeHashingQueue({ atOnce: 2, maxWaiting: 20 })
      for (let round = 0; round < 50; round++) {
        const fibers = yield* Effect.forEach([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], (i) =>
          Effect.forkChild(Effect.ignore(line.inTurn(`${i % 3}`, Effect.yieldNow))),
        )
        for (let i = 0; i < round % 7; i++) yield* Effect.yieldNow
        yield* Fiber.interruptAll(fibers.filter((_, i) => i % 2 === round % 2))
        yield* Effect.forEach(fibers, (fiber) => Fiber.await(fiber))
      }
      assert.deepStrictEqual(
        yield* Effect.forEach(["x", "y", "z", "x"], (address) => line.inTurn(address, Effect.succeed(address)), {
          concurrency: "unbounded",
        }),
        ["x", "y", "z", "x"],
      )
    }),
  )
})
