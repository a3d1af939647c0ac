// Directories for servers under test. Who takes one removes it.
import { cpSync, lstatSync, mkdtempSync, readdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** With a space in its path. */
export const emptyDataDir = (): string => mkdtempSync(join(tmpdir(), "confab test "))

/** Puts into it what a first start of an embedded database leaves, where firstStart.ts has made one; gives the directory. */
export const startedBefore = (directory: string): string => {
  const { STARTED_DATA_DIR } = process.env
  if (STARTED_DATA_DIR !== undefined) cpSync(join(STARTED_DATA_DIR, "pg"), join(directory, "pg"), { recursive: true })
  return directory
}

/** What of it, or in it, other accounts may read, write or enter. */
export const openToOthers = (directory: string): ReadonlyArray<string> =>
  ["", ...readdirSync(directory, { recursive: true, encoding: "utf8" })].filter(
    (name) => (lstatSync(join(directory, name)).mode & 0o077) !== 0,
  )
