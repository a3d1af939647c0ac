// Holds the rooms of src/ and web/ apart: every import is read and must follow the map below.
import { globSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { describe, expect, it } from "vitest"

const root = join(import.meta.dirname, "..")
const actors = ["domain", "kinds", "contract", "sql", "broadcast", "config"]
const services = [...actors, "actors", "blobs", "pictures", "scanner"]
const edges = [...services, "services"]

/** Room → the rooms that it may import. */
const arrows: Record<string, ReadonlyArray<string>> = {
  domain: [],
  config: [],
  kinds: ["domain"],
  contract: ["domain", "kinds"],
  sql: ["domain", "kinds", "config"],
  broadcast: ["domain", "kinds", "config"],
  blobs: ["domain", "config"],
  pictures: ["domain", "config"],
  scanner: ["domain", "config"],
  actors,
  services,
  followers: edges,
  jobs: [...edges, "followers"],
  edge: edges,
  hub: edges,
  sockets: [...edges, "edge", "hub"],
  http: [...edges, "edge"],
  client: ["domain", "kinds", "contract"],
  web: ["domain", "contract", "client"],
  demo: ["domain", "contract", "client", "config"],
  // The server itself starts by src/main.ts.
  cli: [...edges, "main", "demo"],
  main: [...edges, "jobs", "edge", "hub", "sockets", "http"],
}

/** `src/sql/chats/ChatStore.ts` → `sql`; `src/main.ts` → `main`; `web/ui/Button.tsx` → `web`. */
const roomOf = (path: string): string => {
  const [top = "", room = ""] = path.split("/")
  return top === "src" ? room.replace(/\.ts$/, "") : top
}

const files = globSync(["src/**/*.ts", "web/**/*.{ts,tsx}"], { cwd: root, exclude: ["web/dist/**"] })
const read = (path: string) => readFileSync(join(root, path), "utf8")
const importsOf = (path: string): ReadonlyArray<string> =>
  [...read(path).matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map((match) => match[1] ?? "")

/** The files of `src` and `web` that a file imports, types included: a circle of types is read like any other. */
const neighbours = new Map(
  files.map((file) => {
    const targets = importsOf(file)
      .filter((target) => target.startsWith("."))
      .map((target) => relative(root, join(root, dirname(file), target)))
    return [file, targets.filter((target) => files.includes(target))]
  }),
)

/** The shortest way from a file along the imports back to it; undefined: there is none. */
const circleOf = (file: string): ReadonlyArray<string> | undefined => {
  const cameFrom = new Map<string, string>()
  const queue = [file]
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    for (const next of neighbours.get(at) ?? []) {
      if (cameFrom.has(next)) continue
      cameFrom.set(next, at)
      if (next !== file) queue.push(next)
    }
  }
  if (!cameFrom.has(file)) return undefined
  const circle = [file]
  for (let at = cameFrom.get(file); at !== undefined && at !== file; at = cameFrom.get(at)) circle.unshift(at)
  return [file, ...circle]
}

describe("the rooms", () => {
  it("import one another only along the arrows of the map", () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith("."))
        .map((target) => relative(root, join(root, dirname(file), target)))
        .filter((target) => roomOf(target) !== roomOf(file) && !target.endsWith(".css"))
        .filter((target) => !(arrows[roomOf(file)] ?? []).includes(roomOf(target)))
        .map((target) => `${file} → ${target}`),
    )
    expect(wrong).toEqual([])
  })

  it("leave the domain on Effect alone, and the client on Effect and what Node itself has", () => {
    const wrong = files
      .filter((file) => ["domain", "contract", "client"].includes(roomOf(file)))
      .flatMap((file) => importsOf(file).map((target) => [file, target] as const))
      .filter(([, target]) => !target.startsWith(".") && !/^effect(\/|$)/.test(target))
      .filter(([file, target]) => roomOf(file) !== "client" || !target.startsWith("node:"))
      .filter(([file, target]) => file !== "src/client/react.ts" || target !== "react")
    expect(wrong).toEqual([])
  })

  it("have no circle of files", () => {
    expect(files.flatMap((file) => circleOf(file)?.join(" → ") ?? [])).toEqual([])
  })

  it("have no file that is too long to be read at once", () => {
    const lines = (file: string) => read(file).split("\n").length - 1
    expect(files.filter((file) => file.startsWith("src/") && lines(file) > 350)).toEqual([])
  })
})
