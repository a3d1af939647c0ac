// What the pages promise must be there: links, settings, scripts.
import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { ConfigProvider, Effect, Exit, Layer } from "effect"
import { expect, it } from "vitest"
import { limitSettings, nodeRates, sharedRates, windowRates } from "../src/config/limitSettings.ts"
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

const settingsTable = readme.split("## Settings")[1]?.split("\n## ")[0] ?? ""
const rows = settingsTable.split("\n").filter((line) => line.startsWith("| `"))

it("every limit is in the README's table with its default", () => {
  const limits = Object.values(limitSettings).map(({ fallback, variable }) => `| \`${variable}\` | \`${fallback}\` |`)
  const described = rows.map((row) => row.split("|").slice(0, 3).join("|").concat("|"))
  expect(described).toEqual(expect.arrayContaining(limits))
})

it("every rate is in the list of the metric's labels", () => {
  const line = read("docs/operations.md")
    .split("\n")
    .find((row) => row.startsWith("| `confab_rate_limited_total`"))
  const labels = [...(line ?? "").matchAll(/`(\w+)`/g)].map((match) => match[1])
  const rates = Object.keys({ ...nodeRates, ...sharedRates, ...windowRates })
  expect(labels).toEqual(expect.arrayContaining(rates))
})

const settingsSource = ["Settings", "fileSettings", "s3Settings"].map((name) => read(`src/config/${name}.ts`)).join("")

it("every setting is in the README's table, and nothing else", () => {
  const named = [...settingsSource.matchAll(/(?:Variable\.\w+|trustProxy|basePath)\("([A-Z0-9_]+)"/g)].map(
    (match) => match[1],
  )
  const settings = [...named, ...Object.values(limitSettings).map(({ variable }) => variable)]
  const described = rows.flatMap((row) =>
    [...(row.split("|")[1] ?? "").matchAll(/`([A-Z0-9_]+)`/g)].map((match) => match[1]),
  )
  expect(new Set(described)).toEqual(new Set(settings))
})

it("the secrets that may be in a file are those that it names", async () => {
  const named = [
    ...(settingsTable.split("A secret may be in a file")[1]?.split("goes for")[1] ?? "").matchAll(/`([A-Z0-9_]+)`/g),
  ]
  const all = [...settingsSource.matchAll(/(?:Variable\.\w+|trustProxy|basePath)\("([A-Z0-9_]+)"/g)].map(
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
  const scripts = Object.keys(JSON.parse(read("package.json")).scripts)
  for (const name of scripts)
    expect(readme).toContain(["start", "test"].includes(name) ? `| \`npm ${name}\`` : `| \`npm run ${name}\``)
})

/** The cells of the last column of each table whose last column is called `proof`. */
const proofs = (page: string): ReadonlyArray<string> =>
  page.split("\n\n").flatMap((block) => {
    const [head, , ...lines] = block.split("\n").filter((line) => line.startsWith("|"))
    return head?.endsWith("| proof |") ? lines.map((line) => line.split(/(?<!\\)\|/).at(-2) ?? "") : []
  })

it("every claim about security names a test that is there, or gives the reason why there is none", () => {
  const page = read("docs/security.md")
  const claims = proofs(page)
  expect(claims.length).toBeGreaterThan(70)
  for (const proof of claims) {
    if (/^ none: \w/.test(proof)) continue
    expect(proof).toMatch(/\]\(\.\.\/test\//)
    // One link may stand before several titles.
    for (const [, file, titles] of proof.matchAll(/\]\(\.\.\/(test\/[^)]+)\)((?:[:,] "[^"]+")*)/g))
      for (const [, title] of (titles ?? "").matchAll(/"([^"]+)"/g))
        expect(read(file as string), proof).toContain(`"${title}"`)
  }
  const exceptions = proofs(page.split("## ASVS 5 level 2: exceptions")[1] ?? "")
  expect(exceptions.length).toBeGreaterThan(10)
  for (const proof of exceptions) expect(proof).toMatch(/ none: \w|: "/)
})
