// SIGTERM to a real server: commands under way are answered, every socket receives a time to reconnect, and the next
// server takes over.
import { once } from "node:events"
import { connect } from "node:net"
import { assert, it, vi } from "vitest"
import { WebSocket } from "ws"
import { type Frame, Person } from "../support/person.ts"
import { Server } from "../support/server.ts"
import { serve } from "./scene.ts"

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

it("closes every socket with 1001 and its own time to reconnect, and ends with status 0", async () => {
  await using scene = await serve()
  const { server } = scene
  const person = await Person.signUp(server.url)
  const devices = await Promise.all(Array.from({ length: 60 }, () => person.connect()))
  const from = performance.now()
  const exit = server.terminate()
  const goodbyes = await Promise.all(devices.map((device) => device.closed))
  assert.isBelow(performance.now() - from, 4_000)
  assert.deepStrictEqual([...new Set(goodbyes.map(({ code }) => code))], [1001])
  const waits = goodbyes.map(({ reason }) => JSON.parse(reason).retry_after_ms)
  assert.isTrue(
    waits.every((wait) => Number.isInteger(wait) && wait >= 0 && wait <= 5_000),
    waits.join(" "),
  )
  assert.strictEqual(new Set(waits).size, devices.length)
  assert.strictEqual(await exit, 0)
  assert.isBelow(performance.now() - from, 5_500)
})

it("answers every command that it had taken before it says goodbye, and has all that it acknowledged", async () => {
  await using scene = await serve()
  const { server } = scene
  const people = await Promise.all(Array.from({ length: 3 }, () => Person.signUp(server.url)))
  const [owner, ...others] = people as [Person, Person, Person]
  const chat_id = await owner.group("A group", ...others)
  const devices = await Promise.all(people.map((each) => each.connect()))
  for (let i = 0; i < 300; i++)
    for (const [j, device] of devices.entries()) {
      device.send({ type: "message", chat_id, text: `${j}.${i}`, dedup_key: `${i}`, ref: i })
    }
  await devices[0]?.hears({ type: "ack" })
  const exit = server.terminate()
  await Promise.all(devices.map((device) => device.closed))
  assert.strictEqual(await exit, 0)

  await server.restart()
  const { items } = await owner.ok("GET", `/chats/${chat_id}/messages?limit=200&after=0`)
  const stored: Array<Frame> = [...items]
  for (let last = stored.at(-1); last !== undefined; ) {
    const page = (await owner.ok("GET", `/chats/${chat_id}/messages?limit=200&after=${last.seq}`)).items
    stored.push(...page)
    last = page.at(-1)
  }
  assert.isTrue(stored.every(({ seq }, i) => seq === i + 1))
  const acked = new Set(
    devices.flatMap(({ heard }) => heard.filter((frame) => frame.type === "ack")).map((ack) => ack.message_id),
  )
  const ids = new Set(stored.map((message) => message.id))
  assert.isAbove(acked.size, 0)
  assert.strictEqual([...acked].filter((id) => !ids.has(id)).length, 0)
  // Every stored message was acknowledged: no client with a 1001 is left in doubt.
  assert.strictEqual([...ids].filter((id) => !acked.has(id)).length, 0)
})

it("takes no new connection once it says goodbye, however long others take over theirs", async () => {
  await using scene = await serve()
  const { server } = scene
  const person = await Person.signUp(server.url)
  const device = await person.connect()
  const query = new URLSearchParams({ token: person.access_token })
  const deaf = new WebSocket(`${server.wsUrl}/ws?${query}`)
  await once(deaf, "message")
  deaf.pause()
  const exit = server.terminate()
  await device.closed
  const late = connect(server.port, "127.0.0.1")
  const [error] = await once(late, "error", { signal: AbortSignal.timeout(5_000) })
  assert.isTrue(server.isRunning)
  assert.strictEqual(error.code, "ECONNREFUSED")
  assert.strictEqual(await exit, 0)
  deaf.terminate()
})

it("finishes the requests that are under way", async () => {
  await using scene = await serve()
  const { server } = scene
  const person = await Person.signUp(server.url)
  const chat_id = await person.group("A group")
  await person.connect()
  const posts = Array.from({ length: 40 }, (_, i) =>
    person.http("POST", `/chats/${chat_id}/messages`, { text: `${i}` }),
  )
  await Promise.any(posts)
  const exit = server.terminate()
  const answers = await Promise.all(posts.map((post) => post.catch(() => undefined)))
  assert.strictEqual(await exit, 0)
  await server.restart()
  const { items } = await person.ok("GET", `/chats/${chat_id}/messages?limit=200`)
  const stored = items.map((message: Frame) => message.id)
  const acknowledged = answers.filter((answer) => answer?.status === 201).map((answer) => answer?.body.id)
  assert.deepStrictEqual(
    acknowledged.filter((id) => !stored.includes(id)),
    [],
  )
  assert.isAbove(acknowledged.length, 0)
  for (const answer of answers) assert.oneOf(answer?.status, [201, 503, undefined])
})

it("leaves its DATA_DIR to the next server at once", async () => {
  await using server = await Server.start()
  const person = await Person.signUp(server.url)
  const chat_id = await person.group("A group")
  const device = await person.connect()
  const { message_id } = await device.ask({ type: "message", chat_id, text: "kept" })
  assert.strictEqual(await server.terminate(), 0)
  await server.restart()
  const { items } = await person.ok("GET", `/chats/${chat_id}/messages`)
  assert.deepStrictEqual(
    items.map((message: Frame) => [message.id, message.text]),
    [[message_id, "kept"]],
  )
})
