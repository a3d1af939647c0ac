// Makes the embedded database's files accessible only to the account that the server runs as. PGlite opens them to all
// accounts, whatever the umask is: PostgreSQL sets the mode of each new file explicitly through Emscripten's file
// system.
import { chmodSync, type Dirent, lstatSync, readdirSync } from "node:fs"
import { join } from "node:path"
import type { PGlite, postgresMod } from "@electric-sql/pglite"
import { NodeFS } from "@electric-sql/pglite/nodefs"

const others = 0o077

/** Removes the permissions of other accounts from each mode. */
const closeToOthers = ({ FS }: postgresMod.PostgresMod): void => {
  const { chmod, mknod } = FS
  Object.assign(FS, {
    chmod: (path: string, mode: number, dontFollow?: boolean) => chmod.call(FS, path, mode & ~others, dontFollow),
    mknod: (path: string, mode: number, dev: number) => mknod.call(FS, path, mode & ~others, dev),
  })
}

/** A directory whose new files are accessible only to this account. */
export class PrivateFiles extends NodeFS {
  override async init(db: PGlite, options: Partial<postgresMod.PostgresMod>) {
    const { emscriptenOpts } = await super.init(db, options)
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), closeToOthers] } }
  }
}

/** Whether the file belongs to this account and other accounts have permissions on it. */
const isOpen = (path: string): boolean => {
  const { mode, uid } = lstatSync(path)
  return uid === process.getuid?.() && (mode & others) !== 0
}

/** Removes the permissions of other accounts from a file or directory. */
export const closeFile = (path: string): void => {
  if (isOpen(path)) chmodSync(path, lstatSync(path).mode & 0o700)
}

/**
 * Removes the permissions of other accounts from a directory and everything in it. The directory comes last, so that an
 * interrupted run starts again.
 */
export const closeDirectory = (directory: string): void => {
  if (!isOpen(directory)) return
  const inside = readdirSync(directory, { recursive: true, withFileTypes: true })
  for (const entry of inside) if (!entry.isSymbolicLink()) closeFile(join(entry.parentPath, entry.name))
  closeFile(directory)
}

/** What Confab puts into its DATA_DIR, and what a new volume contains. */
const isKnown = ({ name }: Dirent): boolean =>
  /^(?:pg|pg\.new|run|lock|jwt-secret(?:\..*)?|files|mail|lost\+found)$/.test(name)

/** Closes the DATA_DIR to other accounts, unless it contains other files: then it may be open on purpose. */
export const closeDataDir = (dataDir: string): void => {
  if (readdirSync(dataDir, { withFileTypes: true }).every(isKnown)) closeFile(dataDir)
}
