// Owns the rates of users and addresses that `limitSettings.ts` declares. Rates of one node are token buckets in this
// process. The others are counted here and, with Redis, over all nodes: sign-ups and failed log-ins exactly (never more
// than the limit in any minute), hourly limits in token buckets.
import { createHash } from "node:crypto"
import { Clock, Context, Effect, Layer, Metric, Record } from "effect"
import { RateLimiter } from "effect/persistence"
import { effectRedis } from "../../broadcast/effectRedis.ts"
import { RedisLink } from "../../broadcast/RedisLink.ts"
import {
  type NodeRate,
  nodeRates,
  type SharedRate,
  sharedRates,
  type WindowRate,
  windowRates,
} from "../../config/limitSettings.ts"
import { Settings } from "../../config/Settings.ts"
import { TooManyRequests } from "../../domain/errors.ts"
import type { UserId } from "../../domain/Ids.ts"
import { networkOf } from "./networkOf.ts"
import { type RateLeft, reportRate } from "./RateReport.ts"
import { type SharedCount, SharedWindows } from "./SharedWindows.ts"
import { SlidingWindows } from "./SlidingWindows.ts"
import { TokenBuckets } from "./TokenBuckets.ts"

export { networkOf }

/** For each rate; at most some 10 MB in all. */
const maxKeys = 50_000

const refused = Metric.counter("confab_rate_limited_total", {
  description: "Requests refused by a rate limit, by limit",
  incremental: true,
})
const rates = { ...nodeRates, ...sharedRates, ...windowRates }
const refusals = Record.map(rates, (_, limit) => Metric.withAttributes(refused, { limit }))

export class RateLimits extends Context.Service<
  RateLimits,
  {
    /**
     * Takes one from the user's bucket on this node: 0, or the milliseconds until there is one. Never waits for Redis:
     * it is on the path of every message. A user with several nodes has a bucket on each.
     */
    take(rate: NodeRate, user_id: UserId): number
    /** Takes `count` at once (one when absent) from the user's bucket, or fails; reports what is left (RateReport). */
    demand(rate: NodeRate | SharedRate, user_id: UserId, count?: number): Effect.Effect<void, TooManyRequests>
    /** Takes one sign-up of the address; returns as `take` does, and reports what is left. */
    signUp(address: string): Effect.Effect<number>
    /** Whether this name has too many failures from this address: 0, or the milliseconds until it has not. */
    logIn(name: string, address: string): Effect.Effect<number>
    /** Counts a failed log-in: 0. With too many failures already, counts nothing and returns as `logIn` does. */
    logInFailed(name: string, address: string): Effect.Effect<number>
    /** Whether this address has too many failures under all names; returns as `logIn` does. */
    logInFrom(address: string): Effect.Effect<number>
    /** Counts a failed log-in from this address; returns as `logInFailed` does. */
    logInFromFailed(address: string): Effect.Effect<number>
    /** `logIn` and `logInFrom` by the counts of this process alone, synchronously. */
    logInHere(name: string, address: string): number
  }
>()("confab/services/limits/RateLimits") {
  /** Counts in this process. */
  static readonly layer: Layer.Layer<RateLimits, never, Settings> = Layer.effect(
    RateLimits,
    Effect.suspend(() => make(undefined)),
  )

  /** Also counts sign-ups and failed log-ins in the limiter's store; while that is down, in this process alone. */
  static readonly layerShared: Layer.Layer<RateLimits, never, Settings | RateLimiter.RateLimiter> = Layer.effect(
    RateLimits,
    Effect.flatMap(RateLimiter.RateLimiter, (limiter) => make(limiter)),
  )

  /** Like `layerShared`, over all nodes with this Redis. */
  static readonly layerRedis: Layer.Layer<RateLimits, never, Settings | RedisLink> = RateLimits.layerShared.pipe(
    Layer.provide(RateLimiter.layer),
    Layer.provide(
      Layer.unwrap(Effect.map(RedisLink, ({ key }) => RateLimiter.layerStoreRedis({ prefix: key("limit:") }))),
    ),
    Layer.provide(effectRedis),
  )
}

/** The counts of one rate in this process. `wait` and `take` return 0, or milliseconds; `take` counts when `wait` is 0. */
interface CountedHere<Key> {
  left(key: Key, now: number): { readonly remaining: number; readonly resetMillis: number }
  wait(key: Key, now: number, count: number): number
  take(key: Key, now: number, count: number): number
}

const make = Effect.fnUntraced(function* (limiter: RateLimiter.RateLimiter | undefined) {
  const settings = yield* Settings
  const clock = yield* Clock.Clock
  const since = clock.currentTimeMillisUnsafe()
  // Relative to the start, the bucket's arithmetic stays within safe integers.
  const now = () => clock.currentTimeMillisUnsafe() - since

  const context = yield* Effect.context<never>()
  const counted = (rate: keyof typeof refusals, wait: number): number => {
    if (wait > 0) refusals[rate].updateUnsafe(1, context)
    return wait
  }

  /** What is left by the counts of this process, and of all nodes (`shared`). `wait`: the result of taking. */
  const report = <Key>(rate: keyof typeof rates, here: CountedHere<Key>, key: Key, wait: number, shared?: number) =>
    reportRate((): RateLeft => {
      const { bursts, setting, windowMillis } = rates[rate]
      const { remaining, resetMillis } = here.left(key, now())
      return {
        name: rate,
        quota: bursts * settings[setting],
        window_seconds: seconds(bursts * windowMillis),
        remaining: Math.min(remaining, shared ?? remaining),
        reset_seconds: seconds(wait || resetMillis),
      }
    })

  /** Both this process and the store, if there is one, must have room. A `count` of 0 only checks. */
  const overall = (
    rate: SharedRate | WindowRate,
    here: CountedHere<string | number>,
    what: Omit<SharedCount, "kind">,
  ) => {
    if (what.limit === 0) return () => Effect.succeed(0)
    const shared = limiter === undefined ? undefined : new SharedWindows(limiter, { ...what, kind: rate })
    const take = Effect.fnUntraced(function* (key: string | number, count: number) {
      const wait = here.wait(key, now(), count)
      if (wait > 0) return { wait }
      const elsewhere = shared === undefined ? undefined : yield* shared.consume(String(key), count)
      if (count === 0 || (elsewhere !== undefined && elsewhere.wait > 0)) return elsewhere ?? { wait }
      // Other fibers may have counted here while the store answered.
      return { wait: here.take(key, now(), count), remaining: elsewhere?.remaining }
    })
    // A count of failed log-ins would show a stranger whether two names belong to one account.
    if (rate === "logins" || rate === "addresses") {
      return (key: string | number, count: number) => Effect.map(take(key, count), ({ wait }) => counted(rate, wait))
    }
    return Effect.fnUntraced(function* (key: string | number, count: number) {
      const { wait, remaining } = yield* take(key, count)
      yield* report(rate, here, key, wait, remaining)
      return counted(rate, wait)
    })
  }

  const onNode = Record.map(
    nodeRates,
    ({ bursts, setting, windowMillis }) =>
      new TokenBuckets<UserId>(settings[setting], windowMillis, bursts * settings[setting], maxKeys),
  )
  const byHour = Record.map(sharedRates, ({ bursts, setting, windowMillis }, rate) => {
    const limit = settings[setting]
    const here = new TokenBuckets<string | number>(limit, windowMillis, bursts * limit, maxKeys)
    return overall(rate, here, { algorithm: "token-bucket", limit, windowMillis })
  })
  const windows = Record.map(
    windowRates,
    ({ setting, windowMillis }) => new SlidingWindows(settings[setting], windowMillis, maxKeys),
  )
  const exactly = Record.map(windowRates, ({ setting, windowMillis }, rate) =>
    overall(rate, windows[rate], { algorithm: "fixed-window", limit: settings[setting], windowMillis }),
  )

  const take = (rate: NodeRate, user_id: UserId, count = 1): number =>
    settings[nodeRates[rate].setting] === 0 ? 0 : counted(rate, onNode[rate].take(user_id, now(), count))

  return RateLimits.of({
    take,
    demand: (rate, user_id, count = 1) =>
      Effect.suspend(() => {
        if (count === 0) return Effect.void
        if (isShared(rate)) return Effect.flatMap(byHour[rate](user_id, count), orRefuse)
        if (settings[nodeRates[rate].setting] === 0) return Effect.void
        const wait = take(rate, user_id, count)
        return Effect.andThen(report(rate, onNode[rate], user_id, wait), orRefuse(wait))
      }),
    signUp: (address) => exactly.signups(keyOf(address), 1),
    logIn: (name, address) => exactly.logins(keyOf(address, name), 0),
    logInFailed: (name, address) => exactly.logins(keyOf(address, name), 1),
    logInFrom: (address) => exactly.addresses(keyOf(address), 0),
    logInFromFailed: (address) => exactly.addresses(keyOf(address), 1),
    logInHere: (name, address) =>
      counted("logins", windows.logins.wait(keyOf(address, name), now())) ||
      counted("addresses", windows.addresses.wait(keyOf(address), now())),
  })
})

const seconds = (millis: number): number => Math.ceil(millis / 1000)

const isShared = (rate: NodeRate | SharedRate): rate is SharedRate => rate in sharedRates

const orRefuse = (retry_after_ms: number): Effect.Effect<void, TooManyRequests> =>
  retry_after_ms === 0 ? Effect.void : Effect.fail(new TooManyRequests({ retry_after_ms }))

/** Has a fixed length for any input, and reveals nothing to a reader of Redis. */
const keyOf = (address: string, name = ""): string =>
  createHash("sha256")
    .update(`${networkOf(address)} ${name}`)
    .digest("base64url")
