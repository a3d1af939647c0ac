// deploy/grafana.json asks for metrics and labels that a server has.
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, beforeAll, describe, it, vi } from "vitest"
import { Person } from "./support/person.ts"
import { sharedServer } from "./support/sharedServer.ts"

vi.setConfig({ hookTimeout: 120_000, testTimeout: 60_000 })

const root = join(import.meta.dirname, "..")
const read = (path: string) => readFileSync(join(root, path), "utf8")

interface Panel {
  readonly id: number
  readonly type: string
  readonly targets?: ReadonlyArray<{ readonly expr: string; readonly legendFormat: string }>
}
const { panels, templating } = JSON.parse(read("deploy/grafana.json")) as {
  readonly panels: ReadonlyArray<Panel>
  readonly templating: { readonly list: ReadonlyArray<{ readonly query: string }> }
}
const targets = panels.flatMap(({ targets = [] }) => targets)
const expressions = [...targets.map(({ expr }) => expr), ...templating.list.map(({ query }) => query)]
const asked = new Set(
  expressions.flatMap((expr) => [...expr.matchAll(/\b(?:confab|process|nodejs)_\w+/g)].map(([name]) => name)),
)

/** What a server has only once it has happened, and this one is spared. */
const afterTrouble = new Set([
  "confab_commit_failures_total",
  "confab_database_errors_total",
  "confab_file_errors_total",
  "confab_password_hashes_refused_total",
  "confab_rate_limited_total",
])

let lines: ReadonlyArray<string>
/** The labels of each series that is exposed. */
const labelsOf = (name: string): ReadonlyArray<ReadonlyArray<string>> =>
  lines
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .map((line) => [...line.matchAll(/[{,](\w+)="/g)].map(([, label = ""]) => label))

beforeAll(async () => {
  const { url } = await sharedServer()
  const ada = await Person.signUp(url, "ada")
  const bob = await Person.signUp(url, "bob")
  await ada.found(bob)
  const chat_id = await ada.privateChat(bob)
  const device = await ada.connect()
  await ada.ok("POST", `/chats/${chat_id}/messages`, { text: "Hello", dedup_key: "1" })
  await device.close()
  await ada.refused("/ws", { token: "wrong" })
  const expected = [...asked].filter((name) => !afterTrouble.has(name))
  // Gauges are counted every few seconds.
  await vi.waitFor(
    async () => {
      lines = (await (await fetch(`${url}/metrics`)).text()).split("\n")
      assert.deepStrictEqual(
        expected.filter((name) => labelsOf(name).length === 0),
        [],
      )
    },
    { timeout: 30_000, interval: 250 },
  )
}, 120_000)

describe("the dashboard", () => {
  it("asks for metrics that a running server has, or has once something goes wrong", () => {
    const definition = /\b(?:counter|gauge|histogram)\(\s*"(\w+)"/g
    const defined = new Set(
      globSync("src/**/*.ts", { cwd: root }).flatMap((path) =>
        [...read(path).matchAll(definition)].map(([, name]) => name),
      ),
    )
    assert.isAbove(asked.size, 20)
    for (const name of afterTrouble) {
      assert.isTrue(defined.has(name), name)
      assert.isTrue(asked.has(name), `${name} is in no panel`)
    }
  })

  it("groups and shows by labels that their series have", () => {
    for (const { expr, legendFormat } of targets) {
      const [name = ""] = /\b(?:confab|process|nodejs)_\w+/.exec(expr) ?? []
      const by = (/ by \(([^)]*)\)/.exec(expr)?.[1] ?? "").split(", ").filter((label) => label !== "")
      // These two are Prometheus's own.
      const own = by.filter((label) => label !== "instance" && label !== "job")
      if (!afterTrouble.has(name)) for (const labels of labelsOf(name)) assert.includeMembers([...labels], own, expr)
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label)
      assert.includeMembers(by, shown, expr)
      assert.include(expr, '{job="$job", instance=~"$instance"}')
    }
  })

  it("takes the rate of what only grows, and of nothing else", () => {
    for (const { expr } of targets) {
      const [name = ""] = /\b(?:confab|process|nodejs)_\w+/.exec(expr) ?? []
      assert.strictEqual(expr.includes("rate("), /_(?:total|sum|count|bucket)$/.test(name), expr)
    }
  })

  it("has panels with ids of their own", () => {
    assert.strictEqual(new Set(panels.map(({ id }) => id)).size, panels.length)
  })
})
