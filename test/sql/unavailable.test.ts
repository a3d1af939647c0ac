// Which database errors are temporary and which are bugs, as the database itself raises them.
import { assert, layer } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import { Database } from "../../src/sql/database/Database.ts"
import { embedded, postgres } from "../support/sql.ts"

/** It can pass by itself, or when the operator mends the database. */
const passing = {
  admin_shutdown: "57P01",
  crash_shutdown: "57P02",
  cannot_connect_now: "57P03",
  database_dropped: "57P04",
  idle_session_timeout: "57P05",
  query_canceled: "57014",
  too_many_connections: "53300",
  disk_full: "53100",
  out_of_memory: "53200",
  configuration_limit_exceeded: "53400",
  io_error: "58030",
  read_only_sql_transaction: "25006",
  idle_in_transaction_session_timeout: "25P03",
  transaction_timeout: "25P04",
  lock_not_available: "55P03",
  deadlock_detected: "40P01",
  serialization_failure: "40001",
  connection_failure: "08006",
  invalid_authorization: "28000",
  // A database with missing tables or rights, for example during a restore.
  invalid_catalog_name: "3D000",
  invalid_schema_name: "3F000",
  undefined_table: "42P01",
  undefined_column: "42703",
  undefined_function: "42883",
  insufficient_privilege: "42501",
}

const bugs = { syntax_error: "42601", division_by_zero: "22012", not_null_violation: "23502", raise_exception: "P0001" }

const raise = (code: string) =>
  Effect.flatMap(Database, ({ query }) =>
    Effect.exit(query(`do $$ begin raise exception 'as told' using errcode = '${code}'; end $$`)),
  )

for (const [name, database] of [
  ["PostgreSQL", postgres],
  ["The embedded database", embedded],
] as const) {
  layer(database)(name, (it) => {
    for (const [condition, code] of Object.entries(passing)) {
      it.effect(`is unavailable: ${condition}`, () =>
        Effect.gen(function* () {
          const exit = yield* raise(code)
          assert(Exit.isFailure(exit))
          assert.isFalse(Cause.hasDies(exit.cause))
          assert.include(String(Cause.squash(exit.cause)), "Unavailable")
        }),
      )
    }
    for (const [condition, code] of Object.entries(bugs)) {
      it.effect(`has found a bug of ours: ${condition}`, () =>
        Effect.gen(function* () {
          const exit = yield* raise(code)
          assert(Exit.isFailure(exit))
          assert.isTrue(Cause.hasDies(exit.cause))
        }),
      )
    }
  })
}
