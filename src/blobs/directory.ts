// Bytes in a directory: `<first two digits>/<uuid>`. A file is written elsewhere in the directory first and renamed, so
// that each one is whole; both its bytes and its name are durable before anybody relies on them.
import { access, constants, mkdir, open, rename, rm, stat } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import type { Readable } from "node:stream"
import { Effect } from "effect"
import { attempt } from "./attempt.ts"
import { BlobsUnusable } from "./BlobsUnusable.ts"
import type { BlobsShape, ByteRange } from "./shape.ts"
import { makeSpool } from "./spool.ts"

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT"

/** Makes what was created, renamed or removed in the directory durable. */
const syncDirectory = async (path: string): Promise<void> => {
  const directory = await open(path, "r")
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

const openFile = async (path: string, range: ByteRange | undefined): Promise<Readable | undefined> => {
  try {
    const file = await open(path, "r")
    return file.createReadStream(range === undefined ? {} : { start: range.first, end: range.last })
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

const sizeAt = async (path: string): Promise<number | undefined> => {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

export const makeDirectoryBlobs = Effect.fnUntraced(function* (directory: string) {
  const root = resolve(directory)
  const unusable = (problem: string) =>
    new BlobsUnusable({
      place: `The directory of files ${root}`,
      problem,
      remedy: "Set FILES_DIR to another one, or FILES=off",
    })
  yield* Effect.tryPromise({
    try: async () => {
      await mkdir(root, { recursive: true, mode: 0o700 })
      await access(root, constants.R_OK | constants.W_OK | constants.X_OK)
    },
    catch: (error) => unusable(error instanceof Error ? error.message : String(error)),
  })
  const spool = yield* makeSpool(join(root, "tmp")).pipe(Effect.mapError(() => unusable("its tmp cannot be made")))
  const pathOf = (id: string) => join(root, id.slice(0, 2), id)

  yield* Effect.annotateLogs(Effect.logInfo("Files are kept in a directory"), { directory: root })

  return {
    ...spool,
    isOn: true,
    put: (id, { path }) =>
      attempt("A file could not be stored", async () => {
        const target = pathOf(id)
        if ((await mkdir(dirname(target), { recursive: true, mode: 0o700 })) !== undefined) await syncDirectory(root)
        await rename(path, target)
        await syncDirectory(dirname(target))
      }),
    open: (id, range) => attempt("A file could not be read", () => openFile(pathOf(id), range)),
    sizeOf: (id) => attempt("A file could not be read", () => sizeAt(pathOf(id))),
    remove: (id) => attempt("A file could not be deleted", () => rm(pathOf(id), { force: true })),
  } satisfies BlobsShape
})
