// The table of the migrations that a database has had: renamed from its former name, and checked for unknown entries.
import { Effect, Schema } from "effect"
import type { Migrator } from "effect/sql"
import { SqlClient, SqlError } from "effect/sql"
import { sqlState, wordsOf } from "./unavailable.ts"

/** The tables belong to another program, or to a newer Confab. */
export class SchemaRefused extends Schema.TaggedError<SchemaRefused>()("SchemaRefused", { reason: Schema.String }) {
  override get message(): string {
    return this.reason
  }
}

export const historyTable = "confab_migrations"

export const migrationName = (id: number, name: string): string => `${String(id).padStart(4, "0")}_${name}`

interface Row {
  readonly id: number
  readonly name: string
}

/** Its former name is one that other programs use as well. */
const renameFormer = Effect.fnUntraced(function* (known: ReadonlySet<string>) {
  const sql = yield* SqlClient.SqlClient
  const [found] = yield* sql<{ readonly may: boolean }>`
    select to_regclass('confab_migrations') is null and to_regclass('chat_members') is not null
      and has_table_privilege(to_regclass('migrations'), 'select')
      and (select count(*) = 2 from pg_attribute where attrelid = to_regclass('migrations')
        and (attname, atttypid) in (('migration_id', 'int4'::regtype), ('name', 'text'::regtype))) as may`
  if (found?.may !== true) return
  const rows = yield* sql<Row>`select migration_id as id, name from migrations order by migration_id`
  if (rows[0] === undefined || !known.has(migrationName(rows[0].id, rows[0].name))) return
  yield* sql`alter table migrations rename to ${sql(historyTable)}`
  yield* sql`alter index if exists migrations_pkey rename to ${sql(`${historyTable}_pkey`)}`
})

/**
 * Must run under the migration lock, before the migrations. `migrations` are all those of this Confab, by
 * `<id>_<name>`.
 */
export const checkHistory = Effect.fnUntraced(function* (migrations: ReadonlyArray<string>) {
  const sql = yield* SqlClient.SqlClient
  const known = new Set(migrations)
  yield* renameFormer(known)
  // As the library creates it; if that fails there, the library's next statement hides the reason.
  yield* sql`create table if not exists ${sql(historyTable)} (
    migration_id integer primary key,
    created_at timestamp with time zone not null default now(),
    name text not null
  )`
  const rows = yield* sql<Row>`select migration_id as id, name from ${sql(historyTable)} order by migration_id`
  const unknown = rows.map(({ id, name }) => migrationName(id, name)).find((migration) => !known.has(migration))
  if (unknown === undefined) return
  return yield* new SchemaRefused({
    reason: `its tables are of a newer Confab, which has the migration ${unknown}; this one knows those up to ${migrations.at(-1)}. Start that one, or go back to a backup`,
  })
})

/** An object of that name already exists. */
const isTaken = (error: SqlError.SqlError): boolean => /^42(?:P0[67]|710|723)$/.test(sqlState(error.reason.cause))

/** The database's own error, or its meaning here. */
export const migrationFailed = (error: Migrator.MigrationError): SqlError.SqlError | SchemaRefused => {
  const { cause } = error
  if (!(cause instanceof SqlError.SqlError)) return new SchemaRefused({ reason: error.message })
  return isTaken(cause)
    ? new SchemaRefused({
        reason: `another program's tables are where Confab's would be: ${wordsOf(cause)}. Give Confab a database of its own, or a schema by DATABASE_SCHEMA`,
      })
    : cause
}
