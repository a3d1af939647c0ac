// A token bucket per key, stored as one number: when the bucket will be full again (GCRA). A full bucket needs no
// entry, so the table drops full ones, and over `maxKeys` the oldest.

export class TokenBuckets<Key> {
  readonly #fullAt = new Map<Key, number>()
  readonly #limit: number
  readonly #windowMillis: number
  readonly #burst: number
  readonly #maxKeys: number

  /**
   * `limit` tokens come in each window, `burst` may be taken at once; whole numbers. All times are ticks of 1/limit ms,
   * in which the cost of a token is a whole number: the window's milliseconds.
   */
  constructor(limit: number, windowMillis: number, burst: number, maxKeys: number) {
    this.#limit = limit
    this.#windowMillis = windowMillis
    this.#burst = burst
    this.#maxKeys = maxKeys
  }

  get size(): number {
    return this.#fullAt.size
  }

  /**
   * The milliseconds until `count` tokens are there; 0: now. One window if the bucket never has that many. `now`:
   * milliseconds.
   */
  wait(key: Key, now: number, count = 1): number {
    return count > this.#burst ? this.#windowMillis : this.#missing(this.#after(key, now, count), now)
  }

  /** Takes the tokens and returns 0, or takes none and returns as `wait` does. */
  take(key: Key, now: number, count = 1): number {
    if (count > this.#burst) return this.#windowMillis
    const fullAt = this.#after(key, now, count)
    const wait = this.#missing(fullAt, now)
    if (wait > 0) return wait
    this.#fullAt.set(key, fullAt)
    if (this.#fullAt.size > this.#maxKeys) this.#makeRoom(now * this.#limit)
    return 0
  }

  /** How many tokens are there, and the milliseconds until the bucket is full. */
  left(key: Key, now: number): { readonly remaining: number; readonly resetMillis: number } {
    const missing = this.#after(key, now, 0) - now * this.#limit
    return {
      remaining: Math.floor(this.#burst - missing / this.#windowMillis),
      resetMillis: Math.ceil(missing / this.#limit),
    }
  }

  /** The time when the bucket is full again after the tokens are taken. */
  #after(key: Key, now: number, count: number): number {
    const ticks = now * this.#limit
    const emptied = ticks + this.#burst * this.#windowMillis
    let fullAt = this.#fullAt.get(key) ?? ticks
    if (fullAt > emptied) {
      // The clock was set back: the wait is no longer than after taking everything.
      fullAt = emptied
      this.#fullAt.set(key, fullAt)
    }
    return Math.max(fullAt, ticks) + count * this.#windowMillis
  }

  /** Milliseconds until a bucket that is full at `fullAt` is not overdrawn. */
  #missing(fullAt: number, now: number): number {
    const over = fullAt - now * this.#limit - this.#burst * this.#windowMillis
    return over > 0 ? Math.ceil(over / this.#limit) : 0
  }

  /** Drops at least a tenth of the table, the oldest keys first, so that the cost is spread over as many new keys. */
  #makeRoom(ticks: number): void {
    for (const [key, fullAt] of this.#fullAt) if (fullAt <= ticks) this.#fullAt.delete(key)
    const target = Math.floor(this.#maxKeys * 0.9)
    for (const key of this.#fullAt.keys()) {
      if (this.#fullAt.size <= target) return
      this.#fullAt.delete(key)
    }
  }
}
