// How the server ends one socket, each with its own code, while the others go on.
import { once } from "node:events"
import { afterAll, assert, beforeAll, it, vi } from "vitest"
import { WebSocket } from "ws"
import { type Device, Person } from "../support/person.ts"
import type { Server } from "../support/server.ts"
import { serve, tokenUntil } from "./scene.ts"

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let scene: Awaited<ReturnType<typeof serve>>
let server: Server
beforeAll(async () => {
  scene = await serve({ RATE_LIMITS: "on", SIGNUPS_PER_MINUTE: "0", MESSAGES_PER_SECOND: "0", SOCKETS_PER_USER: "3" })
  server = scene.server
})
afterAll(() => scene?.[Symbol.asyncDispose]())

const closed = async (device: Device) => (await device.closed).code

it("closes with 4002 when the token ends, unless a new one came in time", async () => {
  const person = await Person.signUp(server.url)
  const access_token = person.access_token
  person.access_token = tokenUntil(person, Math.floor(Date.now() / 1000) + 3)
  const [leaving, staying] = await Promise.all([person.connect(), person.connect()])
  const answer = await staying.ask({ type: "auth", token: access_token })
  assert.strictEqual(answer.type, "ack")
  assert.isAbove(Date.parse(answer.expires_at), Date.now() + 60_000)
  assert.strictEqual(await closed(leaving), 4002)
  await staying.settled()
  assert.strictEqual(await person.refused("/ws"), 401)
})

it("closes with 4501 the sockets of a session that logs out, and no others", async () => {
  const person = await Person.signUp(server.url)
  const staying = await person.connect()
  await person.logIn()
  const leaving = await person.connect()
  await person.ok("POST", "/logout")
  assert.strictEqual(await closed(leaving), 4501)
  await staying.settled()
  assert.strictEqual(await person.refused("/ws"), 401)
})

it("closes with 4501 every other session when the password changes", async () => {
  const person = await Person.signUp(server.url)
  const leaving = await person.connect()
  await person.logIn()
  const staying = await person.connect()
  await person.ok("POST", "/me/password", { current_password: person.password, new_password: "another long password" })
  assert.strictEqual(await closed(leaving), 4501)
  await staying.settled()
})

it("closes with 4501 the device that another one ends", async () => {
  const person = await Person.signUp(server.url)
  const leaving = await person.connect()
  const session_id = leaving.heard[0]?.session_id
  await person.logIn()
  const staying = await person.connect()
  await person.ok("DELETE", `/me/sessions/${session_id}`)
  assert.strictEqual(await closed(leaving), 4501)
  await staying.settled()
})

it("closes /ws/{chat_id} with 4502 when its user is removed, and when the chat is deleted", async () => {
  const [owner, guest] = (await Promise.all([Person.signUp(server.url), Person.signUp(server.url)])) as [Person, Person]
  const chat_id = await owner.group("A group", guest)
  const inChat = await guest.connect(`/ws/${chat_id}`)
  const everywhere = await guest.connect()
  const owners = await owner.connect(`/ws/${chat_id}`)
  await owner.ok("DELETE", `/chats/${chat_id}/members/${guest.id}`)
  assert.strictEqual(await closed(inChat), 4502)
  assert.strictEqual(inChat.heard.at(-1)?.type, "member_removed")
  await everywhere.hears({ type: "member_removed", chat_id })
  await everywhere.settled()
  assert.strictEqual(await guest.refused(`/ws/${chat_id}`), 404)
  await owners.hears({ type: "member_removed", user_id: guest.id })
  await owner.ok("DELETE", `/chats/${chat_id}`)
  assert.strictEqual(await closed(owners), 4502)
})

it("accepts one socket too many and closes it with 4503, and takes it when another has gone", async () => {
  const person = await Person.signUp(server.url)
  const [first] = (await Promise.all([person.connect(), person.connect(), person.connect()])) as [
    Device,
    Device,
    Device,
  ]
  const query = new URLSearchParams({ token: person.access_token })
  const fourth = new WebSocket(`${server.wsUrl}/ws?${query}`)
  const [code] = await once(fourth, "close", { signal: AbortSignal.timeout(5_000) })
  assert.strictEqual(code, 4503)
  await first.settled()
  await first.close()
  const again = await person.connect()
  await again.settled()
})

it("closes readers that stall with 4001, and the others miss nothing", async () => {
  const people = await Promise.all([1, 2, 3].map(() => Person.signUp(server.url)))
  const [speaker, listener, sleeper] = people as [Person, Person, Person]
  const chat_id = await speaker.group("A group", listener, sleeper)
  const [speaking, listening] = await Promise.all([speaker.connect(), listener.connect()])
  const query = new URLSearchParams({ token: sleeper.access_token })
  const stalled = new WebSocket(`${server.wsUrl}/ws?${query}`)
  await once(stalled, "message")
  stalled.pause()
  const goodbye = once(stalled, "close")

  const text = "😀".repeat(4_096)
  const isGone = async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    return metrics.includes('confab_socket_closes_total{code="4001"}')
  }
  let sent = 0
  for (; sent < 3_000 && !(sent % 20 === 0 && (await isGone())); sent++) {
    assert.strictEqual((await speaking.ask({ type: "message", chat_id, text })).type, "ack")
  }
  stalled.resume()
  const [code] = await goodbye
  assert.strictEqual(code, 4001)
  await listening.hears({ type: "message", seq: sent })
  const seqs = listening.heard.filter((frame) => frame.type === "message").map(({ seq }) => seq)
  assert.isTrue(seqs.length === sent && seqs.every((seq, i) => seq === i + 1))
  // It comes back and gets all that it missed.
  const back = await sleeper.connect("/ws", { resume: "true" })
  back.send({ type: "sync", cursors: { [chat_id]: 1 } })
  await back.hears({ type: "synced" }, 20_000)
  assert.strictEqual(back.heard.filter((frame) => frame.type === "message").length, sent)
})
