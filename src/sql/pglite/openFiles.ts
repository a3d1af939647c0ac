// Opens the embedded database's files, or creates them atomically.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { DataDirUnusable } from "../database/DataDir.ts"
import { enough, FreeSpace, forNew, inMiB } from "./FreeSpace.ts"
import { GuardedPGlite } from "./GuardedPGlite.ts"
import { closeDirectory, PrivateFiles } from "./privateFiles.ts"

/** The version of PostgreSQL in PGlite, which opens only files of that version. */
const major = "18"

const start = async (directory: string): Promise<GuardedPGlite> => {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const db = new GuardedPGlite({ fs: new PrivateFiles(directory) })
  await db.waitReady
  return db
}

/** Created under another name until complete: PGlite cannot open the files of a creation that was killed. */
const makeFiles = async (directory: string): Promise<void> => {
  const draft = `${directory}.new`
  rmSync(draft, { recursive: true, force: true })
  const db = await start(draft)
  await db.close()
  renameSync(draft, directory)
}

const versionOf = (directory: string): string => readFileSync(join(directory, "PG_VERSION"), "utf8").trim()

/** This process holds the lock on `dataDir`. */
export const openFiles = Effect.fnUntraced(function* (dataDir: string) {
  const directory = join(dataDir, "pg")
  const freeSpace = yield* FreeSpace
  const unusable = (cause: unknown) => new DataDirUnusable({ dataDir, cause })
  const refuse = (reason: string) => Effect.fail(unusable(new Error(reason)))
  const isNew = !existsSync(directory)
  const [free, needed] = [
    yield* Effect.try({ try: () => freeSpace(dataDir), catch: unusable }),
    isNew ? forNew : enough,
  ]
  if (free < needed) return yield* refuse(`${inMiB(free)} MiB are left on its disk, and ${inMiB(needed)} are needed`)
  if (!isNew) {
    const version = yield* Effect.try({ try: () => versionOf(directory), catch: unusable })
    if (version !== major) {
      return yield* refuse(
        `its files are of PostgreSQL ${version}, and this Confab has ${major}: start the Confab that made them, or give this one its own DATA_DIR`,
      )
    }
  }
  return yield* Effect.tryPromise({
    try: async () => {
      if (isNew) await makeFiles(directory)
      else closeDirectory(directory)
      return await start(directory)
    },
    catch: unusable,
  })
})
