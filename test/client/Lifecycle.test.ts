// How a client begins, ends, begins again, and notices that its connection is dead.
import { assert, beforeEach, describe, it } from "@effect/vitest"
import type { ChatClientError } from "../../src/client/ChatClientError.ts"
import { makeChatClient } from "../../src/client/makeChatClient.ts"
import { randomUuid } from "../../src/client/Runtime.ts"
import { memoryOutbox } from "../../src/client/storage/OutboxStorage.ts"
import { memoryTokens } from "../../src/client/storage/TokenStorage.ts"
import type { User } from "../../src/domain/User.ts"
import { FakeServer } from "./fake/FakeServer.ts"
import { FakeTime } from "./fake/FakeTime.ts"
import { allParts, clientOf, connected } from "./fake/harness.ts"

let time: FakeTime
let server: FakeServer
let ann: User
let bob: User

beforeEach(() => {
  time = new FakeTime()
  server = new FakeServer(time)
  ann = server.person("ann")
  bob = server.person("bob")
})

const tagOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "resolved",
    (error: ChatClientError) => error.tag,
  )

/** The connection is dead, and neither side receives a close. */
const deafen = () => {
  for (const socket of server.sockets) socket.deaf = true
}

const pings = () => [...server.sockets].flatMap(({ said }) => said.filter(({ type }) => type === "ping")).length

describe("A dead connection", () => {
  it("is asked after 25 s of silence, and given up 6 s later", async () => {
    const client = await connected(server, ann)
    await time.pass(26_000)
    assert.strictEqual(pings(), 1)
    deafen()
    await time.pass(29_000)
    assert.strictEqual(client.getState().connection.status, "online")
    server.network.down = true
    await time.pass(3_000)
    assert.strictEqual(client.getState().connection.status, "offline")
  })

  it("is noticed within 10 s after a message is sent", async () => {
    const chat = server.chat("group", ann, bob)
    const client = await connected(server, ann)
    await time.pass(12_000)
    deafen()
    server.network.down = true
    client.send(chat.id, "is anybody there?")
    await time.pass(8_000)
    assert.strictEqual(client.getState().connection.status, "online")
    await time.pass(2_000)
    assert.notStrictEqual(client.getState().connection.status, "online")
    assert.strictEqual(client.getState().chatById.get(chat.id)?.pendingCount, 1)
  })

  it("is noticed within 10 s after the platform says that the network is gone", async () => {
    let offline = () => {}
    const onOffline = (run: () => void) => {
      offline = run
      return () => {}
    }
    const client = await connected(server, ann, { runtime: { ...server.runtime(), onOffline } })
    await time.pass(1_000)
    deafen()
    server.network.down = true
    offline()
    await time.pass(7_000)
    assert.notStrictEqual(client.getState().connection.status, "online")
  })

  it("is not a slow answer: while frames arrive the connection stays", async () => {
    const chat = server.chat("group", ann, bob)
    const client = await connected(server, ann)
    for (const socket of server.sockets) socket.stuck = true
    client.send(chat.id, "slow")
    const states = new Set<string>()
    client.subscribe(() => states.add(client.getState().connection.status))
    await time.pass(30_000)
    server.say(chat, bob, "still here")
    await time.pass(100)
    assert.deepStrictEqual([...states], ["online"])
    assert.isAtMost(pings(), 11)
  })
})

describe("People", () => {
  it("who reconnect with the server were never offline", async () => {
    server.chat("group", ann, bob)
    const bobs = await connected(server, bob)
    const client = await connected(server, ann)
    const online = () => client.getState().presence.get(bob.id)?.online
    assert.isTrue(online())
    const seen = new Set<boolean | undefined>()
    client.subscribe(() => seen.add(online()))
    server.network.down = true
    server.cutAll()
    bobs.close()
    await time.pass(1_000)
    server.network.down = false
    await time.until(client.whenOnline())
    await time.pass(5_000)
    for (const socket of server.sockets)
      socket.push({ type: "presence", user_id: bob.id, status: "online", last_seen_at: null })
    await time.pass(20_000)
    assert.deepStrictEqual([...seen], [true])
  })

  it("who do not reconnect within 10 s are offline", async () => {
    server.chat("group", ann, bob)
    const bobs = await connected(server, bob)
    const client = await connected(server, ann)
    bobs.close()
    server.network.down = true
    server.cutAll()
    await time.pass(1_000)
    server.network.down = false
    await time.until(client.whenOnline())
    await time.pass(9_000)
    assert.isTrue(client.getState().presence.get(bob.id)?.online)
    await time.pass(2_000)
    assert.isFalse(client.getState().presence.get(bob.id)?.online)
  })
})

describe("A client", () => {
  it("starts again after it was closed, where it was", async () => {
    const chat = server.chat("group", ann, bob)
    const tokens = memoryTokens()
    const client = await connected(server, ann, { tokens })
    client.close()
    await time.pass(5_000)
    assert.strictEqual(server.sockets.size, 0)
    server.say(chat, bob, "while it was closed")
    assert.strictEqual((await time.until(client.start()))?.username, "ann")
    await time.until(client.whenOnline())
    assert.strictEqual(client.getState().chatById.get(chat.id)?.last_message?.text, "while it was closed")
    const { dedupKey: _, delivered } = client.send(chat.id, "and on")
    await time.until(delivered)
  })

  it("leaves no timer behind when it is closed, so that a program ends", async () => {
    const chat = server.chat("group", ann, bob)
    const before = time.pending
    const client = await connected(server, ann)
    await time.until(client.openChat(chat.id))
    client.setTyping(chat.id, true)
    await time.until(client.send(chat.id, "Hello").delivered)
    assert.isAbove(time.pending, before)
    client.close()
    assert.strictEqual(time.pending, before)
  })

  it("starts once, however often it is asked to", async () => {
    const tokens = memoryTokens()
    const before = await connected(server, ann, { tokens })
    before.close()
    server.requests.length = 0
    const client = clientOf(server, { tokens })
    const both = await time.until(Promise.all([client.start(), client.start()]))
    assert.deepStrictEqual(
      both.map((me) => me?.username),
      ["ann", "ann"],
    )
    assert.deepStrictEqual(
      server.requests.filter((request) => request === "GET /me"),
      ["GET /me"],
    )
  })

  it("creates no account while a user is signed in", async () => {
    const client = await connected(server, ann)
    server.requests.length = 0
    const account = { username: "eve", email: "eve@example.org", password: "correct horse" }
    assert.strictEqual(await tagOf(client.register(account)), "SignedInAlready")
    assert.deepStrictEqual(server.requests, [])
  })

  it("calls all its listeners, even if one of them throws", async () => {
    const chat = server.chat("group", ann, bob)
    const reported: Array<unknown> = []
    const runtime = { ...server.runtime(), report: (error: unknown) => reported.push(error) }
    const client = await connected(server, ann, { runtime })
    const heard: Array<string> = []
    client.subscribe(() => {
      throw new Error("first")
    })
    client.onEvent(() => {
      throw new Error("second")
    })
    client.subscribe(() => heard.push("state"))
    client.onEvent(({ type }) => heard.push(type))
    server.say(chat, bob, "hello")
    await time.pass(100)
    assert.includeMembers(heard, ["state", "message"])
    assert.strictEqual(client.getState().chatById.get(chat.id)?.last_message?.text, "hello")
    assert.includeMembers(
      reported.map((error) => (error as Error).message),
      ["first", "second"],
    )
  })

  it("says what to do on a platform without WebSocket, and asks no server before", async () => {
    const original = globalThis.WebSocket
    Reflect.deleteProperty(globalThis, "WebSocket")
    try {
      const { socket: _, ...runtime } = server.runtime()
      const client = makeChatClient({ url: "http://chat.test", auth: "token", runtime }, allParts)
      assert.strictEqual(await tagOf(client.start()), "NoWebSocket")
      assert.strictEqual(await tagOf(client.logIn("ann", "correct horse")), "NoWebSocket")
      assert.deepStrictEqual(server.requests, [])
    } finally {
      globalThis.WebSocket = original
    }
  })

  it("has keys of its own also where the page has no crypto.randomUUID", () => {
    const source = { getRandomValues: crypto.getRandomValues.bind(crypto) }
    const ids = Array.from({ length: 1_000 }, () => randomUuid(source))
    for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.strictEqual(new Set(ids).size, ids.length)
  })
})

describe("A quote", () => {
  it("has its text whatever is loaded, and keeps it up to date", async () => {
    const chat = server.chat("group", ann, bob)
    const quoted = server.say(chat, bob, "the first words")
    for (let i = 0; i < 200; i++) server.say(chat, bob, `word ${i}`)
    const client = await connected(server, ann)
    await time.until(client.openChat(chat.id))
    server.requests.length = 0
    await time.until(client.send(chat.id, "to the first", { replyTo: quoted.id }).delivered)
    await time.pass(500)
    const shown = () => client.getState().conversations.get(chat.id)?.quoted.get(quoted.id)
    assert.strictEqual(shown()?.text, "the first words")
    chat.change(bob.id, quoted.id, "other words", server.now())
    await time.pass(500)
    assert.strictEqual(shown()?.text, "other words")
    assert.deepStrictEqual(server.requests, ["GET /messages"])
  })

  it("that leads out of the loaded messages is reached by one request", async () => {
    const chat = server.chat("group", ann, bob)
    for (let i = 0; i < 500; i++) server.say(chat, bob, `word ${i}`)
    const client = await connected(server, ann)
    await time.until(client.openChat(chat.id))
    server.requests.length = 0
    await time.until(client.openAt(chat.id, 200))
    const { messages, hasMoreBefore, hasMoreAfter } = client.getState().conversations.get(chat.id)!
    assert.deepStrictEqual(server.requests, [`GET /chats/${chat.id}/messages`])
    assert.deepStrictEqual(
      [messages[0]?.seq, messages.at(-1)?.seq, hasMoreBefore, hasMoreAfter],
      [176, 225, true, true],
    )
  })
})

describe("A draft", () => {
  it("that was typed just before the session ended is there for its writer who signs in at once", async () => {
    const chat = server.chat("group", ann, bob)
    const client = await connected(server, ann, { outbox: memoryOutbox() })
    client.setDraft(chat.id, "half a thou")
    for (const socket of [...server.sockets]) socket.end(4501, "")
    while (client.getState().connection.status !== "signed_out") await time.pass(1)
    await time.until(client.logIn(ann.username, "correct horse"))
    await time.until(client.whenOnline())
    assert.strictEqual(client.getState().chatById.get(chat.id)?.draft, "half a thou")
  })
})
