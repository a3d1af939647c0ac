// Deadlines for answers. All have the same length, so one queue and a periodic check replace a timer for each: no
// deadline is early, and none more than a sixteenth late.
import { Clock, Effect, Latch } from "effect"

export interface Waiting {
  /** Epoch milliseconds. */
  readonly until: number
  readonly giveUp: () => void
}

export interface Deadlines {
  /** Calls `giveUp`, which must not throw, at the deadline, unless `end` comes first. */
  begin(giveUp: () => void): Waiting
  end(waiting: Waiting): void
}

/** `millis`: how long an answer may take. */
export const make = Effect.fnUntraced(function* (millis: number) {
  const clock = yield* Clock.Clock
  /**
   * In order of their deadlines. An array: the outgrown tables of a Set refer to their successors, so that every entry
   * would outlive the young generation.
   */
  const queue: Array<Waiting> = []
  const nonEmpty = Latch.makeUnsafe(false)

  yield* Effect.gen(function* () {
    if (queue.length === 0) {
      nonEmpty.closeUnsafe()
      yield* nonEmpty.await
    }
    yield* Effect.sleep(millis / 16)
    const now = clock.currentTimeMillisUnsafe()
    while (queue[0] !== undefined && queue[0].until <= now) queue.shift()!.giveUp()
  }).pipe(Effect.forever, Effect.forkScoped)

  return {
    begin(giveUp) {
      const waiting = { until: clock.currentTimeMillisUnsafe() + millis, giveUp }
      if (queue.push(waiting) === 1) nonEmpty.openUnsafe()
      return waiting
    },
    end: (waiting) => {
      const at = queue.indexOf(waiting)
      if (at >= 0) queue.splice(at, 1)
    },
  } satisfies Deadlines
})
