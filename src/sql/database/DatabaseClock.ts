// The database's clock, which is the same for all nodes, however far their own are apart. Good to some milliseconds.
import { Clock, Context, Effect, Layer } from "effect"
import { Database } from "./Database.ts"

const lookEvery = "30 seconds"
/** An answer that took longer says too little of when it was given. */
const slowestLookMillis = 500

export class DatabaseClock extends Context.Service<
  DatabaseClock,
  {
    /** Epoch milliseconds. */
    now(): number
  }
>()("confab/sql/database/DatabaseClock") {
  static readonly layer = Layer.effect(
    DatabaseClock,
    Effect.gen(function* () {
      const { query } = yield* Database
      const clock = yield* Clock.Clock
      /** How far the database's clock is ahead. */
      let ahead = 0
      const look = Effect.gen(function* () {
        const before = clock.currentTimeMillisUnsafe()
        const [row] = yield* query<{ at: number }>(
          `select (extract(epoch from clock_timestamp()) * 1000)::float8 as at`,
        )
        const after = clock.currentTimeMillisUnsafe()
        if (row === undefined || after - before > slowestLookMillis) return
        ahead = Math.round(row.at - (before + after) / 2)
      })
      yield* look
      // While the database is away the clocks do not run apart by much.
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(lookEvery), Effect.ignore(look))))
      return DatabaseClock.of({ now: () => clock.currentTimeMillisUnsafe() + ahead })
    }),
  )

  /** Where there is no database, or one in the process. */
  static readonly layerLocal = Layer.effect(
    DatabaseClock,
    Effect.map(Clock.Clock, (clock) => DatabaseClock.of({ now: () => clock.currentTimeMillisUnsafe() })),
  )
}
