// The directory of uploads that are under way. Its files belong to no blob until they are put; any server that
// uses the directory deletes what a server that died has left here.
import { createHash, randomUUID } from "node:crypto"
import { type FileHandle, mkdir, open, readdir, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { Clock, Effect, type Scope } from "effect"
import type { Unavailable } from "../domain/errors.ts"
import { attempt } from "./attempt.ts"
import { type BlobsShape, headBytes, type Spooled } from "./shape.ts"

/** Far longer than an upload stands still or is processed, milliseconds. */
const leftMillis = 60 * 60_000
const sweepEvery = "10 minutes"

const writeAll = async (file: FileHandle, chunk: Uint8Array): Promise<void> => {
  for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten
}

const receive = async (path: string, chunks: AsyncIterable<Uint8Array>): Promise<Spooled> => {
  const file = await open(path, "wx", 0o600)
  try {
    const hash = createHash("sha256")
    const head: Array<Uint8Array> = []
    let size = 0
    /** The chunk before is written while the next one arrives and is hashed. */
    let writing = Promise.resolve()
    try {
      for await (const chunk of chunks) {
        if (size < headBytes) head.push(chunk.slice(0, headBytes - size))
        hash.update(chunk)
        size += chunk.length
        await writing
        writing = writeAll(file, chunk)
        // A failure is thrown where it is awaited.
        writing.catch(() => {})
      }
    } finally {
      await writing
    }
    await file.sync()
    return { path, size, sha256: hash.digest("hex"), head: Buffer.concat(head) }
  } finally {
    await file.close()
  }
}

/** Reads a file of another program, which has written it here. */
export const measure = Effect.fnUntraced(function* (path: string) {
  return yield* attempt("An upload could not be read", async () => {
    const file = await open(path, "r+")
    try {
      const hash = createHash("sha256")
      let size = 0
      for await (const chunk of file.createReadStream({ autoClose: false })) {
        hash.update(chunk)
        size += chunk.length
      }
      await file.sync()
      return { path, size, sha256: hash.digest("hex") }
    } finally {
      await file.close()
    }
  })
})

const sweep = async (directory: string, now: number): Promise<void> => {
  for (const name of await readdir(directory)) {
    const path = join(directory, name)
    // It may have been put in the meantime.
    const found = await stat(path).catch(() => undefined)
    if (found !== undefined && now - found.mtimeMs > leftMillis) await rm(path, { force: true })
  }
}

type Spool = Pick<BlobsShape, "spool" | "draft">

/** In this directory, which it makes. */
export const makeSpool = Effect.fnUntraced(function* (
  directory: string,
): Effect.fn.Return<Spool, Unavailable, Scope.Scope> {
  yield* attempt("The directory of uploads cannot be made", () => mkdir(directory, { recursive: true, mode: 0o700 }))
  const draft: Spool["draft"] = Effect.acquireRelease(
    Effect.sync(() => join(directory, randomUUID())),
    (path) => Effect.promise(() => rm(path, { force: true }).catch(() => undefined)),
  )
  yield* Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    yield* Effect.ignore(attempt("Left uploads could not be deleted", () => sweep(directory, now)))
    yield* Effect.sleep(sweepEvery)
  }).pipe(Effect.forever, Effect.forkScoped)
  return {
    draft,
    spool: (chunks) =>
      Effect.flatMap(draft, (path) => attempt("An upload could not be written", () => receive(path, chunks))),
  }
})
