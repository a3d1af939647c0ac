// What the pages promise must be there: links, settings, scripts.
import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { expect, it } from "vitest"

const root = join(import.meta.dirname, "..")
const read = (path: string) => readFileSync(join(root, path), "utf8")
const readme = read("README.md")

it("every link of the documents leads to a file", () => {
  const dead = globSync(["*.md", "docs/**/*.md"], { cwd: root }).flatMap((page) =>
    [...read(page).matchAll(/\]\(([^)#]+)[^)]*\)/g)]
      .map((match) => match[1] as string)
      .filter((target) => !/^\w+:/.test(target) && !existsSync(join(root, dirname(page), target)))
      .map((target) => `${page} → ${target}`),
  )
  expect(dead).toEqual([])
})

it("every setting is in the README's table, and nothing else", () => {
  const settings = [...read("src/config/Settings.ts").matchAll(/Variable\.\w+\("([A-Z_]+)"/g)].map((match) => match[1])
  const table = readme.split("## Settings")[1]?.split("\n## ")[0] ?? ""
  const rows = table.split("\n").filter((line) => line.startsWith("| `"))
  const described = rows.flatMap((row) =>
    [...(row.split("|")[1] ?? "").matchAll(/`([A-Z_]+)`/g)].map((match) => match[1]),
  )
  expect(new Set(described)).toEqual(new Set(settings))
})

it("every script that one may call is in the README's table", () => {
  const scripts = Object.keys(JSON.parse(read("package.json")).scripts).filter((name) => !name.startsWith("pre"))
  for (const name of scripts)
    expect(readme).toContain(["start", "test"].includes(name) ? `| \`npm ${name}\`` : `| \`npm run ${name}\``)
})
