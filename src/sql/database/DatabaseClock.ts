// The database's clock, which is the same for all nodes, even if their own clocks differ. Accurate to some
// milliseconds.
import { Clock, Context, Effect, Layer } from "effect"
import { Database } from "./Database.ts"

const lookEvery = "30 seconds"
/** A slower answer does not show precisely enough when the clock was read. */
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
      /** Milliseconds that the database's clock is ahead. */
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
      // While the database is unavailable the clocks drift very little.
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(lookEvery), Effect.ignore(look))))
      return DatabaseClock.of({ now: () => clock.currentTimeMillisUnsafe() + ahead })
    }),
  )

  /** For servers without a database, or with one in the process. */
  static readonly layerLocal = Layer.effect(
    DatabaseClock,
    Effect.map(Clock.Clock, (clock) => DatabaseClock.of({ now: () => clock.currentTimeMillisUnsafe() })),
  )
}
