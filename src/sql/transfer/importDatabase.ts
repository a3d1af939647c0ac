// Fills an empty database from a file, in one transaction.
import type { PgConnection } from "@effect/sql-pg"
import { Effect } from "effect"
import { Database } from "../database/Database.ts"
import { migrationNames } from "../database/migrate.ts"
import { text, texts } from "../database/params.ts"
import { type ArchiveReader, type Header, type Row, readArchive } from "./archive.ts"
import { type Catalogue, isFilledByStart, quoted, readCatalogue, readLevel, type Table } from "./catalogue.ts"
import { type FileTarget, readFiles, sumOfFiles } from "./files.ts"
import type { Moved, OnProgress } from "./progress.ts"
import { databaseFailed, TransferFailed } from "./TransferFailed.ts"
import { inTransaction } from "./transaction.ts"

const refuse = (message: string) => Effect.fail(new TransferFailed({ message }))

/** The file must have this program's migrations, all of them or the first ones. */
const checkLevel = ({ migrations, version }: Header) => {
  const unknown = migrations.find((name) => !migrationNames.includes(name))
  if (unknown !== undefined) {
    return refuse(
      `The export is of a newer Confab (${version}, with the migration ${unknown}); this one knows those up to ${migrationNames.at(-1)}. Import it with that Confab.`,
    )
  }
  const missing = migrationNames.find((name, i) => i < Math.max(migrations.length, 1) && name !== migrations[i])
  return missing === undefined ? Effect.void : refuse(`The export lacks the migration ${missing}.`)
}

/** The database must have had the migrations of the file, and no later ones. */
const checkTarget = ({ migrations }: Header, level: ReadonlyArray<string>) => {
  const later = level.find((name) => !migrations.includes(name))
  return later === undefined
    ? Effect.void
    : refuse(
        `The database has had the migration ${later}, and the export is from before it. Import into a new database: it gets the earlier tables, and is migrated afterwards.`,
      )
}

/** The tables of the file, as this database has them. */
const matched = (header: Header, { sequences, tables }: Catalogue) => {
  const same = (one: ReadonlyArray<string>, other: ReadonlyArray<string>) =>
    one.length === other.length && new Set([...one, ...other]).size === one.length
  const columnsFit = tables.every(({ columns, name }) => {
    const found = header.tables.find((table) => table.name === name)
    return (
      found !== undefined &&
      same(
        found.columns,
        columns.map((column) => column.name),
      )
    )
  })
  const fits =
    columnsFit &&
    same(
      header.tables.map(({ name }) => name),
      tables.map(({ name }) => name),
    ) &&
    same(
      header.sequences.map(({ name }) => name),
      sequences,
    )
  return fits ? Effect.void : refuse("The tables of the export are not those of this Confab.")
}

const checkEmpty = Effect.fnUntraced(function* (connection: PgConnection.PgConnection, { name }: Table) {
  if (isFilledByStart(name)) return
  const [row] = yield* connection.queryValues(`select exists (select from ${quoted(name)})`)
  if (row?.[0] === true) return yield* refuse(`The database is not empty: ${name} has rows. Import into a new one.`)
})

const insertInto = ({ columns, name }: Table): string => {
  const names = columns.map((column) => quoted(column.name)).join(", ")
  const values = columns.map(({ type }, i) => `c${i}::${type}`).join(", ")
  const params = columns.map((_, i) => `$${i + 1}::text[]`).join(", ")
  const aliases = columns.map((_, i) => `c${i}`).join(", ")
  return `insert into ${quoted(name)} (${names}) overriding system value select ${values} from unnest(${params}) as u(${aliases})`
}

/** The embedded database stops taking writes while its disk is nearly full, but not within a transaction. */
const checkRoom = Effect.fnUntraced(function* (connection: PgConnection.PgConnection) {
  const [row] = yield* connection.queryValues("select current_setting('default_transaction_read_only')")
  if (row?.[0] === "on") return yield* refuse("The disk is nearly full, so nothing was imported.")
})

const fillTable = Effect.fnUntraced(function* (
  connection: PgConnection.PgConnection,
  archive: ArchiveReader,
  table: Table,
  { columns, rows: total }: Header["tables"][number],
  onBatch: (rows: number) => Effect.Effect<void>,
) {
  const statement = insertInto(table)
  const places = table.columns.map(({ name }) => columns.indexOf(name))
  const valuesAt = (batch: ReadonlyArray<Row>) => (place: number) => texts(batch.map((row) => row[place] ?? null))
  for (let rows = 0; rows < total; ) {
    const batch = yield* archive.rows(total - rows)
    if (batch.some((row) => row.length !== columns.length)) {
      return yield* refuse(`A row of ${table.name} does not have the columns of the header.`)
    }
    yield* checkRoom(connection)
    yield* connection.query(statement, places.map(valuesAt(batch)))
    rows += batch.length
    yield* onBatch(rows)
  }
})

/** For an export with the bytes of no file. */
const noTarget: FileTarget = { store: () => refuse("The export has the bytes of more files than it says.") }

/**
 * The database has the migrations of the file: it was opened with the last of them. `target` takes the bytes of files, if
 * the file has them; they stay there when the import fails. Returns the rows of each table as counted in the database,
 * which are those of the file, the files that the database has, and those whose bytes are stored.
 */
export const importDatabase = Effect.fnUntraced(
  function* (archive: ArchiveReader, onProgress: OnProgress, target?: FileTarget) {
    const { header } = archive
    const bytes = header.files?.files ?? 0
    if (bytes > 0 && target === undefined) {
      return yield* refuse(
        `The export has the bytes of ${bytes} files, and this server keeps no files. Set FILES_DIR or the S3 store.`,
      )
    }
    const connection = yield* (yield* Database).session
    const { sequences, tables } = yield* readCatalogue(connection)
    yield* checkTarget(header, yield* readLevel(connection))
    yield* matched(header, { sequences, tables })
    const names = tables.map(({ name }) => quoted(name)).join(", ")
    const triggers = (word: "disable" | "enable") =>
      Effect.forEach(tables, ({ name }) => connection.query(`alter table ${quoted(name)} ${word} trigger user`), {
        discard: true,
      })
    const fill = Effect.gen(function* () {
      yield* connection.query(`lock table ${names} in access exclusive mode`)
      yield* Effect.forEach(tables, (table) => checkEmpty(connection, table), { discard: true })
      // Also so that an import that fails gives its disk space back.
      yield* connection.query(`truncate ${names}`)
      yield* triggers("disable")
      const rows = header.tables.reduce((sum, { rows }) => sum + rows, 0)
      const total = rows + bytes
      let before = 0
      // In the order of the file, which has parents first.
      for (const written of header.tables) {
        const table = tables.find(({ name }) => name === written.name)
        if (table === undefined) return yield* refuse(`The database has no table ${written.name}.`)
        yield* fillTable(connection, archive, table, written, (rows) =>
          onProgress({ table: table.name, rows: before + rows, total }),
        )
        before += written.rows
      }
      const stored =
        header.files === undefined
          ? undefined
          : yield* readFiles(archive, target ?? noTarget, (files) =>
              onProgress({ table: "bytes of files", rows: rows + files, total }),
            )
      yield* archive.end
      for (const { last, name } of header.sequences) {
        if (last !== null)
          yield* connection.query(`select setval($1::regclass, $2::bigint)`, [text(quoted(name)), text(last)])
      }
      yield* triggers("enable")
      const counts = yield* Effect.forEach(header.tables, ({ name }) =>
        Effect.map(
          connection.queryValues(`select count(*)::float8 from ${quoted(name)}`),
          ([row]): Moved => ({ table: name, rows: Number(row?.[0]) }),
        ),
      )
      const wrong = counts.find(({ rows }, i) => rows !== header.tables[i]?.rows)
      if (wrong !== undefined) return yield* refuse(`${wrong.table} has ${wrong.rows} rows now, other than the export.`)
      yield* connection.query(`analyze ${names}`)
      return { counts, files: yield* sumOfFiles(connection), stored }
    })
    return yield* inTransaction(connection, "begin", fill)
  },
  Effect.scoped,
  Effect.catchTag("SqlError", databaseFailed),
)

/** Opens a file until the scope ends; fails if it is not an export of this Confab's level. */
export const openExport = Effect.fnUntraced(function* (path: string) {
  const archive = yield* readArchive(path)
  yield* checkLevel(archive.header)
  return archive
})
