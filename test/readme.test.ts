// What the pages promise must be there: links, settings, scripts.
import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { ConfigProvider, Effect, Exit, Layer } from "effect"
import { expect, it } from "vitest"
import { Settings } from "../src/config/Settings.ts"

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
  const settings = [...read("src/config/Settings.ts").matchAll(/(?:Variable\.\w+|trustProxy)\("([A-Z_]+)"/g)].map(
    (match) => match[1],
  )
  const table = readme.split("## Settings")[1]?.split("\n## ")[0] ?? ""
  const rows = table.split("\n").filter((line) => line.startsWith("| `"))
  const described = rows.flatMap((row) =>
    [...(row.split("|")[1] ?? "").matchAll(/`([A-Z_]+)`/g)].map((match) => match[1]),
  )
  expect(new Set(described)).toEqual(new Set(settings))
})

it("the secrets that may be in a file are those that it names", async () => {
  const settings = readme.split("## Settings")[1]?.split("\n## ")[0] ?? ""
  const named = [
    ...(settings.split("A secret may be in a file")[1]?.split("goes for")[1] ?? "").matchAll(/`([A-Z_]+)`/g),
  ]
  const all = [...read("src/config/Settings.ts").matchAll(/(?:Variable\.\w+|trustProxy)\("([A-Z_]+)"/g)].map(
    (match) => match[1] ?? "",
  )
  const refused = await Promise.all(
    all.map(async (name) => {
      const env = ConfigProvider.fromEnv({ env: { [`${name}_FILE`]: "/nowhere" } })
      const settings = Effect.provideService(Layer.build(Settings.layer), ConfigProvider.ConfigProvider, env)
      const exit = await Effect.runPromiseExit(Effect.scoped(settings))
      return Exit.isFailure(exit) ? [name] : []
    }),
  )
  expect(new Set(named.map((match) => match[1]))).toEqual(new Set(refused.flat()))
})

it("every script that one may call is in the README's table", () => {
  const scripts = Object.keys(JSON.parse(read("package.json")).scripts).filter((name) => !name.startsWith("pre"))
  for (const name of scripts)
    expect(readme).toContain(["start", "test"].includes(name) ? `| \`npm ${name}\`` : `| \`npm run ${name}\``)
})
