// Measures what the web page costs in a real browser: `node bench/page.ts [--of directory]... [--rounds n] [--name
// name]`, written to bench/results/<name>.md. `--of` names checkouts to compare, whose packages are installed and whose
// page is built.
import { execFileSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { cpus, loadavg } from "node:os"
import { join, resolve } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { parseArgs } from "node:util"
import type { Browser } from "playwright-core"
import sharp from "sharp"
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

/** A chat of two with this many messages, the newest of which have pictures and reactions. Returns its id. */
const vivid = async (ann: Person, boris: Person, count: number): Promise<number> => {
  const chat = await ann.group("Vivid", boris)
  const speaker = await Speaker.of(boris)
  await speaker.sayMany(chat, count, "Vivid")
  speaker.close()
  for (let i = 0; i < 20; i++) {
    const background = { r: 40 + i * 10, g: 120, b: 220 - i * 10 }
    const body = await sharp({ create: { width: 1_200, height: 800, channels: 3, background } })
      .jpeg()
      .toBuffer()
    const reply = await fetch(`${boris.base}/files?name=picture-${i}.jpg`, {
      method: "POST",
      headers: { authorization: `Bearer ${boris.access_token}`, "content-type": "image/jpeg" },
      body,
    })
    const { id } = (await reply.json()) as { readonly id: number }
    const attachments = i % 4 === 0 ? { attachments: [id] } : {}
    const message = await boris.ok("POST", `/chats/${chat}/messages`, { text: `Vivid end ${i}`, ...attachments })
    for (const emoji of ["👍", "🎉"])
      await ann.ok("PUT", `/messages/${message.id}/reactions/${encodeURIComponent(emoji)}`)
  }
  return chat
}

/** Until one's own message is painted, and until the other one sees it, milliseconds; then how soon the chat is open, and open again. */
const echo = async (browser: Browser, ann: Person, boris: Person, rounds: number) => {
  const count = 100_000
  const chat = await vivid(ann, boris, count)
  const [own, other] = [await Window.of(browser, ann), await Window.of(browser, boris)]
  for (const window of [own, other]) await window.open(`/messenger/c/${chat}`, ".messages .line")
  const here: Array<number> = []
  const there: Array<number> = []
  const opened: Array<number> = []
  const reopened: Array<number> = []
  for (let i = 0; i < 10 * rounds; i++) {
    const text = `Echo ${i}.`
    const seen = Promise.all([own.painted(text), other.painted(text)])
    const at = await own.enter(text)
    const [mine, theirs] = await seen
    here.push(mine - at)
    there.push(theirs - at)
    await sleep(200)
  }
  for (const window of [own, other]) await window.close()
  for (let i = 0; i < 3 * rounds; i++) {
    // Nothing of the chat is there before the click, and the code of conversations is.
    const window = await Window.of(browser, ann)
    await window.open("/messenger", "a.chat-row")
    await window.page.locator("a.chat-row", { hasNotText: "Vivid" }).first().click()
    await window.page.locator(".messages .line").first().waitFor()
    await sleep(1_000)
    const newest = `Echo ${10 * rounds - 1}.`
    opened.push(await window.opening("Vivid", newest))
    await window.page.locator("a.chat-row", { hasNotText: "Vivid" }).first().click()
    await sleep(1_000)
    reopened.push(await window.opening("Vivid", newest))
    await window.close()
  }
  return { here: median(here), there: median(there), opened: median(opened), reopened: median(reopened), count }
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

    const { count, here, opened, reopened, there } = await echo(browser, ann, boris, rounds)
    row("one's own message is painted after (with pictures and reactions in the chat)", `${here.toFixed(0)} ms`)
    row("in the other one's window after", `${there.toFixed(0)} ms`)
    const large = `a chat of ${count.toLocaleString("en")} messages is open after: the first time in a window, again`
    row(large, `${opened.toFixed(0)} ms, ${reopened.toFixed(0)} ms`)

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
