// Queues long reads: one of a user at a time, a few in all, so that one user delays the reads of others by at most one
// page. A user with too many waiting reads is refused.
import { Effect, Semaphore } from "effect"
import { Unavailable } from "../../domain/errors.ts"
import type { UserId } from "../../domain/Ids.ts"

/** Reads of one user that may run or wait. */
const maxOfUser = 8

interface Turn {
  readonly semaphore: Semaphore.Semaphore
  count: number
}

export class Turns {
  private readonly atOnce: Semaphore.Semaphore
  private readonly users = new Map<UserId, Turn>()

  /** `atOnce`: reads of all users that run concurrently. */
  constructor(atOnce: number) {
    this.atOnce = Semaphore.makeUnsafe(atOnce)
  }

  take<A, E>(user_id: UserId, read: Effect.Effect<A, E>): Effect.Effect<A, E | Unavailable> {
    return Effect.suspend((): Effect.Effect<A, E | Unavailable> => {
      const turn = this.users.get(user_id) ?? { semaphore: Semaphore.makeUnsafe(1), count: 0 }
      if (turn.count >= maxOfUser) return Effect.fail(new Unavailable({}))
      turn.count++
      this.users.set(user_id, turn)
      return Effect.ensuring(
        turn.semaphore.withPermit(this.atOnce.withPermit(read)),
        Effect.sync(() => {
          if (--turn.count === 0) this.users.delete(user_id)
        }),
      )
    })
  }
}
