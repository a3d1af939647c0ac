// Runs a woken fiber in a microtask of the same turn of the event loop. A message crosses some eight fibers; one turn
// for each (a system call, and all that is ready) would be most of its latency. Fibers that run longer than a slice of
// time yield to sockets and timers, as with Effect's own scheduler.
import { Scheduler } from "effect"

/** How long fibers may run in a row before the event loop continues, milliseconds. */
const slice = 1

export const eagerScheduler = (): Scheduler.Scheduler => {
  /** When the first fiber of this turn began; undefined: no fiber has run in it yet. */
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
