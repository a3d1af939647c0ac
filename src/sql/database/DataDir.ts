// The directory of embedded mode, used by one server at a time.
import { mkdirSync, statSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Effect, Schema } from "effect"
import { closeDataDir, closeFile } from "../pglite/privateFiles.ts"

export class DataDirInUse extends Schema.TaggedError<DataDirInUse>()("DataDirInUse", { dataDir: Schema.String }) {
  override get message(): string {
    return `Another server is using ${this.dataDir}. Stop it, or give this one its own DATA_DIR.`
  }
}

/** The directory cannot be made, read or written. */
export class DataDirUnusable extends Schema.TaggedError<DataDirUnusable>()("DataDirUnusable", {
  dataDir: Schema.String,
  cause: Schema.Defect(),
}) {
  override get message(): string {
    return `The DATA_DIR ${this.dataDir} cannot be used: ${this.cause instanceof Error ? this.cause.message : this.cause}`
  }
}

/** SQLite's "database is locked". */
const busy = 5

const isBusy = (cause: unknown): boolean =>
  typeof cause === "object" && cause !== null && "errcode" in cause && cause.errcode === busy

/** Node's recursive mkdir never returns where no directory can be made, such as in /proc. */
const makeDirectory = (path: string): void => {
  const make = () => mkdirSync(path, { mode: 0o700 })
  try {
    make()
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined
    if (code === "EEXIST" && statSync(path).isDirectory()) return
    if (code !== "ENOENT" || dirname(path) === path) throw cause
    makeDirectory(dirname(path))
    make()
  }
}

/**
 * Creates the directory if needed and locks it until the scope ends; returns its absolute path. The lock is the
 * operating system's own lock on a file (taken through SQLite, since Node has no other access to it): it ends with the
 * process in every case, and works between processes in different containers.
 */
export const holdDataDir = (dataDir: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.try({
        try: () => {
          makeDirectory(resolve(dataDir))
          closeDataDir(dataDir)
          const lock = new DatabaseSync(join(dataDir, "lock"))
          closeFile(join(dataDir, "lock"))
          lock.exec("begin exclusive")
          return lock
        },
        catch: (cause) =>
          isBusy(cause)
            ? new DataDirInUse({ dataDir: resolve(dataDir) })
            : new DataDirUnusable({ dataDir: resolve(dataDir), cause }),
      }),
      (lock) => Effect.sync(() => lock.close()),
    ),
    () => resolve(dataDir),
  )
