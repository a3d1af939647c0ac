// Measures what the web page costs in a real browser: `node bench/page.ts [--of directory]... [--rounds n] [--name
// name]`, written to bench/results/<name>.md. `--of` names checkouts to compare, whose packages are installed and whose
// page is built.
import { execFileSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { cpus, loadavg } from "node:os"
import { join, resolve } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { parseArgs } from "node:util"
import { Person } from "../test/support/person.ts"
import type { Server as TestServer } from "../test/support/server.ts"
import { Speaker } from "../test/support/speaker.ts"
import unpackChromium, { launchChromium } from "../test/web/support/chromium.ts"
import { resultsDirectory } from "./Bench.ts"
import { Window } from "./page/Window.ts"

const history = 10_000
const live = 3_000
const chats = 500
/** Messages of one measurement, and the time between them, long enough to draw each by itself. */
const arriving = 60
const pace = 60

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

/** Milliseconds of script, and of everything on the main thread, for each message that arrives. */
const arrival = async (window: Window, speaker: Speaker, chatId: number, rounds: number) => {
  const costs: Array<{ readonly script: number; readonly task: number }> = []
  await speaker.sayMany(chatId, 10, "Warm")
  await sleep(1_000)
  for (let round = 0; round < rounds; round++) {
    costs.push(
      await window.cost(async () => {
        for (let i = 0; i < arriving; i++) {
          await speaker.say(chatId, `Arrives ${i}`)
          await sleep(pace)
        }
      }),
    )
  }
  const each = (of: "script" | "task") => `${(median(costs.map((cost) => cost[of])) / arriving).toFixed(2)} ms`
  return [each("script"), each("task")] as const
}

const measure = async (base: string, rounds: number): Promise<ReadonlyArray<readonly [string, string]>> => {
  const browser = await launchChromium()
  const rows: Array<readonly [string, string]> = []
  const row = (title: string, value: string) => {
    console.log(`${title}: ${value}`)
    rows.push([title, value])
  }
  const [ann, boris] = [await Person.signUp(base, "ann"), await Person.signUp(base, "boris")]
  const chatId = await ann.privateChat(boris)
  const speaker = await Speaker.of(boris)
  await speaker.sayMany(chatId, history, "History")
  try {
    const first = await Window.of(browser, ann)
    await first.open("/messenger", "a.chat-row")
    row("first load of /messenger: script, gzip", `${((await first.loaded()).bytes / 1_000).toFixed(1)} kB`)
    await first.page.locator("a.chat-row").first().click()
    await first.page.locator(".messages .line").first().waitFor()
    const toNewest = async (window: Window, text: string) => {
      await speaker.say(chatId, text)
      await window.toNewest(text)
    }
    await toNewest(first, "First mark")
    const few = await arrival(first, speaker, chatId, rounds)
    row("an arriving message, 50 loaded: script", few[0])
    row("an arriving message, 50 loaded: main thread", few[1])
    const from = performance.now()
    const pages = await first.readAll()
    row(
      `scrolling up through all ${history.toLocaleString("en")}`,
      `${((performance.now() - from) / 1_000).toFixed(1)} s, ${pages} pages`,
    )
    const heap = await first.heap()
    row("heap there", `${(heap.bytes / 1e6).toFixed(1)} MB, ${heap.nodes} elements`)
    const old = await arrival(first, speaker, chatId, rounds)
    row("an arriving message, 10,000 scrolled through, reading the oldest: script", old[0])
    row("an arriving message, 10,000 scrolled through, reading the oldest: main thread", old[1])
    await toNewest(first, "Second mark")
    const many = await arrival(first, speaker, chatId, rounds)
    row("an arriving message, 10,000 scrolled through, at the end: script", many[0])
    row("an arriving message, 10,000 scrolled through, at the end: main thread", many[1])
    await first.close()

    const second = await Window.of(browser, ann)
    await second.open("/messenger", "a.chat-row")
    await second.page.locator("a.chat-row").first().click()
    await second.page.locator(".messages .line").first().waitFor()
    await toNewest(second, "Third mark")
    const before = await second.heap()
    await speaker.sayMany(chatId, live, "Live")
    await second.toNewest(`Live ${live - 1}.`)
    const after = await second.heap()
    row(
      `heap before, and after ${live.toLocaleString("en")} live messages`,
      `${(before.bytes / 1e6).toFixed(1)} MB, ${(after.bytes / 1e6).toFixed(1)} MB`,
    )
    await second.close()

    for (let i = 0; i < chats; i++) await ann.group(`Group ${i}`, boris)
    const third = await Window.of(browser, ann)
    const millis: Array<number> = []
    for (let i = 0; i < 5; i++) {
      await third.page.goto("about:blank")
      await third.open("/messenger", "a.chat-row")
      millis.push((await third.loaded()).millis)
    }
    await sleep(2_000)
    const listed = await third.page.locator("a.chat-row").count()
    row(`${chats} chats: list shown after`, `${median(millis).toFixed(0)} ms, ${listed} rows in the document`)
    const crowded = await arrival(third, speaker, chatId, rounds)
    row(`an arriving message, ${chats} chats, none open: script`, crowded[0])
    row(`an arriving message, ${chats} chats, none open: main thread`, crowded[1])
    await third.close()
  } finally {
    await browser.close()
  }
  return rows
}

const { values } = parseArgs({
  options: {
    of: { type: "string", multiple: true, default: [join(import.meta.dirname, "..")] },
    rounds: { type: "string", default: "3" },
    name: { type: "string", default: "page" },
  },
})
await unpackChromium()
const names: Array<string> = []
const table = new Map<string, Array<string>>()
for (const directory of values.of.map((path) => resolve(path))) {
  const commit = execFileSync("git", ["-C", directory, "rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim()
  console.log(`${commit} …`)
  const { Server }: { Server: typeof TestServer } = await import(join(directory, "test/support/server.ts"))
  await using server = await Server.start()
  names.push(commit)
  for (const [title, value] of await measure(server.url, Number(values.rounds)))
    table.set(title, [...(table.get(title) ?? []), value])
}
const line = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`
mkdirSync(resultsDirectory, { recursive: true })
const out = join(resultsDirectory, `${values.name}.md`)
writeFileSync(
  out,
  `# The page: ${values.name}

${cpus().length} × ${cpus()[0]?.model.trim() ?? "?"}, Node ${process.versions.node}, medians of ${values.rounds} rounds of ${arriving} messages; load average at the end
${loadavg()[0]?.toFixed(1)}. \`node bench/page.ts\` measures it; [docs/performance.md](../../docs/performance.md#the-page) says how.

${line(["", ...names])}
| --- |${" ---: |".repeat(names.length)}
${[...table].map(([title, cells]) => line([title, ...cells])).join("\n")}
`,
)
console.log(`wrote ${out}`)
process.exit()
