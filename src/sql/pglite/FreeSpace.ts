// The free disk space for the embedded database's files.
import { statfsSync } from "node:fs"
import { Context } from "effect"

const MiB = 1_048_576

/** Below this the database accepts no writes, so that its log, without which it cannot run, always has space. */
export const tooLittle = 48 * MiB
/** From this on it accepts writes again. */
export const enough = 64 * MiB
/** The size of a new database and a reserve. */
export const forNew = 128 * MiB

export const inMiB = (bytes: number): number => Math.floor(bytes / MiB)

/** Free bytes in the file system of a directory. */
export const FreeSpace = Context.Reference<(directory: string) => number>("confab/sql/pglite/FreeSpace", {
  defaultValue: () => (directory) => {
    const { bavail, blocks, bsize } = statfsSync(directory)
    // Some network file systems do not report it.
    return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize
  },
})
