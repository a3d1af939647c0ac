// State of users, not of chats, holds over all nodes: presence, the number of sockets, ended sessions, and attempts at
// a password. Two real servers on one PostgreSQL and one Redis.
import { afterAll, assert, beforeAll, describe, inject, it, vi } from "vitest"
import { WebSocket } from "ws"
import { confab } from "../support/confab.ts"
import { Device, Person } from "../support/person.ts"
import { hasRedis } from "../support/redis.ts"
import type { Server } from "../support/server.ts"
import { Nodes } from "./Nodes.ts"

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 })

describe.skipIf(!hasRedis)("users on two nodes", () => {
  let nodes: Nodes
  let one: Server
  let two: Server
  /** Somebody on a third node, which is killed: how long others took them for online, milliseconds. */
  let ghost: Promise<number>

  beforeAll(async () => {
    nodes = await Nodes.start(2, inject("postgresUrl"), {
      RATE_LIMITS: "on",
      SIGNUPS_PER_MINUTE: "0",
      MESSAGES_PER_SECOND: "0",
      FAILED_LOGINS_PER_MINUTE: "3",
      SOCKETS_PER_USER: "3",
      DIRECTORY: "shared",
    })
    ;[one, two] = nodes.all as [Server, Server]
    const [third] = (await nodes.add()) as [Server]
    const [ada, eve] = [await Person.signUp(one.url), await Person.signUp(third.url)]
    await ada.found(eve)
    await ada.group("both", eve)
    const a = await ada.connect()
    await eve.connect()
    await a.hears({ type: "presence", user_id: eve.id, status: "online" })
    const killed = performance.now()
    await third.kill9()
    ghost = a
      .hears({ type: "presence", user_id: eve.id, status: "offline" }, 75_000)
      .then(() => performance.now() - killed)
    // It is looked at by the last test.
    ghost.catch(() => {})
  })
  afterAll(async () => nodes?.[Symbol.asyncDispose]())

  it("see each other come online and go offline, on any node", async () => {
    const [ada, bob] = [await Person.signUp(one.url), await Person.signUp(two.url)]
    await ada.found(bob)
    const chat_id = await ada.group("both", bob)
    const a = await ada.connect()
    const b = await bob.connect()
    assert.deepEqual(b.heard[0]?.online, [ada.id])
    await a.hears({ type: "presence", user_id: bob.id, status: "online" })
    const b2 = await bob.at(one.url).connect()
    await b.close()
    b2.send({ type: "typing", chat_id })
    await a.hears({ type: "typing", user_id: bob.id, is_typing: true })
    await b2.close()
    const went = Date.now()
    const gone = await a.hears({ type: "presence", user_id: bob.id }, 20_000)
    assert.strictEqual(gone.status, "offline")
    assert.isAtLeast(Date.now() - went, 9_000)
    assert.isAtMost(Math.abs(Date.parse(gone.last_seen_at) - went), 5_000)
    assert.lengthOf(
      a.heard.filter(({ type }) => type === "presence"),
      2,
    )
  })

  it("a changed profile is sent to the devices on both nodes", async () => {
    const [ada, bob] = [await Person.signUp(one.url), await Person.signUp(two.url)]
    await ada.found(bob)
    await ada.group("both", bob)
    const [a, b] = [await ada.connect(), await bob.connect()]
    await ada.ok("PATCH", "/me", { display_name: "Countess", custom: { team: 1 } })
    for (const device of [a, b]) {
      const { user } = await device.hears({ type: "user_updated" })
      assert.deepInclude(user, { id: ada.id, display_name: "Countess", custom: { team: 1 } })
    }
  })

  it("a chat that is marked as unread on one node is not any more once it is read on the other", async () => {
    const [ada, bob] = [await Person.signUp(one.url), await Person.signUp(two.url)]
    await ada.found(bob)
    const chat_id = await ada.group("both", bob)
    const { id } = await bob.ok("POST", `/chats/${chat_id}/messages`, { text: `@${ada.username}` })
    assert.deepInclude(await ada.ok("GET", "/me/unread"), { messages: 1, mentions: 1 })
    const a = await ada.connect()
    await ada.ok("PUT", `/me/state/chat:${chat_id}`, { level: "mentions", unread: true })
    await a.hears({ type: "state", key: `chat:${chat_id}`, version: 1 })
    const elsewhere = await ada.at(two.url).connect()
    elsewhere.send({ type: "read", message_id: id })
    for (const device of [a, elsewhere]) {
      const { value } = await device.hears({ type: "state", key: `chat:${chat_id}`, version: 2 })
      assert.deepEqual(value, { level: "mentions" })
    }
    assert.deepInclude(await ada.ok("GET", "/me/unread"), { messages: 0, mentions: 0 })
  })

  it("a block on one node holds on each node once it is answered, whichever has the chat, and hides who is online", async () => {
    const [ada, bob] = [await Person.signUp(one.url), await Person.signUp(two.url)]
    await bob.found(ada)
    const { chat_id } = await bob.ok("POST", "/messages", { recipient_id: ada.id, text: "Hello" })
    await ada.connect()
    const b = await bob.connect()
    const here = await bob.at(one.url).connect()
    assert.deepEqual(b.heard[0]?.online, [ada.id])
    for (let round = 0; round < 3; round++) {
      // Ada's requests go to the one node, Bob's to both.
      await ada.ok("PUT", `/me/state/block:${bob.id}`, {})
      for (const from of [bob, bob.at(one.url)]) {
        const { body, status } = await from.http("POST", `/chats/${chat_id}/messages`, { text: "Again" })
        assert.deepEqual([status, body._tag], [403, "Blocked"])
      }
      assert.strictEqual((await b.ask({ type: "message", chat_id, text: "Again" })).code, "forbidden")
      for (const device of [b, here]) await device.hears({ type: "presence", user_id: ada.id, status: "offline" })
      const late = await bob.connect()
      assert.deepEqual(late.heard[0]?.online, [])
      await late.close()
      await ada.ok("DELETE", `/me/state/block:${bob.id}`)
      for (const device of [b, here]) await device.hears({ type: "presence", user_id: ada.id, status: "online" })
      await bob.ok("POST", `/chats/${chat_id}/messages`, { text: "Thanks" })
    }
  })

  it("a session that ends on one node loses its sockets on the other, and its token is no good there, within a second", async () => {
    const ada = await Person.signUp(one.url)
    const sockets = [await ada.connect(), await ada.at(two.url).connect()]
    const before = performance.now()
    await ada.ok("POST", "/logout")
    for (const { closed } of sockets) assert.strictEqual((await closed).code, 4501)
    assert.isBelow(performance.now() - before, 1_000)
    for (const { url } of [one, two]) assert.strictEqual((await ada.at(url).http("GET", "/me")).status, 401)
  })

  it("a changed password ends the user's other sessions on every node, and this one on none", async () => {
    const ada = await Person.signUp(one.url)
    const elsewhere = await ada.at(two.url).connect()
    await ada.logIn()
    const [here, there] = [await ada.connect(), await ada.at(two.url).connect()]
    await ada.ok("POST", "/me/password", { current_password: ada.password, new_password: "quite another one" })
    assert.strictEqual((await elsewhere.closed).code, 4501)
    await Promise.all([here.settled(), there.settled()])
  })

  it("a user whom the operator suspends is out on every node within seconds", async () => {
    const ada = await Person.signUp(one.url)
    const sockets = [await ada.connect(), await ada.at(two.url).connect()]
    const env = { DATABASE_URL: nodes.databaseUrl, JWT_SECRET: "for the tests, and for nothing else, and long" }
    const suspended = await confab(["users", "suspend", ada.username], { env })
    const before = performance.now()
    assert.strictEqual(suspended.stdout, `${ada.username} is suspended. 1 session ended.`)
    for (const { closed } of sockets) assert.strictEqual((await closed).code, 4501)
    assert.isBelow(performance.now() - before, 5_000)
    for (const { url } of [one, two]) assert.strictEqual((await ada.at(url).http("GET", "/me")).status, 401)
  })

  it("are found by name on one node, and may then be named on the other", async () => {
    const [ada, bob] = [await Person.signUp(one.url), await Person.signUp(two.url)]
    const there = ada.at(two.url)
    const direct = { type: "private", member_ids: [bob.id] }
    assert.strictEqual((await there.http("POST", "/chats", direct)).status, 404)
    await ada.found(bob)
    assert.strictEqual((await there.http("POST", "/chats", direct)).status, 201)
    assert.strictEqual((await bob.http("GET", `/users/${ada.id}`)).status, 200)
  })

  it("have a limited number of sockets, counted over both", async () => {
    const ada = await Person.signUp(one.url)
    const mine = [await ada.connect(), await ada.connect(), await ada.at(two.url).connect()]
    const fourth = new Device(new WebSocket(`${two.wsUrl}/ws?token=${ada.access_token}`))
    assert.strictEqual((await fourth.closed).code, 4503)
    await mine[0]!.close()
    // The other node learns over Redis, soon, that there is room.
    const enter = async (): Promise<Device> => {
      const device = new Device(new WebSocket(`${two.wsUrl}/ws?token=${ada.access_token}`))
      const answer = await Promise.race([device.hears({ type: "hello" }), device.closed])
      return answer.code === 4503 ? enter() : device
    }
    await (await enter()).settled()
  })

  it("have a limited number of password attempts, counted over both, and receive the time to retry", async () => {
    const ada = await Person.signUp(one.url)
    const tries = async (server: Server, password: string) => {
      const reply = await ada.at(server.url).http("POST", "/login", { login: ada.username, password })
      return [reply.status, Number(reply.headers.get("retry-after"))] as const
    }
    for (const server of [one, two, one]) assert.deepEqual(await tries(server, "wrong"), [401, 0])
    for (const server of [two, one]) {
      const [status, retryAfter] = await tries(server, ada.password)
      assert.strictEqual(status, 429)
      assert.isAbove(retryAfter, 50)
      assert.isAtMost(retryAfter, 60)
    }
  })

  it("are online for no longer than a minute after their node was killed", async () => {
    assert.isBelow(await ghost, 60_000)
  })
})
