// The files of the embedded database are for the account alone that the server runs as. PGlite makes them open to all, whatever the
// umask is: PostgreSQL asks for that through Emscripten's file system, which sets the mode of each new file explicitly.
import { chmodSync, type Dirent, lstatSync, readdirSync } from "node:fs"
import { join } from "node:path"
import type { PGlite, postgresMod } from "@electric-sql/pglite"
import { NodeFS } from "@electric-sql/pglite/nodefs"

const others = 0o077

/** Takes from each mode what others have. */
const closeToOthers = ({ FS }: postgresMod.PostgresMod): void => {
  const { chmod, mknod } = FS
  Object.assign(FS, {
    chmod: (path: string, mode: number, dontFollow?: boolean) => chmod.call(FS, path, mode & ~others, dontFollow),
    mknod: (path: string, mode: number, dev: number) => mknod.call(FS, path, mode & ~others, dev),
  })
}

/** A directory whose new files are for this account alone. */
export class PrivateFiles extends NodeFS {
  override async init(db: PGlite, options: Partial<postgresMod.PostgresMod>) {
    const { emscriptenOpts } = await super.init(db, options)
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), closeToOthers] } }
  }
}

/** Whether it is this account's, and others have something of it. */
const isOpen = (path: string): boolean => {
  const { mode, uid } = lstatSync(path)
  return uid === process.getuid?.() && (mode & others) !== 0
}

/** Closes a file or directory to others. */
export const closeFile = (path: string): void => {
  if (isOpen(path)) chmodSync(path, lstatSync(path).mode & 0o700)
}

/** Closes a directory, and all that is in it, to others. It comes last: as long as it is open, all has to be looked at. */
export const closeDirectory = (directory: string): void => {
  if (!isOpen(directory)) return
  const inside = readdirSync(directory, { recursive: true, withFileTypes: true })
  for (const entry of inside) if (!entry.isSymbolicLink()) closeFile(join(entry.parentPath, entry.name))
  closeFile(directory)
}

/** What Confab puts into its DATA_DIR, and what is in a directory that is nobody's yet. */
const isKnown = ({ name }: Dirent): boolean =>
  /^(?:pg|pg\.new|run|lock|jwt-secret(?:\..*)?|files|mail|lost\+found)$/.test(name)

/** Closes the DATA_DIR to others, unless it has what is not Confab's: then it may be open on purpose. */
export const closeDataDir = (dataDir: string): void => {
  if (readdirSync(dataDir, { withFileTypes: true }).every(isKnown)) closeFile(dataDir)
}
