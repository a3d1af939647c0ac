// A token bucket per key, kept as one number: when the bucket will be full again (GCRA). A full bucket needs no entry,
// so the table is bounded by dropping full ones, and past `maxKeys` the oldest.

export class TokenBuckets<Key> {
  readonly #fullAt = new Map<Key, number>()
  readonly #perSecond: number
  readonly #maxKeys: number
  /** All times are ticks of 1/perSecond ms, in which a token costs a whole number: 1000. */
  readonly #capacity: number

  /** `perSecond` tokens a second, `burst` at most at once; whole numbers. */
  constructor(perSecond: number, burst: number, maxKeys: number) {
    this.#perSecond = perSecond
    this.#capacity = burst * 1000
    this.#maxKeys = maxKeys
  }

  get size(): number {
    return this.#fullAt.size
  }

  /** Takes a token: 0, or takes none and gives the milliseconds until there is one. `now`: milliseconds. */
  take(key: Key, now: number): number {
    const ticks = now * this.#perSecond
    const known = this.#fullAt.get(key)
    const next = Math.max(known ?? ticks, ticks) + 1000
    const over = next - ticks - this.#capacity
    if (over > 0) return Math.ceil(over / this.#perSecond)
    if (known === undefined && this.#fullAt.size >= this.#maxKeys) this.#makeRoom(ticks)
    this.#fullAt.set(key, next)
    return 0
  }

  /** At least a tenth of the table goes, so that its cost is spread over as many new keys. */
  #makeRoom(ticks: number): void {
    for (const [key, fullAt] of this.#fullAt) if (fullAt <= ticks) this.#fullAt.delete(key)
    const target = Math.floor(this.#maxKeys * 0.9)
    for (const key of this.#fullAt.keys()) {
      if (this.#fullAt.size <= target) return
      this.#fullAt.delete(key)
    }
  }
}
