// Ends waits for answers that do not come. All wait for the same time, so one queue and a look now and then serve them, at less
// than a timer for each: no wait ends early, and none more than a sixteenth too late.
import { Clock, Effect, Latch } from "effect"

/** One who waits. */
export interface Waiting {
  /** Epoch milliseconds. */
  readonly until: number
  readonly giveUp: () => void
}

export interface Deadlines {
  /** Calls `giveUp`, which must not throw, once too long has been waited, unless `end` comes first. */
  begin(giveUp: () => void): Waiting
  end(waiting: Waiting): void
}

/** `millis`: how long an answer may take. */
export const make = Effect.fnUntraced(function* (millis: number) {
  const clock = yield* Clock.Clock
  /**
   * In the order in which they began, which is the one in which they end. A list: a Set's outgrown tables lead to their
   * successors, so that all that passed through it would outlive the young generation.
   */
  const queue: Array<Waiting> = []
  const someone = Latch.makeUnsafe(false)

  yield* Effect.gen(function* () {
    if (queue.length === 0) {
      someone.closeUnsafe()
      yield* someone.await
    }
    yield* Effect.sleep(millis / 16)
    const now = clock.currentTimeMillisUnsafe()
    while (queue[0] !== undefined && queue[0].until <= now) queue.shift()!.giveUp()
  }).pipe(Effect.forever, Effect.forkScoped)

  return {
    begin(giveUp) {
      const waiting = { until: clock.currentTimeMillisUnsafe() + millis, giveUp }
      if (queue.push(waiting) === 1) someone.openUnsafe()
      return waiting
    },
    end: (waiting) => {
      const at = queue.indexOf(waiting)
      if (at >= 0) queue.splice(at, 1)
    },
  } satisfies Deadlines
})
