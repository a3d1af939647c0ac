// Counts what happened per key over all nodes, in the store of effect's RateLimiter. When that does not answer, and soon, it has
// nothing to say: nobody waits for it, and nobody is let through by it who is over the limit on their own node.
import { Duration, Effect } from "effect"
import type { RateLimiter } from "effect/persistence"

/** A log-in takes some 50 ms of work anyway; past this the store counts as away. */
const timeout = "500 millis"

export interface SharedCount {
  readonly kind: string
  /**
   * `fixed-window`: a window begins with the first count of a key, lasts as long as its counts would take at an even pace, and
   * begins anew: `limit` in each, less than twice that in any window. The store's clock alone counts, not the nodes'.
   * `token-bucket`: `limit` at once, and from then on as they come back, evenly; by the nodes' clocks.
   */
  readonly algorithm: "fixed-window" | "token-bucket"
  readonly limit: number
  readonly windowMillis: number
}

export class SharedWindows {
  readonly #limiter: RateLimiter.RateLimiter
  readonly #what: SharedCount

  constructor(limiter: RateLimiter.RateLimiter, what: SharedCount) {
    this.#limiter = limiter
    this.#what = what
  }

  /** Takes so many from the key's allowance, or only looks (0): 0, or milliseconds until there is one again. */
  consume(key: string, tokens: number): Effect.Effect<number> {
    const { algorithm, kind, limit, windowMillis } = this.#what
    return this.#limiter
      .consume({ algorithm, onExceeded: "fail", window: windowMillis, limit, key: `${kind}:${key}`, tokens })
      .pipe(
        Effect.map(({ remaining, resetAfter }) => (tokens === 0 && remaining <= 0 ? wait(resetAfter) : 0)),
        Effect.timeout(timeout),
        Effect.catch((error) =>
          error._tag !== "TimeoutError" && error.reason._tag === "RateLimitExceeded"
            ? Effect.succeed(wait(error.reason.retryAfter))
            : Effect.as(Effect.logDebug("The shared limits are away: this node counts alone"), 0),
        ),
      )
  }
}

const wait = (duration: Duration.Duration): number => Math.max(1, Math.ceil(Duration.toMillis(duration)))
