// Counts per key over all nodes, in the store of effect's RateLimiter. When the store does not answer in time, only the
// node's own count applies: callers do not wait, and those over the limit of their own node stay refused.
import { Duration, Effect } from "effect"
import type { RateLimiter } from "effect/persistence"

/** A log-in takes some 50 ms in any case; after this time the store counts as down. */
const timeout = "500 millis"

export interface SharedCount {
  readonly kind: string
  /**
   * `fixed-window`: a window begins with the first count of a key, lasts as long as its counts would take at an even
   * rate, then begins again: `limit` in each, less than twice that in any window. It uses the clock of the store alone.
   * `token-bucket`: `limit` at once, refilled evenly; by the nodes' clocks.
   */
  readonly algorithm: "fixed-window" | "token-bucket"
  readonly limit: number
  readonly windowMillis: number
}

export interface Consumed {
  /** 0, or the milliseconds until there is one; then nothing was taken. */
  readonly wait: number
  /** `Infinity`: the store did not answer. */
  readonly remaining: number
}

const unknown: Consumed = { wait: 0, remaining: Number.POSITIVE_INFINITY }

export class SharedWindows {
  readonly #limiter: RateLimiter.RateLimiter
  readonly #what: SharedCount

  constructor(limiter: RateLimiter.RateLimiter, what: SharedCount) {
    this.#limiter = limiter
    this.#what = what
  }

  /** Takes `tokens` of the key, or only checks (0). */
  consume(key: string, tokens: number): Effect.Effect<Consumed> {
    const { algorithm, kind, limit, windowMillis } = this.#what
    return this.#limiter
      .consume({ algorithm, onExceeded: "fail", window: windowMillis, limit, key: `${kind}:${key}`, tokens })
      .pipe(
        Effect.map(({ remaining, resetAfter }) => ({
          wait: tokens === 0 && remaining <= 0 ? wait(resetAfter) : 0,
          remaining: Math.max(0, remaining),
        })),
        Effect.timeout(timeout),
        Effect.catch((error) =>
          error._tag !== "TimeoutError" && error.reason._tag === "RateLimitExceeded"
            ? Effect.succeed({ wait: wait(error.reason.retryAfter), remaining: error.reason.remaining })
            : Effect.as(Effect.logDebug("The shared limits are unavailable: this node counts alone"), unknown),
        ),
      )
  }
}

const wait = (duration: Duration.Duration): number => Math.max(1, Math.ceil(Duration.toMillis(duration)))
