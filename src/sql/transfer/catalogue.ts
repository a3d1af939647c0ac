// What a move of a server takes along: the tables and sequences by their names here, and everything about them as the
// database itself describes it.
import type { PgConnection } from "@effect/sql-pg"
import { Effect } from "effect"
import { historyTable, migrationName } from "../database/migrationHistory.ts"
import { texts } from "../database/params.ts"

/**
 * All tables of Confab; one that a migration adds is added here, and gets rows in test/sql/transfer.test.ts. Not those of
 * Effect Cluster, which has there which nodes run. A database may have tables of other programs beside them, so its own
 * list is not enough; a test compares the two on a new database.
 */
export const movedTables: ReadonlyArray<string> = [
  "attachments",
  "audit_log",
  "blobs",
  "chat_members",
  "chats",
  historyTable,
  "delivered_marks",
  "files",
  "follower_cursors",
  "found_users",
  "identities",
  "jobs",
  "mentions",
  "message_edits",
  "messages",
  "records",
  "refresh_tokens",
  "released_files",
  "sender_blocks",
  "sender_heads",
  "sessions",
  "sign_up_invites",
  "tombstone_counts",
  "user_heads",
  "user_state",
  "user_words",
  "users",
]

/** Sequences that belong to no column; the others go with their tables. */
const looseSequences: ReadonlyArray<string> = ["job_claims"]

/** Tables that have rows in a database without any data: a server that has started there wrote them. */
export const isFilledByStart = (table: string): boolean => table === historyTable || table === "jobs"

export interface Column {
  readonly name: string
  /** In SQL. */
  readonly type: string
}

export interface Table {
  readonly name: string
  /** Without generated ones. */
  readonly columns: ReadonlyArray<Column>
  /** The columns of the primary key, in its order; empty when there is none. */
  readonly key: ReadonlyArray<string>
}

export interface Catalogue {
  /** A table comes after those that its foreign keys refer to. */
  readonly tables: ReadonlyArray<Table>
  readonly sequences: ReadonlyArray<string>
}

/** The names of the migrations that the database has had, in their order. */
export const readLevel = Effect.fnUntraced(function* (connection: PgConnection.PgConnection) {
  const rows = yield* connection.queryValues(
    `select migration_id::float8, name from ${historyTable} order by migration_id`,
  )
  return rows.map(([id, name]) => migrationName(Number(id), String(name)))
})

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

const namespace = `(select relnamespace from pg_class where oid = to_regclass('${historyTable}'))`

const columnsOf = `
  select c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attgenerated <> ''
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relnamespace = ${namespace} and c.relkind = 'r' and c.relname = any($1::text[])
  order by c.relname, a.attnum`

const keysOf = `
  select c.relname::text, a.attname::text
  from pg_class c join pg_index i on i.indrelid = c.oid and i.indisprimary
  cross join lateral unnest(i.indkey::int2[]) with ordinality as k(attnum, place)
  join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
  where c.relnamespace = ${namespace} and c.relname = any($1::text[])
  order by c.relname, k.place`

const parentsOf = `
  select child.relname::text, parent.relname::text
  from pg_constraint f join pg_class child on child.oid = f.conrelid join pg_class parent on parent.oid = f.confrelid
  where f.contype = 'f' and child.relnamespace = ${namespace} and child.relname = any($1::text[]) and child.oid <> parent.oid`

const sequencesOf = `
  select distinct s.relname::text
  from pg_class s
  left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = s.oid
    and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
  left join pg_class t on t.oid = d.refobjid
  where s.relnamespace = ${namespace} and s.relkind = 'S' and (t.relname = any($1::text[]) or s.relname = any($2::text[]))
  order by 1`

/** The names again, so that each comes after its parents. */
const parentsFirst = (
  names: ReadonlyArray<string>,
  parents: ReadonlyArray<ReadonlyArray<unknown>>,
): ReadonlyArray<string> => {
  const sorted = new Set<string>()
  const add = (name: string, children: ReadonlyArray<string>): void => {
    if (sorted.has(name)) return
    if (children.includes(name)) throw new Error(`Foreign keys in a circle: ${[...children, name].join(", ")}`)
    for (const [child, parent] of parents) if (child === name) add(String(parent), [...children, name])
    sorted.add(name)
  }
  for (const name of names) add(name, [])
  return [...sorted]
}

/** Without tables that the database does not have yet. */
export const readCatalogue = Effect.fnUntraced(function* (connection: PgConnection.PgConnection) {
  const names = texts(movedTables)
  const columns = yield* connection.queryValues(columnsOf, [names])
  const keys = yield* connection.queryValues(keysOf, [names])
  const parents = yield* connection.queryValues(parentsOf, [names])
  const sequences = yield* connection.queryValues(sequencesOf, [names, texts(looseSequences)])
  const present = movedTables.filter((table) => columns.some(([of]) => of === table))
  const tables = parentsFirst(present, parents).map(
    (name): Table => ({
      name,
      columns: columns.flatMap(([of, column, type, isGenerated]) =>
        of === name && isGenerated !== true ? { name: String(column), type: String(type) } : [],
      ),
      key: keys.flatMap(([of, column]) => (of === name ? String(column) : [])),
    }),
  )
  return { tables, sequences: sequences.map(([name]) => String(name)) } satisfies Catalogue
})
