// The transaction of an export or an import.
import type { PgConnection } from "@effect/sql-pg"
import { Effect } from "effect"

/** Values are written as text in one way, whatever the server's settings are; nothing limits the time. */
const settings = Object.entries({
  TimeZone: "UTC",
  DateStyle: "ISO, YMD",
  IntervalStyle: "iso_8601",
  bytea_output: "hex",
  extra_float_digits: "1",
  statement_timeout: "0",
  idle_in_transaction_session_timeout: "0",
  // Whole tables are read here.
  enable_seqscan: "on",
})
  .map(([name, value]) => `set_config('${name}', '${value}', true)`)
  .join(", ")

/** Commits when the effect succeeds; otherwise nothing is changed. */
export const inTransaction = <A, E, R>(
  connection: PgConnection.PgConnection,
  begin: string,
  effect: Effect.Effect<A, E, R>,
) =>
  connection.query(begin).pipe(
    Effect.andThen(connection.query(`select ${settings}`)),
    Effect.andThen(effect),
    Effect.tap(() => connection.query("commit")),
    Effect.onError(() => Effect.ignore(connection.query("rollback"))),
  )
