// Reads where the chats of those who connect stand, for all who wait at that moment in one query: a storm of connections costs
// the database as many queries as have time to be answered, and somebody who comes alone does not wait.
import { Effect, Exit, type Fiber } from "effect"
import type { Unavailable } from "../domain/errors.ts"
import type { UserId } from "../domain/Ids.ts"
import type { Chats as ChatRows, Position } from "../sql/Chats.ts"

/** Queries under way: those who come are gathered for as long as these take. */
const atOnce = 2
/** Users of one query, who all wait for the one with the most chats. */
const usersAtOnce = 16

type Answer = Effect.Effect<ReadonlyArray<Position>, Unavailable>

export type Fork = <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>

interface Waiting {
  readonly user_id: UserId
  readonly resume: (answer: Answer) => void
}

export class GatheredReads {
  private readonly rows: ChatRows["Service"]
  private readonly fork: Fork
  private waiting: Array<Waiting> = []
  private underWay = 0

  constructor(rows: ChatRows["Service"], fork: Fork) {
    this.rows = rows
    this.fork = fork
  }

  /** Read after this is asked for, not before. */
  positionsOf(user_id: UserId): Answer {
    return Effect.callback((resume) => {
      this.waiting.push({ user_id, resume })
      this.proceed()
    })
  }

  private proceed(): void {
    while (this.underWay < atOnce && this.waiting.length > 0) {
      const batch = this.waiting.splice(0, usersAtOnce)
      this.underWay++
      this.fork(this.rows.positionsOf(batch.map(({ user_id }) => user_id))).addObserver((exit) => {
        this.underWay--
        this.proceed()
        if (Exit.isFailure(exit)) for (const { resume } of batch) resume(exit)
        else {
          const byUser = Map.groupBy(exit.value, ({ user_id }) => user_id)
          for (const { resume, user_id } of batch) resume(Effect.succeed(byUser.get(user_id) ?? []))
        }
      })
    }
  }
}
