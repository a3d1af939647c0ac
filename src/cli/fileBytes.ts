// The place of files that the settings name, as an export reads it and an import fills it.
import { Effect } from "effect"
import { Blobs, SenderGone } from "../blobs/Blobs.ts"
import { Settings } from "../config/Settings.ts"
import type { FileSource, FileTarget } from "../sql/transfer/files.ts"
import { TransferFailed } from "../sql/transfer/TransferFailed.ts"

/** For the operator: which place it is. */
export const placeOfFiles = Effect.map(Settings, ({ files }) => {
  if (files._tag === "Off") return "nowhere: files are off"
  return files._tag === "S3" ? `the bucket ${files.bucket} at ${files.endpoint}` : files.directory
})

/** Asked before the database is opened, which may make or migrate it. */
export const requireFiles = (purpose: string) =>
  Effect.gen(function* () {
    const { files } = yield* Settings
    if (files._tag !== "Off") return
    const why = files.reason === "FILES" ? "FILES=off is set" : "S3_ENDPOINT or FILES_DIR is missing"
    return yield* new TransferFailed({ message: `${purpose}, and this server keeps no files: ${why}.` })
  }).pipe(Effect.provide(Settings.layer))

/** The store has written its reason to the log. */
const failed = (message: string) => () => Effect.fail(new TransferFailed({ message }))

export const fileSource = Effect.gen(function* () {
  const blobs = yield* Blobs
  const place = yield* placeOfFiles
  if (!blobs.isOn) {
    return yield* new TransferFailed({ message: "This server keeps no files. Export without --files." })
  }
  return {
    open: (id) => Effect.catch(blobs.open(id), failed(`The file ${id} cannot be read in ${place}.`)),
  } satisfies FileSource
})

/** The store does not log it as a fault of its own when the archive breaks off. */
async function* untilGone(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks
  } catch {
    throw new SenderGone()
  }
}

const drain = (chunks: AsyncIterable<Uint8Array>) =>
  Effect.tryPromise({
    try: async () => {
      for await (const _ of chunks);
    },
    catch: () => new TransferFailed({ message: "The export broke off." }),
  })

/** undefined: the server keeps no files. `stored` counts those that were stored so far; bytes that are there are kept. */
export const fileTarget = Effect.gen(function* () {
  const blobs = yield* Blobs
  const place = yield* placeOfFiles
  if (!blobs.isOn) return undefined
  const target = {
    stored: 0,
    store: ({ bytes, chunks, id }) =>
      Effect.gen(function* () {
        const notStored = failed(`The file ${id} cannot be stored in ${place}.`)
        if ((yield* Effect.catch(blobs.sizeOf(id), notStored)) === bytes) yield* drain(chunks)
        else {
          const spooled = yield* Effect.catch(blobs.spool(untilGone(chunks)), notStored)
          if (spooled.size !== bytes) {
            return yield* new TransferFailed({ message: `The file ${id} has ${spooled.size} bytes, not ${bytes}.` })
          }
          yield* Effect.catch(blobs.put(id, spooled), notStored)
        }
        target.stored++
      }).pipe(Effect.scoped),
  } satisfies FileTarget & { stored: number }
  return target
})
