// Owns how often somebody may do something; 0 in a setting switches its limit off. Messages have a token bucket in this process;
// sign-ups and failed log-ins are counted here exactly (never more than the limit in any minute) and, with Redis, over all nodes.
import { createHash } from "node:crypto"
import { Clock, Context, Effect, Layer, Metric } from "effect"
import { RateLimiter } from "effect/persistence"
import { effectRedis } from "../broadcast/effectRedis.ts"
import { RedisLink } from "../broadcast/RedisLink.ts"
import { Settings } from "../config/Settings.ts"
import type { UserId } from "../domain/Ids.ts"
import { networkOf } from "./networkOf.ts"
import { SharedWindows } from "./SharedWindows.ts"
import { SlidingWindows } from "./SlidingWindows.ts"
import { TokenBuckets } from "./TokenBuckets.ts"

export { networkOf }

const minute = 60_000
/** Of each kind; some 10 MB at the very most. */
const maxKeys = 50_000

const refused = Metric.counter("confab_rate_limited_total", {
  description: "Times that somebody was told to wait, by limit",
  incremental: true,
})
const refusals = {
  messages: Metric.withAttributes(refused, { limit: "messages" }),
  signups: Metric.withAttributes(refused, { limit: "signups" }),
  logins: Metric.withAttributes(refused, { limit: "logins" }),
}

export class RateLimits extends Context.Service<
  RateLimits,
  {
    /**
     * Takes one message from the user's allowance on this node: 0, or in how many milliseconds there will be one. Never asks
     * anybody: it is on the way of every message. Who talks through several nodes at once has an allowance on each.
     */
    message(user_id: UserId): number
    /** Takes one sign-up from the address's allowance; answers as `message`. */
    signUp(address: string): Effect.Effect<number>
    /** Have there been too many failures under this name from this address? 0, or milliseconds until that is over. */
    logIn(name: string, address: string): Effect.Effect<number>
    /** Counts a failed log-in: 0; or, when there had been too many already, answers as `logIn` and counts nothing. */
    logInFailed(name: string, address: string): Effect.Effect<number>
  }
>()("confab/services/RateLimits") {
  /** Counts in this process. */
  static readonly layer: Layer.Layer<RateLimits, never, Settings> = Layer.effect(
    RateLimits,
    Effect.suspend(() => make(undefined)),
  )

  /** Counts sign-ups and failed log-ins in the limiter's store too; while that is away, in this process alone. */
  static readonly layerShared: Layer.Layer<RateLimits, never, Settings | RateLimiter.RateLimiter> = Layer.effect(
    RateLimits,
    Effect.flatMap(RateLimiter.RateLimiter, (limiter) => make(limiter)),
  )

  /** The same, over all nodes that have this Redis. */
  static readonly layerRedis: Layer.Layer<RateLimits, never, Settings | RedisLink> = RateLimits.layerShared.pipe(
    Layer.provide(RateLimiter.layer),
    Layer.provide(
      Layer.unwrap(Effect.map(RedisLink, ({ key }) => RateLimiter.layerStoreRedis({ prefix: key("limit:") }))),
    ),
    Layer.provide(effectRedis),
  )
}

const make = Effect.fnUntraced(function* (limiter: RateLimiter.RateLimiter | undefined) {
  const settings = yield* Settings
  const clock = yield* Clock.Clock
  const since = clock.currentTimeMillisUnsafe()
  // Counted from the start, the bucket's arithmetic stays within whole numbers.
  const now = () => clock.currentTimeMillisUnsafe() - since

  const perSecond = settings.messagesPerSecond
  const messages = new TokenBuckets<UserId>(perSecond, 2 * perSecond, maxKeys)

  /** `take` and `wait` of one kind of thing, each key so many times a minute. */
  const perMinute = (kind: string, limit: number) => {
    if (limit === 0) return { take: () => Effect.succeed(0), wait: () => Effect.succeed(0) }
    const here = new SlidingWindows(limit, minute, maxKeys)
    const shared = limiter === undefined ? undefined : new SharedWindows(limiter, kind, limit, minute)
    const ask = Effect.fnUntraced(function* (key: string, tokens: 0 | 1) {
      const wait = here.wait(key, now())
      if (wait > 0) return wait
      const elsewhere = shared === undefined ? 0 : yield* shared.consume(key, tokens)
      if (elsewhere > 0 || tokens === 0) return elsewhere
      // Others may have counted here while the store was asked.
      const late = shared === undefined ? 0 : here.wait(key, now())
      if (late === 0) here.add(key, now())
      return late
    })
    return { take: (key: string) => ask(key, 1), wait: (key: string) => ask(key, 0) }
  }
  const signUps = perMinute("signup", settings.signupsPerMinute)
  const failures = perMinute("login", settings.failedLoginsPerMinute)

  const context = yield* Effect.context<never>()
  const counted = (limit: keyof typeof refusals, wait: number): number => {
    if (wait > 0) refusals[limit].updateUnsafe(1, context)
    return wait
  }

  return RateLimits.of({
    message: (user_id) => (perSecond === 0 ? 0 : counted("messages", messages.take(user_id, now()))),
    signUp: (address) => Effect.map(signUps.take(keyOf(address)), (wait) => counted("signups", wait)),
    logIn: (name, address) => Effect.map(failures.wait(keyOf(address, name)), (wait) => counted("logins", wait)),
    logInFailed: (name, address) => Effect.map(failures.take(keyOf(address, name)), (wait) => counted("logins", wait)),
  })
})

/** Of one length, whatever somebody typed, and nothing to read in it for whoever sees Redis. */
const keyOf = (address: string, name = ""): string =>
  createHash("sha256")
    .update(`${networkOf(address)} ${name}`)
    .digest("base64url")
