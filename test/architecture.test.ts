// Holds the rooms of src/ and web/ apart: every import is read and must follow the map below.
import { globSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { describe, expect, it } from "vitest"

const root = join(import.meta.dirname, "..")
const actors = ["domain", "kinds", "contract", "sql", "broadcast", "config"]
const services = [...actors, "actors"]
const edges = [...services, "services"]

/** Room → the rooms that it may import. */
const arrows: Record<string, ReadonlyArray<string>> = {
  domain: [],
  config: [],
  kinds: ["domain"],
  contract: ["domain", "kinds"],
  sql: ["domain", "kinds", "config"],
  broadcast: ["domain", "kinds", "config"],
  actors,
  services,
  edge: edges,
  hub: edges,
  sockets: [...edges, "edge", "hub"],
  http: [...edges, "edge"],
  client: ["domain", "kinds", "contract"],
  web: ["domain", "contract", "client"],
  demo: ["domain", "contract", "client", "config"],
  main: [...edges, "edge", "hub", "sockets", "http"],
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
    expect(wrong).toEqual([])
  })

  it("have no file that is too long to be read at once", () => {
    const lines = (file: string) => read(file).split("\n").length - 1
    expect(files.filter((file) => file.startsWith("src/") && lines(file) > 350)).toEqual([])
  })
})
