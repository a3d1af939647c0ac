// How much room there is for the embedded database's files.
import { statfsSync } from "node:fs"
import { Context } from "effect"

const MiB = 1_048_576

/** With less the database takes no more writes, so that there always is room for its log, without which it cannot go on … */
export const tooLittle = 48 * MiB
/** … and with so much it takes them again. */
export const enough = 64 * MiB
/** What a new database takes, and enough beside it. */
export const forNew = 128 * MiB

export const inMiB = (bytes: number): number => Math.floor(bytes / MiB)

/** Bytes that are left where a directory is. */
export const FreeSpace = Context.Reference<(directory: string) => number>("confab/sql/pglite/FreeSpace", {
  defaultValue: () => (directory) => {
    const { bavail, blocks, bsize } = statfsSync(directory)
    // Some network file systems do not say.
    return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize
  },
})
