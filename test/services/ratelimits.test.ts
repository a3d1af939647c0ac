// Rate limits: the same behaviour whether one process counts or all nodes together.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schema, Struct } from "effect"
import { RateLimiter } from "effect/persistence"
import { TestClock } from "effect/testing"
import { nodeRates, sharedRates } from "../../src/config/limitSettings.ts"
import { Settings } from "../../src/config/Settings.ts"
import { UserId } from "../../src/domain/Ids.ts"
import { networkOf } from "../../src/services/limits/networkOf.ts"
import { RateLimits } from "../../src/services/limits/RateLimits.ts"
import { type RateLeft, RateReport } from "../../src/services/limits/RateReport.ts"
import { SlidingWindows } from "../../src/services/limits/SlidingWindows.ts"
import { TokenBuckets } from "../../src/services/limits/TokenBuckets.ts"
import { sequence } from "../support/sequence.ts"

type Limits = Partial<Settings["Service"]>

const layer = (settings: Limits) => RateLimits.layer.pipe(Layer.provide(Settings.layerTest(settings)))

/** What all nodes share, here in memory. */
const store = RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory))
/** Another node with the same store. */
const anotherNode = (settings: Limits) =>
  Layer.fresh(RateLimits.layerShared).pipe(Layer.provide(Settings.layerTest(settings)))
const shared = (settings: Limits) => anotherNode(settings).pipe(Layer.provideMerge(store))

const rates = Struct.keys({ ...nodeRates, ...sharedRates })

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
/** Pauses between tries, milliseconds. */
const Pauses = sequence(between(0, 200), 100, 300)

for (const [where, layerOf] of [
  ["in one process", layer],
  ["over many nodes", shared],
] as const) {
  describe(`RateLimits ${where}`, () => {
    it.effect("messages have bursts of twice the rate, then the rate, for each user", () =>
      Effect.gen(function* () {
        const limits = yield* RateLimits
        const ada = UserId.make(1)
        const take = () => limits.take("messages", ada)
        assert.deepStrictEqual(Array.from({ length: 60 }, take), Array<number>(60).fill(0))
        assert.strictEqual(take(), 34)
        assert.strictEqual(limits.take("messages", UserId.make(2)), 0)
        yield* TestClock.adjust(34)
        assert.strictEqual(take(), 0)
        assert.isAbove(take(), 0)
        yield* TestClock.adjust("1 second")
        assert.strictEqual(Array.from({ length: 60 }, take).filter((wait) => wait === 0).length, 30)
      }).pipe(Effect.provide(layerOf({ messagesPerSecond: 30 }))),
    )

    it.effect("reports what is left of each limit that was taken from, once, and nothing of failed log-ins", () =>
      Effect.gen(function* () {
        const limits = yield* RateLimits
        const ada = UserId.make(1)
        const report: Array<RateLeft> = []
        const reported = Effect.gen(function* () {
          for (const rate of ["requests", "messages", "messages"] as const) yield* limits.demand(rate, ada)
          yield* limits.demand("members", ada, 3)
          yield* limits.demand("members", ada, 0)
          yield* Effect.flip(limits.demand("members", ada, 8))
          yield* limits.logInFailed("ada", "192.0.2.1")
          yield* limits.logInFrom("192.0.2.1")
          yield* limits.signUp("192.0.2.1")
        })
        yield* Effect.provideService(reported, RateReport, report)
        assert.deepStrictEqual(report, [
          { name: "messages", quota: 60, window_seconds: 2, remaining: 58, reset_seconds: 1 },
          // Seven are left, the eighth comes after a tenth of an hour.
          { name: "members", quota: 10, window_seconds: 3600, remaining: 7, reset_seconds: 360 },
          { name: "signups", quota: 5, window_seconds: 60, remaining: 4, reset_seconds: 60 },
        ])
      }).pipe(
        Effect.provide(
          layerOf({ messagesPerSecond: 30, membersPerHour: 10, signupsPerMinute: 5, failedLoginsPerMinute: 10 }),
        ),
      ),
    )

    it.effect("by the hour a user may use everything at once, then at the rate; each limit has its own count", () =>
      Effect.gen(function* () {
        const limits = yield* RateLimits
        const ada = UserId.make(1)
        const wait = (rate: "chats" | "members" | "exports", count?: number) =>
          Effect.match(limits.demand(rate, ada, count), {
            onSuccess: () => 0,
            onFailure: ({ retry_after_ms }) => retry_after_ms,
          })
        for (let i = 0; i < 4; i++) assert.strictEqual(yield* wait("chats"), 0)
        assert.strictEqual(yield* wait("chats"), 900_000)
        assert.strictEqual(yield* wait("exports"), 0)
        assert.strictEqual(yield* wait("members", 30), 0)
        assert.strictEqual(yield* wait("members", 11), 90_000)
        assert.strictEqual(yield* wait("members", 10), 0)
        assert.strictEqual(yield* wait("members", 0), 0)
        assert.strictEqual(yield* wait("members", 41), 3_600_000)
        yield* limits.demand("chats", UserId.make(2))
        yield* TestClock.adjust(900_000)
        assert.strictEqual(yield* wait("chats"), 0)
        assert.strictEqual(yield* wait("chats"), 900_000)
      }).pipe(Effect.provide(layerOf({ chatsPerHour: 4, membersPerHour: 40, exportsPerHour: 1 }))),
    )

    it.effect("0 switches a limit off", () =>
      Effect.gen(function* () {
        const limits = yield* RateLimits
        for (let i = 0; i < 1000; i++) {
          assert.strictEqual(limits.take("messages", UserId.make(1)), 0)
          for (const rate of rates) yield* limits.demand(rate, UserId.make(1), 1_000)
          assert.strictEqual(yield* limits.signUp("a"), 0)
          assert.strictEqual(yield* limits.logInFailed("ada", "a"), 0)
          assert.strictEqual(yield* limits.logInFromFailed("a"), 0)
        }
        assert.strictEqual(yield* limits.logIn("ada", "a"), 0)
        assert.strictEqual(yield* limits.logInFrom("a"), 0)
        assert.strictEqual(limits.logInHere("ada", "a"), 0)
      }).pipe(Effect.provide(layerOf({}))),
    )

    it.effect("the addresses of one IPv6 network are one", () =>
      Effect.gen(function* () {
        const limits = yield* RateLimits
        assert.strictEqual(yield* limits.signUp("2001:db8::1"), 0)
        assert.isAbove(yield* limits.signUp("2001:db8:0:0:ffff::2"), 0)
        assert.strictEqual(yield* limits.signUp("2001:db8:0:1::1"), 0)
      }).pipe(Effect.provide(layerOf({ signupsPerMinute: 1 }))),
    )

    it.effect("failures block this name at this address for a minute, and are counted no further", () =>
      Effect.gen(function* () {
        const limits = yield* RateLimits
        for (let i = 0; i < 3; i++) {
          assert.strictEqual(yield* limits.logIn("ada", "a"), 0)
          assert.strictEqual(yield* limits.logInFailed("ada", "a"), 0)
        }
        assert.strictEqual(yield* limits.logIn("ada", "a"), 60_000)
        yield* TestClock.adjust("59 seconds")
        assert.strictEqual(yield* limits.logInFailed("ada", "a"), 1_000)
        assert.strictEqual(yield* limits.logIn("ada", "b"), 0)
        assert.strictEqual(yield* limits.logIn("bob", "a"), 0)
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* limits.logIn("ada", "a"), 0)
        assert.strictEqual(yield* limits.logInFailed("ada", "a"), 0)
      }).pipe(Effect.provide(layerOf({ failedLoginsPerMinute: 3 }))),
    )

    it.effect("failures block an address for a minute whatever the names, and an IPv6 network as one address", () =>
      Effect.gen(function* () {
        const limits = yield* RateLimits
        for (const address of ["2001:db8::1", "2001:db8::2", "2001:db8::3"]) {
          assert.strictEqual(yield* limits.logInFrom(address), 0)
          assert.strictEqual(yield* limits.logInFromFailed(address), 0)
        }
        assert.strictEqual(yield* limits.logInFrom("2001:db8::4"), 60_000)
        assert.strictEqual(limits.logInHere("ada", "2001:db8::4"), 60_000)
        assert.strictEqual(yield* limits.logInFrom("2001:db8:0:1::4"), 0)
        yield* TestClock.adjust("59 seconds")
        assert.strictEqual(yield* limits.logInFromFailed("2001:db8::4"), 1_000)
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* limits.logInFrom("2001:db8::4"), 0)
        assert.strictEqual(limits.logInHere("ada", "2001:db8::4"), 0)
      }).pipe(Effect.provide(layerOf({ failedLoginsPerAddress: 3 }))),
    )
  })
}

describe("RateReport over many nodes", () => {
  it.effect("has what all nodes together leave", () =>
    Effect.gen(function* () {
      const settings = { chatsPerHour: 10 }
      const ada = UserId.make(1)
      const here = yield* RateLimits
      const there = Effect.flatMap(RateLimits, (limits) => limits.demand("chats", ada))
      for (let i = 0; i < 3; i++) yield* Effect.provide(there, anotherNode(settings))
      const report: Array<RateLeft> = []
      yield* Effect.provideService(here.demand("chats", ada), RateReport, report)
      assert.deepInclude(report[0], { remaining: 6, quota: 10 })
    }).pipe(Effect.provide(shared({ chatsPerHour: 10 }))),
  )
})

describe("RateLimits over many nodes", () => {
  const limit = {
    signupsPerMinute: 3,
    failedLoginsPerMinute: 3,
    failedLoginsPerAddress: 3,
    chatsPerHour: 3,
    messagesPerSecond: 3,
  }

  it.effect("what one node counts, another knows", () =>
    Effect.gen(function* () {
      const one = yield* RateLimits
      const other = yield* Effect.provide(RateLimits, anotherNode(limit))
      assert.notStrictEqual(one, other)
      assert.deepStrictEqual(
        yield* Effect.forEach([one, other, one, other, one], (node) => node.signUp("a")),
        [0, 0, 0, 60_000, 60_000],
      )
      for (const node of [one, other, other]) assert.strictEqual(yield* node.logInFailed("ada", "a"), 0)
      assert.strictEqual(yield* one.logIn("ada", "a"), 60_000)
      assert.strictEqual(yield* other.logInFailed("ada", "a"), 60_000)
      for (const node of [one, other, other]) assert.strictEqual(yield* node.logInFromFailed("a"), 0)
      assert.strictEqual(yield* one.logInFrom("a"), 60_000)
      assert.strictEqual(yield* other.logInFromFailed("a"), 60_000)
      assert.strictEqual(yield* one.logInFrom("b"), 0)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* one.logIn("ada", "a"), 0)
      assert.strictEqual(yield* one.logInFrom("a"), 0)
      const ada = UserId.make(1)
      for (const node of [one, other, one]) yield* node.demand("chats", ada)
      for (const node of [one, other]) {
        assert.strictEqual((yield* Effect.flip(node.demand("chats", ada))).retry_after_ms, 1_200_000)
      }
      // What is on the way of every message, each node counts for itself.
      for (const node of [one, other]) for (let i = 0; i < 6; i++) yield* node.demand("messages", ada)
    }).pipe(Effect.provide(shared(limit))),
  )

  for (const [how, answer] of [
    ["fails", Effect.fail(storeAway())],
    ["does not answer", Effect.never],
  ] as const) {
    it.effect(`when the store ${how}, each node counts alone: no user exceeds the limit and none is locked out`, () =>
      Effect.gen(function* () {
        const limits = yield* RateLimits
        const tries = yield* Effect.forkChild(
          Effect.gen(function* () {
            const signUps = yield* Effect.forEach([1, 2, 3, 4], () => limits.signUp("a"))
            const failures = yield* Effect.forEach([1, 2, 3, 4], () => limits.logInFailed("ada", "a"))
            const chats = yield* Effect.forEach([1, 2, 3, 4], () =>
              Effect.isFailure(limits.demand("chats", UserId.make(1))),
            )
            const addresses = yield* Effect.forEach([1, 2, 3, 4], () => limits.logInFromFailed("a"))
            return [...[...signUps, ...failures, ...addresses].map((wait) => wait > 0), ...chats]
          }),
        )
        for (let i = 0; i < 20; i++) yield* TestClock.adjust("500 millis")
        const blocked = [false, false, false, true]
        assert.deepStrictEqual(yield* Fiber.join(tries), [...blocked, ...blocked, ...blocked, ...blocked])
      }).pipe(
        Effect.provide(
          anotherNode(limit).pipe(
            Layer.provide(
              Layer.mock(RateLimiter.RateLimiter, { [RateLimiter.TypeId]: RateLimiter.TypeId, consume: () => answer }),
            ),
          ),
        ),
      ),
    )
  }
})

function storeAway() {
  return new RateLimiter.RateLimiterError({ reason: new RateLimiter.RateLimitStoreError({ message: "away" }) })
}

describe("networkOf", () => {
  it("gives an IPv4 address, or the first half of an IPv6 address", () => {
    const networks = {
      "192.0.2.1": "192.0.2.1",
      "::ffff:192.0.2.1": "192.0.2.1",
      "2001:DB8::1": "2001:db8:0:0::/64",
      "fe80::1%eth0": "fe80:0:0:0::/64",
      "::1": "0:0:0:0::/64",
      "::": "0:0:0:0::/64",
      "1:2:3:4:5:6:7:8": "1:2:3:4::/64",
      "1::": "1:0:0:0::/64",
      unknown: "unknown",
    }
    assert.deepStrictEqual(
      Object.keys(networks).map((address) => networkOf(address)),
      Object.values(networks),
    )
  })
})

describe("TokenBuckets", () => {
  it.prop(
    "never give more than the burst and what the time has brought",
    [between(1, 50), Pauses],
    ([rate, pauses]) => {
      const buckets = new TokenBuckets<string>(rate, 1000, 2 * rate, 10)
      const taken: Array<number> = []
      let now = 0
      for (const pause of pauses) {
        now += pause
        if (buckets.take("key", now) === 0) taken.push(now)
      }
      for (const [i, from] of taken.entries()) {
        for (const [j, to] of taken.entries()) {
          if (j >= i) assert.isAtMost(j - i + 1, 2 * rate + ((to - from) * rate) / 1000)
        }
      }
    },
  )

  it.prop("give one exactly when they said there would be one", [between(1, 50), Pauses], ([rate, pauses]) => {
    const buckets = new TokenBuckets<string>(rate, 1000, 2 * rate, 10)
    let now = 0
    for (const pause of pauses) {
      now += pause
      const wait = buckets.take("key", now)
      if (wait === 0) continue
      if (wait > 1) assert.isAbove(buckets.take("key", now + wait - 1), 0)
      now += wait
      assert.strictEqual(buckets.take("key", now), 0)
    }
  })

  it("delay no user by more than a bucket when the clock is set back", () => {
    const buckets = new TokenBuckets<string>(10, 60_000, 10, 10)
    for (let i = 0; i < 10; i++) buckets.take("key", 86_400_000)
    assert.strictEqual(buckets.take("key", 0), 6_000)
    assert.strictEqual(buckets.take("key", 6_000), 0)
  })

  it("keep a bounded number of keys, and forget full buckets first", () => {
    const buckets = new TokenBuckets<number>(1, 1000, 2, 100)
    for (let key = 0; key < 100; key++) buckets.take(key, 0)
    buckets.take(99, 5_000)
    buckets.take(99, 5_000)
    buckets.take(100, 5_000)
    assert.strictEqual(buckets.size, 2)
    assert.isAbove(buckets.take(99, 5_000), 0)
    for (let key = 200; key < 10_000; key++) buckets.take(key, 5_000)
    assert.isAtMost(buckets.size, 100)
  })
})

describe("SlidingWindows", () => {
  it.prop("allow never more than the limit in any window", [between(1, 20), Pauses], ([limit, pauses]) => {
    const windows = new SlidingWindows(limit, 1000, 10)
    const counted: Array<number> = []
    let now = 0
    for (const pause of pauses) {
      now += pause
      const wait = windows.wait("key", now)
      if (wait > 0) {
        assert.strictEqual(windows.wait("key", now + wait), 0)
        assert.isAbove(windows.wait("key", now + wait - 1), 0)
        continue
      }
      windows.add("key", now)
      counted.push(now)
    }
    for (const from of counted) {
      assert.isAtMost(counted.filter((at) => at >= from && at < from + 1000).length, limit)
    }
  })

  it("keep a bounded number of keys, and forget those whose window is over", () => {
    const windows = new SlidingWindows(1, 1000, 100)
    for (let key = 0; key < 1000; key++) windows.add(`${key}`, 0)
    assert.strictEqual(windows.size, 100)
    windows.add("last", 1000)
    assert.strictEqual(windows.size, 1)
  })
})
