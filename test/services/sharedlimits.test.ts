// Limits over a real Redis: counted together by the nodes that reach it, alone by one that does not.
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { RedisLink } from "../../src/broadcast/RedisLink.ts"
import { Settings } from "../../src/config/Settings.ts"
import { UserId } from "../../src/domain/Ids.ts"
import { RateLimits } from "../../src/services/limits/RateLimits.ts"
import { hasRedis, ownPrefix, sharedRedis } from "../support/redis.ts"
import { Wire } from "../support/Wire.ts"

/** Two nodes, each over its own wire to Redis. */
const twoNodes = Effect.gen(function* () {
  const prefix = ownPrefix()
  const node = Effect.gen(function* () {
    const wire = yield* Effect.acquireRelease(
      Effect.promise(async () => Wire.to(await sharedRedis())),
      (made) => Effect.promise(() => made.close()),
    )
    const context = yield* Layer.build(
      Layer.fresh(RateLimits.layerRedis).pipe(
        Layer.provide(Layer.fresh(RedisLink.layer({ url: Redacted.make(wire.url), prefix }))),
        Layer.provide(Settings.layerTest({ signupsPerMinute: 3, failedLoginsPerMinute: 3, membersPerHour: 10 })),
      ),
    )
    return { wire, limits: Context.get(context, RateLimits) }
  })
  return [yield* node, yield* node] as const
})

/** false: refused. */
const outcomes = (nodes: ReadonlyArray<{ readonly limits: RateLimits["Service"] }>, address: string) =>
  Effect.forEach(nodes, ({ limits }) => Effect.map(limits.signUp(address), (wait) => wait === 0))

describe.skipIf(!hasRedis)("limits over Redis", () => {
  it.live("are those of all nodes together, by address and by name", () =>
    Effect.gen(function* () {
      const [one, two] = yield* twoNodes
      assert.deepStrictEqual(yield* outcomes([one, two, one, two, one], "192.0.2.1"), [true, true, true, false, false])
      assert.deepStrictEqual(yield* outcomes([two], "192.0.2.2"), [true])
      for (const { limits } of [one, two, two]) assert.strictEqual(yield* limits.logInFailed("ada", "192.0.2.1"), 0)
      for (const { limits } of [one, two]) {
        const wait = yield* limits.logIn("ada", "192.0.2.1")
        assert.isAbove(wait, 50_000)
        assert.isAtMost(wait, 60_000)
        assert.strictEqual(yield* limits.logIn("bob", "192.0.2.1"), 0)
      }
      const ada = UserId.make(1)
      yield* one.limits.demand("members", ada, 4)
      yield* two.limits.demand("members", ada, 4)
      for (const { limits } of [one, two]) {
        const { retry_after_ms } = yield* Effect.flip(limits.demand("members", ada, 3))
        assert.isAbove(retry_after_ms, 300_000)
        assert.isAtMost(retry_after_ms, 360_000)
      }
      yield* one.limits.demand("members", ada, 2)
      yield* two.limits.demand("members", UserId.make(2), 10)
    }).pipe(Effect.scoped),
  )

  for (const how of ["cut", "silence"] as const) {
    it.live(`are counted per node when Redis is down (${how}), and answer soon; then they are shared again`, () =>
      Effect.gen(function* () {
        const [one, two] = yield* twoNodes
        yield* outcomes([two, two, two], "192.0.2.1")
        one.wire[how]()
        const before = performance.now()
        assert.deepStrictEqual(yield* outcomes([one, one, one, one], "192.0.2.1"), [true, true, true, false])
        assert.isBelow(performance.now() - before, 5_000)
        one.wire.heal()
        // What is used up elsewhere is used up here as soon as Redis is back.
        let address = 0
        for (let refused = false; !refused; address++) {
          yield* outcomes([two, two, two], `198.51.100.${address}`)
          refused = !(yield* outcomes([one], `198.51.100.${address}`))[0]
          assert.isBelow(address, 200)
          yield* Effect.sleep(20)
        }
      }).pipe(Effect.scoped),
    )
  }
})
