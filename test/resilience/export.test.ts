// A long export over a real connection: it waits for its reader, one at a time, and never looks complete when it is
// not.
import { request } from "node:http"
import { afterAll, assert, beforeAll, it, vi } from "vitest"
import { Postgres } from "../faults/Postgres.ts"
import { Person } from "../support/person.ts"
import { Server } from "../support/server.ts"
import { until } from "./Caller.ts"

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** Some 30 MB: more than all buffers on the way hold. */
const messages = Number(process.env.EXPORT_MESSAGES ?? 60_000)
const text = "Mine ".repeat(80)

let postgres: Postgres
let server: Server
let me: Person
beforeAll(async () => {
  postgres = await Postgres.start()
  server = await Server.start({ databaseUrl: postgres.url })
  me = await Person.signUp(server.url, "me")
  const chat_id = await me.group("Ours")
  await postgres.query(
    `insert into messages (chat_id, seq, sender_id, created_version, version, created_at, text)
     select ${chat_id}, n, ${me.id}, n + 1, n + 1, now(), '${text}' || n from generate_series(1, ${messages}) n`,
  )
  await postgres.query(`update chats set last_seq = ${messages}, version = ${messages + 1} where id = ${chat_id}`)
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await postgres?.[Symbol.asyncDispose]()
})

/** An export that is read when the test wants it. */
const open = () =>
  new Promise<{
    status: number
    bytes: () => number
    pause: () => void
    resume: () => void
    end: Promise<{ text: string; whole: boolean }>
  }>((resolve, reject) => {
    const asked = request(`${server.url}/me/export`, {
      headers: { authorization: `Bearer ${me.access_token}` },
      agent: false,
    })
    asked.once("error", reject)
    asked.once("response", (response) => {
      const chunks: Array<Buffer> = []
      let bytes = 0
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk)
        bytes += chunk.length
      })
      response.on("error", () => {})
      const end = new Promise<{ text: string; whole: boolean }>((done) =>
        response.once("close", () => done({ text: Buffer.concat(chunks).toString(), whole: response.complete })),
      )
      response.pause()
      resolve({
        status: response.statusCode ?? 0,
        bytes: () => bytes,
        pause: () => response.pause(),
        resume: () => response.resume(),
        end,
      })
    })
    asked.end()
  })

it("waits for its reader, lets others through, and is complete at the end", async () => {
  const slow = await open()
  assert.strictEqual(slow.status, 200)
  const second = await me.http("GET", "/me/export")
  assert.deepStrictEqual([second.status, second.body._tag], [429, "TooManyRequests"])
  assert.isAbove(Number(second.headers.get("retry-after")), 0)
  const waits: Array<number> = []
  slow.resume()
  const whole = slow.end
  let done = false
  void whole.then(() => {
    done = true
  })
  while (!done) {
    const from = performance.now()
    await me.ok("GET", "/me")
    waits.push(performance.now() - from)
  }
  const { text: document, whole: isWhole } = await whole
  assert.isTrue(isWhole)
  const data = JSON.parse(document)
  assert.strictEqual(data.messages.length, messages)
  assert.isTrue(data.messages.every((message: { seq: number }, i: number) => message.seq === i + 1))
  assert.isBelow(Math.max(...waits), 1_000, "others were kept waiting")
})

it("is cut when the database fails in the middle, and a reader sees that", async () => {
  const slow = await open()
  slow.resume()
  await until(() => slow.bytes() > 0)
  slow.pause()
  await postgres.stop()
  slow.resume()
  const { text: part, whole: wasWhole } = await slow.end
  assert.isFalse(wasWhole)
  assert.isAbove(part.length, 0)
  // What the client had not read was not read from the database either, and used no memory.
  assert.isBelow(part.length, (messages * text.length) / 2)
  assert.throws(() => JSON.parse(part))
  await postgres.start()
  await until(async () => (await me.http("GET", "/me")).status === 200, 20_000)
  // While connections move to the database that takes writes again, one more may be cut.
  let whole = false
  for (let i = 0; i < 3 && !whole; i++) {
    const again = await open()
    again.resume()
    whole = (await again.end).whole
  }
  assert.isTrue(whole, "its place is free again")
  assert.notInclude(server.logs, "Mine Mine")
})
