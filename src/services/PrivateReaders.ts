// Which users read privately (domain/ReadReceipts), as far as this node knows, so that reading costs others nothing.
// Knows those of all nodes: read at the start and after a loss of signals, and noted as they are set. A user who no longer
// does may still be known: the statement that stores the reading looks at their settings.
import { Effect, Schedule } from "effect"
import type { UserId } from "../domain/Ids.ts"
import type { StateStore } from "../sql/state/StateStore.ts"

/** Users who are remembered; over this limit each reading asks the database. */
const mostReaders = 100_000
const page = 5_000

export class PrivateReaders {
  private readonly rows: Pick<StateStore["Service"], "privateReaders">
  private readonly isUp: () => boolean
  private readonly users = new Set<UserId>()
  private isComplete = false
  private isReading = false
  /** Signals were lost so often. */
  private losses = 0

  /** `isUp`: whether signals of other nodes arrive. */
  constructor(rows: Pick<StateStore["Service"], "privateReaders">, isUp: () => boolean) {
    this.rows = rows
    this.isUp = isUp
  }

  has(user_id: UserId): boolean {
    return !this.isComplete || this.users.has(user_id) || !this.isUp()
  }

  note(user_id: UserId): void {
    if (this.users.size < mostReaders) this.users.add(user_id)
    else this.isComplete = false
  }

  /** Reads all of them, at the start and after a loss of signals. Until it has, each user may be one. */
  readonly read: Effect.Effect<void> = Effect.suspend(() => {
    this.isComplete = false
    this.losses++
    if (this.isReading) return Effect.void
    this.isReading = true
    return Effect.ensuring(
      this.readAll,
      Effect.sync(() => {
        this.isReading = false
      }),
    )
  })

  private readonly readAll = Effect.gen({ self: this }, function* () {
    while (!this.isComplete && this.users.size < mostReaders) {
      const { losses } = this
      for (let after = 0, isLast = false; !isLast && this.users.size < mostReaders; ) {
        // Tried until it succeeds.
        const found: ReadonlyArray<UserId> = yield* this.rows
          .privateReaders(after, page)
          .pipe(Effect.retry(Schedule.spaced("1 second")), Effect.orDie)
        for (const user_id of found) this.note(user_id)
        after = found.at(-1) ?? after
        isLast = found.length < page
      }
      this.isComplete = losses === this.losses && this.users.size < mostReaders
    }
  })
}
