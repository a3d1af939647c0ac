// docs/protocol.md and /asyncapi: made from the contract, complete, and with examples that run.
import { execFile, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { promisify } from "node:util"
import { assert, describe, expect, it } from "@effect/vitest"
import { ClientFrames } from "../../src/contract/ClientFrame.ts"
import { CloseCode } from "../../src/contract/CloseCode.ts"
import { bot, shell } from "../../src/contract/protocol/examples.ts"
import { makeProtocol } from "../../src/contract/protocol.ts"
import { ServerFrames } from "../../src/contract/ServerFrame.ts"
import { Person } from "../support/person.ts"
import { sharedServer } from "../support/sharedServer.ts"
import { Wire } from "../support/Wire.ts"

const file = join(import.meta.dirname, "../../docs/protocol.md")
const server = await sharedServer()

describe("docs/protocol.md", () => {
  it("is what the contract says: npm run docs", () => {
    assert.strictEqual(readFileSync(file, "utf8"), makeProtocol())
  })

  it("has every frame of both directions, every close code, and the programs", () => {
    const guide = makeProtocol()
    const [sent = "", received = ""] = guide.split("## Frames that you receive")
    for (const type of Object.keys(ClientFrames)) assert.include(sent, `### \`${type}\``)
    for (const type of Object.keys(ServerFrames)) assert.include(received, `### \`${type}\``)
    for (const code of Object.values(CloseCode)) assert.include(guide, `| ${code} |`)
    for (const program of [shell, bot]) assert.include(guide, program.trim())
  })
})

describe("/asyncapi", () => {
  it("is the guide as a page, with an anchor for each chapter and no script", async () => {
    const answer = await fetch(`${server.url}/asyncapi`)
    const html = await answer.text()
    assert.strictEqual(answer.headers.get("content-type"), "text/html; charset=utf-8")
    assert.match(answer.headers.get("content-security-policy") ?? "", /^default-src 'none'; style-src 'sha256-/)
    assert.notInclude(html, "<script")
    const targets = [...html.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    assert.isAbove(targets.length, 10)
    assert.deepStrictEqual(
      targets.filter((id) => !ids.includes(id)),
      [],
    )
    assert.strictEqual(new Set(ids).size, ids.length)
    for (const heading of makeProtocol().matchAll(/^### `(\w+)`/gm)) assert.include(html, `<code>${heading[1]}</code>`)
  })

  it("is linked from the API's documents", async () => {
    const document = await (await fetch(`${server.url}/openapi.json`)).json()
    assert.include(document.info.description, "](asyncapi)", "relative, for a server below a path")
  })
})

describe("the programs of the guide", () => {
  it.runIf(spawnSync("curl", ["--version"]).status === 0)(
    "make an account, a token and a chat with curl alone",
    async () => {
      const name = `ada${Date.now().toString(36)}`
      const script = shell.replace("http://localhost:8000", server.url).replaceAll("ada", name)
      const { stdout } = await promisify(execFile)("sh", ["-c", script])
      const answers = stdout.trim().split(/\n?(?<=\})(?=\{)/)
      assert.strictEqual(JSON.parse(answers[0] ?? "").username, name)
      assert.strictEqual(JSON.parse(answers.at(-1) ?? "").items[0].name, "Engines")
    },
  )

  it("answer each message once, over a lost connection, and end with their session", async () => {
    const [ann, robot] = [await Person.signUp(server.url, "ann"), await Person.signUp(server.url, "robot")]
    const chat = await ann.privateChat(robot)
    const directory = mkdtempSync(join(tmpdir(), "confab-bot-"))
    writeFileSync(join(directory, "bot.mjs"), bot)
    const wire = await Wire.to(server.url)
    const env = { PATH: process.env.PATH, SERVER: wire.url, LOGIN: robot.username, PASSWORD: robot.password }
    const child = spawn(process.execPath, [join(directory, "bot.mjs")], { env, stdio: ["ignore", "pipe", "inherit"] })
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      const ready = async () => assert.strictEqual((await lines.next()).value, "ready")
      const texts = async (): Promise<ReadonlyArray<string>> =>
        (await ann.ok("GET", `/chats/${chat}/messages`)).items.map(({ text }: { text: string }) => text)
      await ready()
      await ann.ok("POST", `/chats/${chat}/messages`, { text: "one" })
      await expect.poll(texts).toEqual(["one", "You said: one"])
      wire.cut()
      await ann.ok("POST", `/chats/${chat}/messages`, { text: "two" })
      wire.heal()
      await ready()
      await expect.poll(texts).toEqual(["one", "You said: one", "two", "You said: two"])
      const ended = once(child, "exit")
      const { items } = await robot.ok("GET", "/me/sessions")
      for (const { id, current } of items) if (!current) await robot.ok("DELETE", `/me/sessions/${id}`)
      assert.deepStrictEqual(await ended, [1, null])
      assert.strictEqual((await texts()).length, 4)
    } finally {
      child.kill("SIGKILL")
      await wire.close()
      rmSync(directory, { recursive: true, force: true })
    }
  }, 60_000)
})
