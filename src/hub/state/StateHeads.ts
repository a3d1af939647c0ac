// Reads the versions of users' own states, for all that wait at a moment in one statement.
import { Effect, Exit } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { UserId } from "../../domain/Ids.ts"
import type { StateStore } from "../../sql/state/StateStore.ts"

type Resume = (head: Effect.Effect<number, Unavailable>) => void

export class StateHeads {
  private readonly rows: Pick<StateStore["Service"], "standings">
  private readonly run: (effect: Effect.Effect<void>) => void
  private waiting: Array<{ readonly user_id: UserId; readonly resume: Resume }> = []
  private isReading = false

  constructor(rows: Pick<StateStore["Service"], "standings">, run: (effect: Effect.Effect<void>) => void) {
    this.rows = rows
    this.run = run
  }

  of(user_id: UserId): Effect.Effect<number, Unavailable> {
    return Effect.callback((resume) => {
      this.waiting.push({ user_id, resume })
      if (this.isReading) return
      this.isReading = true
      this.run(this.readAll)
    })
  }

  private readonly readAll = Effect.gen({ self: this }, function* () {
    while (this.waiting.length > 0) {
      const batch = this.waiting
      this.waiting = []
      const exit = yield* Effect.exit(this.rows.standings(batch.map(({ user_id }) => user_id)))
      const heads = Exit.map(exit, (found) => new Map(found.map((one) => [one.user_id, one.version])))
      for (const { resume, user_id } of batch) resume(Exit.map(heads, (known) => known.get(user_id) ?? 0))
    }
    this.isReading = false
  })
}
