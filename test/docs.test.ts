// The documents name files and tests of the code; their statements about those must stay true.
import { existsSync, globSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { describe, expect, it } from "vitest"

const root = join(import.meta.dirname, "..")
const read = (path: string) => readFileSync(join(root, path), "utf8")
const linked = (markdown: string): ReadonlyArray<string> =>
  [...markdown.matchAll(/\]\(([^)#]+)\)/g)].map(([, target = ""]) => relative(root, join(root, "docs", target)))
const isCode = (path: string) => /^(?:src|test)\/.*\.ts$/.test(path)

describe("docs/adding-a-feature.md", () => {
  const page = read("docs/adding-a-feature.md")
  const [, byHand = "", byTable = ""] = page.split(/^## By hand$|^## By the table$/m)

  it("names files that exist", () => {
    expect(linked(page).filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it("names as written by hand only files that name pins", () => {
    const files = linked(byHand).filter(isCode)
    expect(files.length).toBeGreaterThan(30)
    expect(files.filter((path) => !/\b(?:pins?|\w*Pins?)\b/.test(read(path)))).toEqual([])
  })

  it("names as derived only files that know records, and that do not name pins themselves", () => {
    const files = linked(byTable.split("\n[reaction.ts]")[0] ?? "").filter(isCode)
    expect(files.length).toBeGreaterThan(15)
    expect(files.filter((path) => !/\brecords?\b|Record(?:ed|s|Set|Row)?\b/.test(read(path)))).toEqual([])
    const ownError = "src/actors/remote/CommandWire.ts"
    const naming = files.filter((path) => path !== ownError && /\bkinds\.pin\b|["']pin["']|Pins?\b/.test(read(path)))
    expect(naming).toEqual([])
  })

  it("names every file that depends on the kinds of records", () => {
    const named = new Set(linked(page))
    const depends = globSync("src/**/*.ts", { cwd: root }).filter((path) =>
      /from "(?:\.\.?\/)+kinds\/(?!State|Job)|\bTooManyPins\b/.test(read(path)),
    )
    expect(depends.filter((path) => !named.has(path))).toEqual([])
  })
})

describe("docs/glossary.md", () => {
  const page = read("docs/glossary.md")
  const terms = [...page.matchAll(/^- \*\*([^*]+)\*\*/gm)].map(([, term = ""]) => term)

  it("has its terms once each, in alphabetical order under each heading", () => {
    expect(new Set(terms).size).toBe(terms.length)
    for (const section of page.split(/^## /m).slice(1)) {
      const here = [...section.matchAll(/^- \*\*([^*]+)\*\*/gm)].map(([, term = ""]) => term.toLowerCase())
      expect(here).toEqual(here.toSorted())
    }
  })

  it("names for each term a file that exists", () => {
    const entries = page.split(/^- (?=\*\*)/m).slice(1)
    expect(entries.length).toBe(terms.length)
    for (const entry of entries) {
      const files = linked(entry.split("\n## ")[0] ?? "")
      expect(files.length, entry).toBeGreaterThan(0)
      expect(files.filter((path) => !existsSync(join(root, path)))).toEqual([])
    }
  })
})

describe("docs/messenger.md", () => {
  it("names tests that exist", () => {
    const rows = read("docs/messenger.md")
      .split("\n")
      .filter((line) => line.startsWith("| ") && line.includes("](../test/"))
    expect(rows.length).toBeGreaterThan(15)
    const missing = rows.flatMap((row) => {
      const [, ...parts] = row.split(/\]\((\.\.\/test\/[^)]+)\)/)
      return parts.flatMap((part, i) => {
        if (i % 2 === 1) return []
        const code = read(join("docs", part))
        const names = [...(parts[i + 1] ?? "").matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name)
        return names.filter((name) => !code.includes(`"${name}"`))
      })
    })
    expect(missing).toEqual([])
  })
})

describe("docs/decisions", () => {
  const files = globSync("docs/decisions/0*.md", { cwd: root }).toSorted()
  const layout =
    /^# (\d+)\. .+\n\n- Date: \d{4}-\d\d-\d\d\n- Status: .+\n\n## Context\n[\s\S]+?\n## Decision\n[\s\S]+?\n## Consequences\n[\s\S]+\n$/

  it("have one layout, and numbers without gaps", () => {
    expect(files.filter((path) => !layout.test(read(path)))).toEqual([])
    expect(files.map((path) => Number(layout.exec(read(path))?.[1]))).toEqual(files.map((_, i) => i + 1))
  })

  it("are all in the index", () => {
    const index = read("docs/decisions/README.md")
    expect(files.filter((path) => !index.includes(`(${path.replace("docs/decisions/", "")})`))).toEqual([])
  })
})
