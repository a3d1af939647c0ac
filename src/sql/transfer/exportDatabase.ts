// Writes all rows of the database, as they are at one moment, into a file.
import type { PgConnection } from "@effect/sql-pg"
import { Effect } from "effect"
import { Database } from "../database/Database.ts"
import { type ArchiveWriter, type FileSum, writeArchive } from "./archive.ts"
import { quoted, readCatalogue, readLevel, type Table } from "./catalogue.ts"
import { type FileSource, sumOfFiles, writeFiles } from "./files.ts"
import type { Moved, OnProgress } from "./progress.ts"
import { databaseFailed, TransferFailed } from "./TransferFailed.ts"
import { inTransaction } from "./transaction.ts"

/** The size of a page, in characters; one page can be larger by a factor, when rows grow. */
const pageSize = 1_048_576
const mostRows = 4_096

/** Powers of two, so that few statements are prepared. */
const nextPage = (rows: number, size: number): number => {
  const fitting = (rows * pageSize) / Math.max(size, 1)
  return Math.max(1, Math.min(mostRows, rows * 2, 2 ** Math.floor(Math.log2(fitting))))
}

const countOf = Effect.fnUntraced(function* (connection: PgConnection.PgConnection, { name }: Table) {
  const [row] = yield* connection.queryValues(`select count(*)::float8 from ${quoted(name)}`)
  return { table: name, rows: Number(row?.[0]) } satisfies Moved
})

const lastOf = Effect.fnUntraced(function* (connection: PgConnection.PgConnection, name: string) {
  const [row] = yield* connection.queryValues(
    `select case when is_called then last_value::text end from ${quoted(name)}`,
  )
  return { name, last: typeof row?.[0] === "string" ? row[0] : null }
})

const writeTable = Effect.fnUntraced(function* (
  connection: PgConnection.PgConnection,
  writer: ArchiveWriter,
  { columns, key, name }: Table,
  onPage: (rows: number) => Effect.Effect<void>,
) {
  const cursor = quoted(`export of ${name}`)
  const values = columns.map((column) => `${quoted(column.name)}::text`).join(", ")
  const order = key.length === 0 ? "" : ` order by ${key.map(quoted).join(", ")}`
  yield* connection.query(`declare ${cursor} no scroll cursor for select ${values} from ${quoted(name)}${order}`)
  for (let limit = 64, rows = 0; ; ) {
    const page = yield* connection.queryValues(`fetch forward ${limit} from ${cursor}`)
    yield* writer.rows(page)
    rows += page.length
    yield* onPage(rows)
    if (page.length < limit) break
    limit = nextPage(
      page.length,
      page.reduce((size, row) => size + row.reduce<number>((sum, value) => sum + String(value).length, 0), 0),
    )
  }
  yield* connection.query(`close ${cursor}`)
})

/**
 * `source` gives the bytes of files; without one they are not exported. Returns the rows of each table, the files that
 * the database has, those whose bytes are written, and the size of the file in bytes.
 */
export const exportDatabase = Effect.fnUntraced(
  function* (path: string, version: string, onProgress: OnProgress, source?: FileSource) {
    const connection = yield* (yield* Database).session
    let counts: ReadonlyArray<Moved> = []
    let files: FileSum = { files: 0, bytes: 0 }
    let written: FileSum | undefined
    const fill = Effect.fnUntraced(function* (writer: ArchiveWriter) {
      const { sequences, tables } = yield* readCatalogue(connection)
      counts = yield* Effect.forEach(tables, (table) => countOf(connection, table))
      files = yield* sumOfFiles(connection)
      // After the snapshot, so that each is at least what the rows have.
      const lasts = yield* Effect.forEach(sequences, (name) => lastOf(connection, name))
      yield* writer.header({
        version,
        migrations: yield* readLevel(connection),
        tables: tables.map(({ columns, name }, i) => ({
          name,
          columns: columns.map((column) => column.name),
          rows: counts[i]?.rows ?? 0,
        })),
        sequences: lasts,
        ...(source === undefined ? {} : { files }),
      })
      const rows = counts.reduce((sum, { rows }) => sum + rows, 0)
      const total = source === undefined ? rows : rows + files.files
      let before = 0
      for (const [i, table] of tables.entries()) {
        let done = 0
        yield* writeTable(connection, writer, table, (rows) => {
          done = rows
          return onProgress({ table: table.name, rows: before + rows, total })
        })
        if (done !== counts[i]?.rows) {
          return yield* new TransferFailed({ message: `The rows of ${table.name} changed during the export.` })
        }
        before += done
      }
      if (source === undefined) return
      written = yield* writeFiles(connection, writer, source, (seen) =>
        onProgress({ table: "bytes of files", rows: rows + seen, total }),
      )
    })
    const size = yield* writeArchive(path, (writer) =>
      inTransaction(connection, "begin isolation level repeatable read, read only", fill(writer)),
    )
    return { counts, size, files, written }
  },
  Effect.scoped,
  Effect.catchTag("SqlError", databaseFailed),
)
