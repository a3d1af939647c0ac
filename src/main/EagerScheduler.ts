// Runs fibers that are woken as soon as what woke them is done, not a turn of the event loop later: a message crosses some eight
// fibers, and a turn each (a system call, and whatever else is ready) would be most of its latency. Fibers that go on and on
// give way to sockets and timers after a slice of time, as with Effect's own scheduler.
import { Scheduler } from "effect"

/** How long fibers may follow one another before the event loop has its turn, milliseconds. */
const slice = 1

export const eagerScheduler = (): Scheduler.Scheduler => {
  /** When the fibers of this turn began; undefined: none has run in it yet. */
  let began: number | undefined
  const nextTurn = () => {
    began = undefined
  }
  return new Scheduler.MixedScheduler("async", (run) => {
    const now = performance.now()
    if (began === undefined) {
      began = now
      setImmediate(nextTurn)
    } else if (now - began > slice) {
      const later = setImmediate(run)
      return () => clearImmediate(later)
    }
    let cancelled = false
    queueMicrotask(() => {
      if (!cancelled) run()
    })
    return () => {
      cancelled = true
    }
  })
}
