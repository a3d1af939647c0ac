// Knows when each migration of this database ran. Read once, at start.
import { Clock, Context, Effect, Layer } from "effect"
import { millis } from "./columns.ts"
import { Database } from "./Database.ts"
import { historyTable } from "./migrationHistory.ts"

export class SchemaHistory extends Context.Service<
  SchemaHistory,
  {
    /** Epoch milliseconds; the creation of the database if it began with a later release. */
    ranAt(migration: string): number
  }
>()("confab/sql/database/SchemaHistory") {
  static readonly layer = Layer.effect(
    SchemaHistory,
    Effect.gen(function* () {
      const { query } = yield* Database
      const rows = yield* query<{ readonly name: string; readonly at: number }>(
        `select name, ${millis("created_at")} as at from ${historyTable}`,
      )
      const times = new Map(rows.map(({ at, name }) => [name, at]))
      return SchemaHistory.of({ ranAt: (migration) => times.get(migration) ?? 0 })
    }),
  )

  static readonly layerMemory = Layer.effect(
    SchemaHistory,
    Effect.map(Clock.currentTimeMillis, (now) => SchemaHistory.of({ ranAt: () => now })),
  )
}
