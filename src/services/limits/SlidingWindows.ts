// Counts per key exactly within a sliding window: the instants themselves are kept, `limit` a key at most. When the
// table is full it drops the key that was counted longest ago.

export class SlidingWindows {
  /** Ascending instants; keys in the order of their last one. */
  readonly #instants = new Map<string | number, ReadonlyArray<number>>()
  readonly #limit: number
  readonly #windowMillis: number
  readonly #maxKeys: number

  constructor(limit: number, windowMillis: number, maxKeys: number) {
    this.#limit = limit
    this.#windowMillis = windowMillis
    this.#maxKeys = maxKeys
  }

  get size(): number {
    return this.#instants.size
  }

  /** 0 while fewer than `limit` are counted, otherwise the milliseconds until then. */
  wait(key: string | number, now: number): number {
    const recent = this.#recent(key, now)
    const oldest = recent[recent.length - this.#limit]
    return oldest === undefined ? 0 : oldest + this.#windowMillis - now
  }

  /** Counts one if there is room; returns as `wait` does. */
  take(key: string | number, now: number): number {
    const wait = this.wait(key, now)
    if (wait === 0) this.add(key, now)
    return wait
  }

  /** How many more may be counted, and the milliseconds until none of those counted is left in the window. */
  left(key: string | number, now: number): { readonly remaining: number; readonly resetMillis: number } {
    const recent = this.#recent(key, now)
    const last = recent.at(-1)
    return {
      remaining: Math.max(0, this.#limit - recent.length),
      resetMillis: last === undefined ? 0 : last + this.#windowMillis - now,
    }
  }

  /** Counts one. Over `limit` the oldest are dropped. */
  add(key: string | number, now: number): void {
    const recent = this.#recent(key, now)
    const kept = recent.slice(Math.max(0, recent.length + 1 - this.#limit))
    this.#instants.delete(key)
    this.#instants.set(key, [...kept, now])
    for (const [oldest, instants] of this.#instants) {
      const last = instants[instants.length - 1] ?? 0
      if (this.#instants.size <= this.#maxKeys && now - last < this.#windowMillis) return
      this.#instants.delete(oldest)
    }
  }

  /** A clock that was set back must not block a key for longer than the window. */
  #recent(key: string | number, now: number): ReadonlyArray<number> {
    const instants = this.#instants.get(key) ?? []
    return instants.filter((instant) => now - instant < this.#windowMillis && instant <= now)
  }
}
