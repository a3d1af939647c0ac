// Time and randomness under the test's control: timers fire in order, each with all its consequences before the next.
import type { Runtime } from "../../../src/client/Runtime.ts"

interface Timer {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/** mulberry32: small, good enough, the same everywhere. */
const randomOf = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Lets everything happen that waits for nothing but its turn. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

export class FakeTime {
  millis = Date.UTC(2026, 10, 21)
  readonly random: () => number
  private order = 0
  private ids = 0
  private timers: Array<Timer> = []

  constructor(seed = 1) {
    this.random = randomOf(seed)
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.timers.length
  }

  now = (): number => this.millis

  after = (millis: number, run: () => void): (() => void) => {
    const timer: Timer = { at: this.millis + Math.max(0, millis), order: this.order++, run }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((other) => other !== timer)
    }
  }

  runtime(): Pick<
    Runtime,
    "now" | "after" | "soon" | "random" | "randomId" | "exclusively" | "onWake" | "onOffline" | "report"
  > {
    return {
      now: this.now,
      after: this.after,
      soon: (run) => queueMicrotask(run),
      random: this.random,
      randomId: () => `key-${++this.ids}`,
      exclusively: (_, run) => run(),
      onWake: () => () => {},
      onOffline: () => () => {},
      report: (error) => {
        throw error
      },
    }
  }

  /** Lets so much time pass. */
  async pass(millis: number): Promise<void> {
    const until = this.millis + millis
    await turn()
    for (;;) {
      let next: Timer | undefined
      for (const timer of this.timers) {
        if (timer.at > until) continue
        if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer
      }
      if (next === undefined) break
      const due = next
      this.timers = this.timers.filter((other) => other !== due)
      this.millis = Math.max(this.millis, due.at)
      due.run()
      await turn()
    }
    this.millis = until
  }

  /** Lets time pass until the promise is settled, a minute at most. */
  async until<A>(promise: Promise<A>): Promise<A> {
    let settled = false
    const done = () => {
      settled = true
    }
    promise.then(done, done)
    for (let i = 0; i < 600 && !settled; i++) await this.pass(100)
    if (!settled) throw new Error("It takes longer than a minute")
    return promise
  }
}
