// Sorts the test files by the processes that they need: their imports show it, so there is no list to maintain.
import { globSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"

const root = join(import.meta.dirname, "../..")

/** What starts a process: a server, a database, a browser, another program. */
const starters = new Set(["node:child_process", "playwright-core"])

/** What opens a database that the run or the test has started. */
const opensDatabase = /\binject\("postgresUrl"\)|\blayerEmbedded\b/

const imported = /(?:from|import)\s*\(?\s*"([^"]+)"/g

/** Also by what it imports of test/; the sources start nothing by themselves. */
const needsMore = (path: string, seen = new Set<string>()): boolean => {
  if (seen.has(path)) return false
  seen.add(path)
  const code = readFileSync(join(root, path), "utf8")
  return (
    opensDatabase.test(code) ||
    [...code.matchAll(imported)].some(([, target = ""]) => {
      if (starters.has(target)) return true
      const file = normalize(join(dirname(path), target))
      return target.startsWith(".") && file.startsWith("test/") && needsMore(file, seen)
    })
  )
}

const all = globSync("test/**/*.test.ts", { cwd: root }).toSorted()

/** Those whose several servers watch each other's pulse. */
const areInstallations = (path: string) => /^test\/(?:cluster|faults)\//.test(path) && needsMore(path)

export const unit: ReadonlyArray<string> = all.filter((path) => !needsMore(path))
export const installations: ReadonlyArray<string> = all.filter(areInstallations)
export const servers: ReadonlyArray<string> = all.filter((path) => needsMore(path) && !areInstallations(path))
