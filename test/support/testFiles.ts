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

/** Those that kill servers, databases and connections, and mostly wait until others notice. */
const areInstallations = (path: string) => /^test\/(?:cluster|faults|resilience)\//.test(path) && needsMore(path)

/**
 * Those that take long, the longest first. A run on a fresh clone knows no durations; a long file that began last would run alone
 * until the end.
 */
export const long: ReadonlyArray<string> = [
  "test/simulation/simulation.test.ts",
  "test/security/limits.test.ts",
  "test/client/convergence.test.ts",
  "test/services/fileLives.test.ts",
  "test/web/firstHour.test.ts",
  "test/web/messenger.test.ts",
  "test/client/package.test.ts",
  "test/cli/confab.test.ts",
  "test/web/places.test.ts",
  "test/web/conversation.test.ts",
  "test/web/largeAccounts.test.ts",
  "test/web/mine.test.ts",
  "test/config/Process.test.ts",
  "test/security/fuzz.test.ts",
  "test/client/examples.test.ts",
  "test/web/files.test.ts",
  "test/web/assistive.test.ts",
  "test/security/matrix.test.ts",
  "test/config/Tracing.test.ts",
  "test/client/real-server.test.ts",
  "test/faults/faults.test.ts",
  "test/cluster/nodes.test.ts",
  "test/cluster/scheduled.test.ts",
  "test/cluster/people.test.ts",
]
const missing = long.filter((path) => !all.includes(path))
if (missing.length > 0) throw new Error(`No such test files: ${missing.join(", ")}`)

export const unit: ReadonlyArray<string> = all.filter((path) => !needsMore(path))
export const installations: ReadonlyArray<string> = all.filter(areInstallations)
export const servers: ReadonlyArray<string> = all.filter((path) => needsMore(path) && !areInstallations(path))
