// A user's export with the files themselves, as a tar. The document is written to disk first: its size stands before it.
import { createReadStream } from "node:fs"
import { Readable } from "node:stream"
import { Clock, Effect, Option, Stream } from "effect"
import { Blobs } from "../../blobs/Blobs.ts"
import { Unavailable } from "../../domain/errors.ts"
import type { UserId } from "../../domain/Ids.ts"
import { FileStore, type StoredFile } from "../../sql/files/FileStore.ts"
import { type TarFile, tar } from "./tar.ts"

const page = 200

/** All files of the user, the newest first. */
export const filesOf = (store: FileStore["Service"], user_id: UserId) =>
  Stream.paginate(undefined as StoredFile["file"]["id"] | undefined, (before) =>
    Effect.map(store.list(user_id, { before, limit: page }), (files) => [
      files,
      Option.fromNullishOr(files.length < page ? undefined : files.at(-1)?.file.id),
    ]),
  )

/** Opened when its turn comes, so that nothing stays open without a reader. */
async function* read(open: () => Promise<Readable>): AsyncGenerator<Uint8Array> {
  yield* await open()
}

export const makeArchive = Effect.gen(function* () {
  const store = yield* FileStore
  const blobs = yield* Blobs

  const run = Effect.runPromiseWith(yield* Effect.context<never>())

  /** undefined: its bytes are missing. */
  const entryOf = Effect.fnUntraced(function* ({ blob, created_at, file }: StoredFile) {
    const size = yield* blobs.sizeOf(blob)
    if (size === undefined) return undefined
    const bytes = read(async () => (await run(blobs.open(blob))) ?? Readable.from([]))
    const entry: TarFile = { name: `files/${file.id}-${file.name}`, size, modified: created_at, bytes }
    return entry
  })

  return {
    isOn: blobs.isOn,
    open: Effect.fnUntraced(function* (user_id: UserId, document: Stream.Stream<string, Unavailable>) {
      const { path, size } = yield* blobs.spool(yield* Stream.toAsyncIterableEffect(Stream.encodeText(document)))
      const first: TarFile = {
        name: "confab-export.json",
        size,
        modified: yield* Clock.currentTimeMillis,
        bytes: read(async () => createReadStream(path)),
      }
      const entries = Stream.concat(
        Stream.make(first),
        Stream.filter(Stream.mapEffect(filesOf(store, user_id), entryOf), (entry) => entry !== undefined),
      )
      return Stream.fromAsyncIterable(tar(yield* Stream.toAsyncIterableEffect(entries)), () => new Unavailable())
    }),
  }
})
