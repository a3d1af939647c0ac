// The connection to Redis: reconnects, fails at once while it is down, and detects a silent server.
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, type Duration, Effect, Exit, Fiber, Layer, Logger, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { RedisLink } from "../../src/broadcast/RedisLink.ts"
import { freePort, hasRedis, ownPrefix, sharedRedis } from "../support/redis.ts"
import { Wire } from "../support/Wire.ts"

const newWire = Effect.acquireRelease(
  Effect.promise(async () => Wire.to(await sharedRedis())),
  (wire) => Effect.promise(() => wire.close()),
)

const linkTo = (url: string, timeout: Duration.Input = "30 seconds") =>
  Effect.map(Layer.build(RedisLink.layer({ url: Redacted.make(url), prefix: ownPrefix(), timeout })), (context) =>
    Context.get(context, RedisLink),
  )

/** How often something was called, and the wait for a number of it. */
class Calls {
  private count = 0
  private readonly waiting = new Map<number, Deferred.Deferred<void>>()

  readonly callback = () => {
    const waiting = this.waiting.get(++this.count)
    if (waiting !== undefined) Deferred.doneUnsafe(waiting, Exit.void)
  }

  reach(count: number): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.count >= count) return Effect.void
      const waiting = Deferred.makeUnsafe<void>()
      this.waiting.set(count, waiting)
      return Deferred.await(waiting)
    })
  }
}

describe.skipIf(!hasRedis)("the link to Redis", () => {
  it.live("carries commands under names of its own", () =>
    Effect.gen(function* () {
      const link = yield* linkTo((yield* newWire).url)
      const key = link.key("greeting")
      yield* link.use((client) => client.set(key, "hello", { expiration: { type: "EX", value: 5 } }))
      assert.strictEqual(yield* link.use((client) => client.get(key)), "hello")
      assert.match(key, /^test-[0-9a-f]+:0:greeting$/)
    }),
  )

  it.live("fails at once while Redis is down, and reconnects", () =>
    Effect.gen(function* () {
      const wire = yield* newWire
      const link = yield* linkTo(wire.url)
      const ups = new Calls()
      const downs = new Calls()
      yield* link.onUp(ups.callback)
      yield* ups.reach(1)
      const other = yield* link.open({
        prepare: () => Promise.resolve(),
        onUp: ups.callback,
        onDown: downs.callback,
      })
      yield* ups.reach(2)
      wire.cut()
      yield* downs.reach(1)
      assert.isUndefined(other.client())
      const error = yield* Effect.flip(link.use((client) => client.ping()))
      assert.strictEqual(error._tag, "Unavailable")
      wire.heal()
      yield* ups.reach(4)
      assert.isTrue(link.isUp())
      assert.strictEqual(yield* link.use((client) => client.ping()), "PONG")
    }),
  )

  it.live("leaves a server that swallows everything, and finds it again", () =>
    Effect.gen(function* () {
      const wire = yield* newWire
      const link = yield* linkTo(wire.url)
      const ups = new Calls()
      yield* link.onUp(ups.callback)
      wire.silence()
      assert.strictEqual((yield* Effect.flip(link.use((client) => client.ping())))._tag, "Unavailable")
      while (link.isUp()) yield* Effect.sleep("10 millis")
      wire.heal()
      yield* ups.reach(2)
      assert.strictEqual(yield* link.use((client) => client.ping()), "PONG")
    }),
  )

  it.effect("gives up at start, in one line, when Redis does not answer", () =>
    Effect.gen(function* () {
      const port = yield* Effect.promise(freePort)
      const refused = yield* Deferred.make<void>()
      const logger = Logger.make(({ message }) => {
        if (String(message).includes("Redis is away")) Deferred.doneUnsafe(refused, Exit.void)
      })
      // Shorter than the pause before the second attempt.
      const limit = "1 millis"
      const starting = yield* Effect.flip(linkTo(`redis://127.0.0.1:${port}`, limit)).pipe(
        Effect.provide(Logger.layer([logger])),
        Effect.forkScoped,
      )
      yield* Deferred.await(refused)
      yield* TestClock.adjust(limit)
      const error = yield* Fiber.join(starting)
      assert.match(error.message, /^The Redis in REDIS_URL cannot be used: connect ECONNREFUSED .+$/)
    }),
  )

  it.live("does not wait for a server that refuses the password", () =>
    Effect.gen(function* () {
      const { url } = yield* newWire
      const error = yield* Effect.flip(linkTo(url.replace("redis://", "redis://somebody:wrong-password@")))
      assert.match(error.message, /WRONGPASS/)
      assert.notInclude(error.message, "wrong-password")
    }),
  )
})
