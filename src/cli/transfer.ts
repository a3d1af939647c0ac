// confab export and confab import: all rows of a server, and the bytes of its files, into a file and out of it.
import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { Blobs } from "../blobs/Blobs.ts"
import { version } from "../contract/version.ts"
import { Database } from "../sql/database/Database.ts"
import { migrationNames } from "../sql/database/migrate.ts"
import type { FileSum } from "../sql/transfer/archive.ts"
import { exportDatabase } from "../sql/transfer/exportDatabase.ts"
import { importDatabase, openExport } from "../sql/transfer/importDatabase.ts"
import type { Moved } from "../sql/transfer/progress.ts"
import { fileSource, fileTarget, placeOfFiles, requireFiles } from "./fileBytes.ts"
import { withTables } from "./operators.ts"
import { count, grouped, print, table } from "./output.ts"
import { withProgress } from "./progressBar.ts"

const file = (description: string) => Argument.String("file").pipe(Argument.withDescription(description))

const sumOf = (moved: ReadonlyArray<Moved>): number => moved.reduce((sum, { rows }) => sum + rows, 0)

const sorted = (moved: ReadonlyArray<Moved>) => moved.toSorted((a, b) => (a.table < b.table ? -1 : 1))

const MiB = 1_048_576

const sizeOf = (bytes: number): string => `${(bytes / MiB).toFixed(1)} MiB`

const filesOf = ({ bytes, files }: FileSum): string => `${count(files, "file")} (${sizeOf(bytes)})`

/** Files whose bytes the exporting server did not have. */
const missing = (all: FileSum, moved: FileSum): string =>
  all.files === moved.files
    ? ""
    : ` The bytes of ${count(all.files - moved.files, "file")} were missing: those answer 404.`

export const exportTo = Command.make(
  "export",
  {
    file: file("The file to make, which must not exist"),
    files: Flag.Boolean("files").pipe(
      Flag.withDescription("Takes the bytes of uploaded files along, from FILES_DIR or the S3 store"),
      Flag.withDefault(false),
    ),
  },
  Effect.fnUntraced(function* (given) {
    if (given.files) yield* requireFiles("The bytes of files are to be exported")
    yield* withTables(
      Effect.gen(function* () {
        const { location } = yield* Database
        const source = given.files ? yield* fileSource : undefined
        const { counts, files, size, written } = yield* withProgress("Exporting", (onProgress) =>
          exportDatabase(given.file, version, onProgress, source),
        )
        yield* print(
          table(
            ["TABLE", "ROWS"],
            sorted(counts).map(({ rows, table }) => [table, grouped(rows)]),
          ),
        )
        const place = `${given.file} (${sizeOf(size)})`
        if (written !== undefined) {
          yield* print(
            `\n${count(sumOf(counts), "row")} of ${location} and the bytes of ${filesOf(written)} are in ${place}.${missing(files, written)}`,
          )
          return
        }
        yield* print(`\n${count(sumOf(counts), "row")} of ${location} are in ${place}.`)
        if (files.files > 0) {
          yield* print(
            `The bytes of ${filesOf(files)} are not. The new server needs the same FILES_DIR or S3 store, or an export with --files.`,
          )
        }
      }).pipe(Effect.provide(given.files ? Blobs.layer : Blobs.layerOff)),
    )
  }),
).pipe(Command.withDescription("Writes the whole database into a new file, for confab import"))

export const importFrom = Command.make("import", { file: file("What confab export wrote") }, (given) =>
  Effect.gen(function* () {
    const archive = yield* openExport(given.file)
    const bytes = archive.header.files?.files ?? 0
    if (bytes > 0) yield* requireFiles(`The export has the bytes of ${count(bytes, "file")}`)
    const last = archive.header.migrations.at(-1)
    yield* withTables(
      Effect.gen(function* () {
        const { location } = yield* Database
        const place = yield* placeOfFiles
        const target = yield* fileTarget
        const { counts, files, stored } = yield* withProgress("Importing", (onProgress) =>
          importDatabase(archive, onProgress, target),
        ).pipe(
          Effect.onError(() =>
            target === undefined || target.stored === 0
              ? Effect.void
              : Console.error(
                  `The bytes of ${count(target.stored, "file")} stay in ${place}; another import of this export takes them over.`,
                ),
          ),
        )
        const written = new Map(archive.header.tables.map(({ name, rows }) => [name, rows]))
        yield* print(
          table(
            ["TABLE", "IN THE FILE", "IN THE DATABASE"],
            sorted(counts).map(({ rows, table }) => [table, grouped(written.get(table) ?? 0), grouped(rows)]),
          ),
        )
        yield* print(`\n${count(sumOf(counts), "row")} of ${given.file} are in ${location}.`)
        if (files.files === 0) return
        yield* print(
          stored === undefined
            ? `The bytes of ${filesOf(files)} are not in it: docs/operations.md has how to move them.`
            : `The bytes of ${filesOf(stored)} are in ${place}.${missing(files, stored)}`,
        )
      }).pipe(Effect.provide(bytes === 0 ? Blobs.layerOff : Blobs.layer)),
      last,
    )
    if (last !== migrationNames.at(-1))
      yield* withTables(print(`The tables are up to date (${migrationNames.at(-1)}).`))
  }).pipe(Effect.scoped),
).pipe(Command.withDescription("Fills an empty database from a file of confab export; all of it or nothing"))
