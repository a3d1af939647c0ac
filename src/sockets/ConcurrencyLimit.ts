// A first-in, first-out concurrency limit. Synchronous calls, since most callers do not wait.

export class ConcurrencyLimit {
  private readonly atOnce: number
  private readonly waiting: Array<() => void> = []
  private underWay = 0
  private proceeding = false

  constructor(atOnce: number) {
    this.atOnce = atOnce
  }

  /** How many wait. */
  get length(): number {
    return this.waiting.length
  }

  /** Calls back when it is their turn, which lasts until `leave`. */
  enter(begin: () => void): void {
    this.waiting.push(begin)
    this.proceed()
  }

  leave(): void {
    this.underWay--
    this.proceed()
  }

  private proceed(): void {
    if (this.proceeding) return
    this.proceeding = true
    for (let begun = 0; this.underWay < this.atOnce && this.waiting.length > 0; begun++) {
      // Turns that end at once could continue endlessly: the event loop runs in between.
      if (begun === this.atOnce) {
        setImmediate(() => {
          this.proceeding = false
          this.proceed()
        })
        return
      }
      this.underWay++
      this.waiting.shift()?.()
    }
    this.proceeding = false
  }
}
