// docs/examples/bot.py: written from the guide alone, in another language and without a WebSocket library.
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { assert, expect, it } from "vitest"
import { Person } from "../support/person.ts"
import { sharedServer } from "../support/sharedServer.ts"
import { Wire } from "../support/Wire.ts"

const program = join(import.meta.dirname, "../../docs/examples/bot.py")
const modules = "import hashlib, json, socket, ssl, struct, urllib.request, sys; sys.exit(sys.version_info < (3, 8))"
const hasPython = spawnSync("python3", ["-c", modules]).status === 0
const server = await sharedServer()

const name = "a bot in Python answers each mention once, over a lost connection, and proves its copy"
it.runIf(hasPython)(
  hasPython ? name : `${name} (skipped: there is no python3 with its standard library on PATH)`,
  async () => {
    const [ann, robot] = [await Person.signUp(server.url, "ann"), await Person.signUp(server.url, "robot")]
    const chat = await ann.group("With a robot", robot)
    const say = async (text: string): Promise<number> => (await ann.ok("POST", `/chats/${chat}/messages`, { text })).id
    const read = async (): Promise<ReadonlyArray<{ id: number; text: string; reactions?: unknown }>> =>
      (await ann.ok("GET", `/chats/${chat}/messages`)).items
    const texts = async () => (await read()).map(({ text }) => text)
    const first = await say("before the robot came")

    const wire = await Wire.to(server.url)
    const env = { PATH: process.env.PATH, SERVER: wire.url, LOGIN: robot.username, PASSWORD: robot.password }
    const child = spawn("python3", ["-B", program], { env, stdio: ["ignore", "pipe", "inherit"] })
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      const prints = async (...expected: ReadonlyArray<string>) => {
        for (const line of expected) assert.strictEqual((await lines.next()).value, line)
      }
      await prints(`proved ${chat}`, "ready")
      const one = await say(`@${robot.username} one`)
      const answers = ["before the robot came", `@${robot.username} one`, `You said: ${robot.username} one`]
      await expect.poll(texts).toEqual(answers)
      await expect.poll(async () => (await read())[1]?.reactions).toEqual([{ emoji: "👀", count: 1 }])

      wire.cut()
      // Everything that a copy must know: an edit, a deletion, a reaction, a read mark, another member, a mention.
      const gone = await say("to be deleted")
      await ann.ok("PATCH", `/messages/${first}`, { text: "edited" })
      await ann.ok("DELETE", `/messages/${gone}`)
      await ann.ok("PUT", `/messages/${one}/reactions/${encodeURIComponent("👍")}`)
      await ann.ok("POST", `/messages/${gone}/read`)
      const eve = await Person.signUp(server.url, "eve")
      await ann.ok("POST", `/chats/${chat}/members`, { user_ids: [eve.id] })
      await say(`@${robot.username} two`)
      await say("not for the robot")
      wire.heal()
      await prints(`proved ${chat}`, "ready")
      const all = ["edited", ...answers.slice(1), "", `@${robot.username} two`, "not for the robot"]
      await expect.poll(texts).toEqual([...all, `You said: ${robot.username} two`])

      const ended = once(child, "exit")
      const { items } = await robot.ok("GET", "/me/sessions")
      for (const { id, current } of items) if (!current) await robot.ok("DELETE", `/me/sessions/${id}`)
      assert.deepStrictEqual(await ended, [1, null])
      assert.strictEqual((await texts()).length, 7)
    } finally {
      child.kill("SIGKILL")
      await wire.close()
    }
  },
  60_000,
)
