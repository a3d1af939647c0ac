// The bytes of files in an export. Does not own where they are kept: src/blobs.
import type { PgConnection } from "@effect/sql-pg"
import { Effect } from "effect"
import type { ArchivedFile, ArchiveReader, ArchiveWriter, FileSum } from "./archive.ts"
import { TransferFailed } from "./TransferFailed.ts"

export interface FileSource {
  /** undefined: there are no such bytes. */
  open(id: string): Effect.Effect<AsyncIterable<Uint8Array> | undefined, TransferFailed>
}

export interface FileTarget {
  /** Reads all chunks. The bytes are durable when this succeeds. */
  store(file: ArchivedFile): Effect.Effect<void, TransferFailed>
}

/** How many files so far. */
type OnFile = (files: number) => Effect.Effect<void>

/** Not those that nothing has any more: a job deletes them. */
const usedBlobs = `
  from blobs b where exists (select from files f where f.blob = b.id) or exists (select from files f where f.thumb = b.id)`

/** The files of the database and, as it says, their bytes; a picture's thumbnail counts as a file. */
export const sumOfFiles = Effect.fnUntraced(function* (connection: PgConnection.PgConnection) {
  const [row] = yield* connection.queryValues(`select count(*)::float8, coalesce(sum(b.size), 0)::float8 ${usedBlobs}`)
  return { files: Number(row?.[0]), bytes: Number(row?.[1]) } satisfies FileSum
})

const pageFiles = 1_000

/** Within the transaction of the export. Returns what is written; files whose bytes are gone are not. */
export const writeFiles = Effect.fnUntraced(function* (
  connection: PgConnection.PgConnection,
  writer: ArchiveWriter,
  source: FileSource,
  onFile: OnFile,
) {
  const written = { files: 0, bytes: 0 }
  yield* connection.query(
    `declare "export of bytes" no scroll cursor for select b.id::text, b.size::float8 ${usedBlobs} order by b.id`,
  )
  for (let seen = 0, isLast = false; !isLast; ) {
    const page = yield* connection.queryValues(`fetch forward ${pageFiles} from "export of bytes"`)
    for (const [id, size] of page) {
      const file = { id: String(id), bytes: Number(size) }
      const chunks = yield* source.open(file.id)
      if (chunks !== undefined) {
        const bytes = yield* writer.file({ ...file, chunks })
        if (bytes !== file.bytes) {
          return yield* new TransferFailed({
            message: `The file ${file.id} has ${bytes} bytes where it is kept, and ${file.bytes} by the database. Remove it there, so that it counts as missing, or export without files.`,
          })
        }
        written.files++
        written.bytes += bytes
      }
      seen++
      yield* onFile(seen)
    }
    isLast = page.length < pageFiles
  }
  yield* writer.fileSum(written)
  return written satisfies FileSum
})

/** Returns what is stored, which is what the file has. */
export const readFiles = Effect.fnUntraced(function* (archive: ArchiveReader, target: FileTarget, onFile: OnFile) {
  const stored = { files: 0, bytes: 0 }
  for (;;) {
    const next = yield* archive.nextFile
    if (!("chunks" in next)) {
      if (next.files === stored.files && next.bytes === stored.bytes) return next
      return yield* new TransferFailed({
        message: `${stored.files} files with ${stored.bytes} bytes are stored, other than the export has.`,
      })
    }
    // If the archive broke off, that is why the target failed.
    yield* Effect.catch(target.store(next), (failure) => Effect.andThen(archive.isWhole, Effect.fail(failure)))
    stored.files++
    stored.bytes += next.bytes
    yield* onFile(stored.files)
  }
})
