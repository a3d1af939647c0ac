// What a client does for the one who uses it, against a server and a clock that belong to the test.
import { assert, beforeEach, describe, it } from "@effect/vitest"
import type { ChatClientError } from "../../src/client/ChatClientError.ts"
import type { UnknownFrame } from "../../src/client/state/UnknownFrame.ts"
import { memoryOutbox } from "../../src/client/storage/OutboxStorage.ts"
import { memoryTokens } from "../../src/client/storage/TokenStorage.ts"
import type { ServerFrame } from "../../src/contract/ServerFrame.ts"
import { FileId } from "../../src/domain/File.ts"
import type { MessageId, SessionId } from "../../src/domain/Ids.ts"
import type { User } from "../../src/domain/User.ts"
import type { FakeChat } from "./fake/FakeChat.ts"
import { FakeServer } from "./fake/FakeServer.ts"
import { FakeTime } from "./fake/FakeTime.ts"
import { clientOf, connected } from "./fake/harness.ts"

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

const frames = (kind: string) =>
  [...server.sockets].flatMap((socket) => socket.said.filter(({ type }) => type === kind))
const failure = (promise: Promise<unknown>): Promise<ChatClientError> =>
  promise.then(
    () => assert.fail("it should have failed"),
    (error: ChatClientError) => error,
  )

describe("Sending", () => {
  it("shows a message at once, and the server's in its place", async () => {
    const chat = server.chat("group", ann, bob)
    const client = await connected(server, ann)
    await time.until(client.openChat(chat.id))
    server.network.latency = 100
    const { delivered } = client.send(chat.id, "hello")
    const shown = () => client.getState().conversations.get(chat.id)
    assert.deepStrictEqual(
      shown()?.pending.map(({ text, status }) => ({ text, status })),
      [{ text: "hello", status: "sending" }],
    )
    assert.deepStrictEqual(shown()?.messages, [])
    const { seq } = await time.until(delivered)
    await time.pass(500)
    assert.strictEqual(seq, 1)
    assert.deepStrictEqual(shown()?.pending, [])
    assert.deepStrictEqual(
      shown()?.messages.map(({ text }) => text),
      ["hello"],
    )
  })

  it("never shows neither or both of a message and its place-holder", async () => {
    const chat = server.chat("group", ann, bob)
    const client = await connected(server, ann)
    await time.until(client.openChat(chat.id))
    server.network.latency = 300
    const counts = new Set<number>()
    client.subscribe(() => {
      const { messages, pending } = client.getState().conversations.get(chat.id)!
      counts.add(messages.length + pending.length)
    })
    client.send(chat.id, "once")
    await time.pass(2_000)
    assert.deepStrictEqual([...counts], [1])
  })

  it("keeps messages while offline and sends them in order when there is a connection", async () => {
    const chat = server.chat("group", ann, bob)
    const client = await connected(server, ann)
    server.network.down = true
    server.cutAll()
    await time.pass(1_000)
    for (const text of ["one", "two", "three"]) client.send(chat.id, text)
    await time.pass(5_000)
    assert.strictEqual(client.getState().chatById.get(chat.id)?.pendingCount, 3)
    server.network.down = false
    await time.pass(60_000)
    assert.deepStrictEqual(
      chat.rows.map(({ message }) => message.text),
      ["one", "two", "three"],
    )
    assert.strictEqual(client.getState().chatById.get(chat.id)?.pendingCount, 0)
  })

  it("takes up after a restart what was not sent, and sends nothing twice", async () => {
    const chat = server.chat("group", ann, bob)
    const outbox = memoryOutbox()
    const tokens = memoryTokens()
    const first = await connected(server, ann, { outbox, tokens })
    server.network.latency = 200
    first.send(chat.id, "the answer is lost")
    first.send(chat.id, "not sent at all")
    first.setDraft(chat.id, "half a thou")
    while (chat.rows.length === 0) await time.pass(1)
    first.close()
    await time.pass(1_000)
    const second = clientOf(server, { outbox, tokens })
    await time.until(second.start())
    await time.until(second.whenOnline())
    await time.pass(5_000)
    assert.deepStrictEqual(
      chat.rows.map(({ message }) => message.text),
      ["the answer is lost", "not sent at all"],
    )
    const view = second.getState().chatById.get(chat.id)
    assert.strictEqual(view?.pendingCount, 0)
    assert.strictEqual(view?.draft, "half a thou")
    assert.deepStrictEqual((await outbox.load(ann.id)).messages, [])
  })

  it("lets a refused message fail alone, and sends it again when asked to", async () => {
    const chat = server.chat("group", ann, bob)
    const client = await connected(server, ann)
    server.refusals.push({ code: "invalid" })
    const bad = client.send(chat.id, "bad")
    const good = client.send(chat.id, "good")
    const error = await time.until(failure(bad.delivered))
    assert.strictEqual(error.tag, "MessageRefused")
    assert.strictEqual(error.code, "invalid")
    await time.until(good.delivered)
    const view = () => client.getState().chatById.get(chat.id)
    assert.strictEqual(view()?.failedCount, 1)
    client.retry(bad.dedupKey)
    await time.pass(1_000)
    assert.strictEqual(view()?.failedCount, 0)
    assert.strictEqual(chat.rows.length, 2)
  })

  it("waits as long as the server says when it is too fast, without losing the order", async () => {
    const chat = server.chat("group", ann, bob)
    const client = await connected(server, ann)
    server.refusals.push({ code: "rate_limited", retry_after_ms: 3_000 })
    client.send(chat.id, "one")
    client.send(chat.id, "two")
    await time.pass(2_900)
    assert.strictEqual(chat.rows.length, 0)
    await time.pass(200)
    assert.deepStrictEqual(
      chat.rows.map(({ message }) => message.text),
      ["one", "two"],
    )
  })

  it("lets a message go that is taken back", async () => {
    const chat = server.chat("group", ann, bob)
    const client = await connected(server, ann)
    server.network.down = true
    server.cutAll()
    const { dedupKey, delivered } = client.send(chat.id, "oh no")
    await time.pass(100)
    client.discard(dedupKey)
    assert.strictEqual((await failure(delivered)).tag, "Discarded")
    server.network.down = false
    await time.pass(60_000)
    assert.strictEqual(chat.rows.length, 0)
  })
})

describe("The connection", () => {
  it("reconnects with growing pauses, and reports the next attempt", async () => {
    const client = await connected(server, ann)
    server.network.down = true
    server.cutAll()
    const waits: Array<number> = []
    let at = 0
    client.subscribe(() => {
      const { connection } = client.getState()
      if (connection.status !== "offline" || connection.retryAt === at) return
      at = connection.retryAt ?? 0
      waits.push(at - time.now())
    })
    await time.pass(90_000)
    assert.isAtLeast(waits.length, 5)
    assert.isBelow(waits[0]!, 300)
    assert.isAbove(waits.at(-1)!, 10_000)
    assert.isAtMost(Math.max(...waits), 30_000)
    server.network.down = false
    await time.pass(30_000)
    assert.strictEqual(client.getState().connection.status, "online")
  })

  it("waits as long as a server that shuts down asks for", async () => {
    const client = await connected(server, ann)
    server.cutAll(1001, '{"retry_after_ms":4000}')
    await time.pass(3_900)
    assert.strictEqual(client.getState().connection.status, "offline")
    await time.pass(1_000)
    assert.strictEqual(client.getState().connection.status, "online")
  })

  it("refreshes an expired token before it reconnects", async () => {
    const client = await connected(server, ann)
    server.expireTokens()
    server.cutAll(4002)
    await time.pass(1_000)
    assert.strictEqual(client.getState().connection.status, "online")
    assert.strictEqual(server.requests.filter((request) => request === "POST /refresh").length, 1)
  })

  it("refreshes the token in time, and sends it on the open socket", async () => {
    const client = await connected(server, ann)
    await time.pass(3_600_000)
    assert.strictEqual(client.getState().connection.status, "online")
    assert.isAtLeast(frames("auth").length, 4)
    assert.isAtMost(server.requests.filter((request) => request === "POST /refresh").length, 5)
  })

  it("sends a token on the open socket that another client with the same storage has refreshed", async () => {
    const tokens = memoryTokens()
    let last: Promise<unknown> = Promise.resolve()
    // As the tabs of a browser, one after the other.
    const exclusively = <A>(_: string, run: () => Promise<A>): Promise<A> => {
      const next = last.then(run)
      last = next.catch(() => {})
      return next
    }
    const runtime = { ...server.runtime(), exclusively }
    const one = await connected(server, ann, { tokens, runtime })
    const two = clientOf(server, { tokens, runtime })
    await time.until(two.start())
    await time.until(two.whenOnline())
    await time.pass(3_600_000)
    const exchanges = server.requests.filter((request) => request === "POST /refresh").length
    assert.isAtMost(exchanges, 5)
    const tokensOf = [...server.sockets].map((socket) =>
      socket.said.flatMap((frame) => (frame.type === "auth" ? [JSON.stringify({ ...frame, ref: null })] : [])),
    )
    assert.strictEqual(tokensOf.length, 2)
    // Each refresh is sent on both, the last one perhaps a moment later.
    const told = Math.min(...tokensOf.map(({ length }) => length))
    assert.isAtLeast(told, 4)
    assert.deepStrictEqual(tokensOf[0]!.slice(0, told), tokensOf[1]!.slice(0, told))
    assert.strictEqual(one.getState().connection.status, "online")
  })

  it("does not reconnect when there are too many devices, unless requested", async () => {
    const client = await connected(server, ann)
    server.cutAll(4503)
    await time.pass(120_000)
    assert.deepStrictEqual(client.getState().connection, {
      status: "offline",
      reason: "too_many_devices",
      attempt: 0,
      retryAt: null,
    })
    client.reconnect()
    await time.pass(100)
    assert.strictEqual(client.getState().connection.status, "online")
  })

  it("reports that its page's origin is refused, and connects once it is allowed", async () => {
    const real = server.runtime()
    const asked: Array<string> = []
    let foreign = true
    let token = ""
    const tokenOf = async () => {
      const form = new URLSearchParams({ username: ann.username, password: "correct horse" })
      const answer = await (await real.fetch("http://chat.test/token", { method: "POST", body: String(form) })).json()
      token = answer.access_token
      return Response.json({ ...answer, user: ann })
    }
    // A browser that keeps the token in a cookie.
    const runtime = {
      ...real,
      page: "https://chat.example",
      fetch: (url: string, init: RequestInit): Promise<Response> => {
        const { pathname, search } = new URL(url)
        if (pathname === "/login") return tokenOf()
        if (pathname !== "/ws") return real.fetch(url, { ...init, headers: { authorization: `Bearer ${token}` } })
        asked.push(search)
        const [_tag, status] = foreign ? ["ForeignOrigin", 403] : ["UpgradeRequired", 426]
        return Promise.resolve(Response.json({ _tag }, { status: Number(status) }))
      },
      socket: (url: string) => {
        asked.push("socket")
        return real.socket(foreign ? url : `${url}?token=${token}`)
      },
    }
    const client = clientOf(server, { url: "https://chat.example", auth: "cookie", runtime })
    await time.until(client.logIn("ann", "correct horse"))
    await time.pass(60_000)
    assert.deepInclude(client.getState().connection, { status: "offline", reason: "foreign_origin" })
    const page = "?page=https%3A%2F%2Fchat.example"
    assert.deepStrictEqual(asked.slice(0, 3), ["socket", page, page])
    assert.strictEqual(asked.filter((what) => what === "socket").length, 1)
    foreign = false
    await time.pass(31_000)
    assert.strictEqual(client.getState().connection.status, "online")
  })

  it("is signed out when the session was ended, and forgets everything", async () => {
    server.chat("group", ann, bob)
    const tokens = memoryTokens()
    const client = await connected(server, ann, { tokens })
    server.cutAll(4501)
    await time.pass(100)
    const { connection, me, chats } = client.getState()
    assert.deepStrictEqual(connection, { status: "signed_out", reason: "session_ended" })
    assert.isNull(me)
    assert.deepStrictEqual(chats, [])
    assert.isNull(await tokens.load())
  })

  it("has logged out when it logs out, though the server cuts its socket before it answers", async () => {
    const client = await connected(server, ann)
    const states: Array<unknown> = []
    client.subscribe(() => {
      const { connection } = client.getState()
      if (connection.status === "signed_out") states.push(connection.reason)
    })
    server.network.latency = 400
    const left = client.logOut()
    await time.pass(2_000)
    await left
    assert.deepStrictEqual([...new Set(states)], ["logged_out"])
    assert.strictEqual(client.getState().connection.status, "signed_out")
  })

  it("has logged out also when only the close arrives, and not when nothing does", async () => {
    const client = await connected(server, ann)
    server.network.down = true
    const failed = client.logOut().then(
      () => "left",
      (error: ChatClientError) => error.tag,
    )
    await time.pass(60_000)
    assert.strictEqual(await failed, "Network")
    assert.notStrictEqual(client.getState().connection.status, "signed_out")
    server.network.down = false
    await time.pass(120_000)
    assert.strictEqual(client.getState().connection.status, "online")
    const left = client.logOut()
    server.cutAll(4501)
    server.network.down = true
    await time.pass(60_000)
    await left
    assert.deepStrictEqual(client.getState().connection, { status: "signed_out", reason: "logged_out" })
  })

  it("notices a session that ended while it was away", async () => {
    const client = await connected(server, ann)
    server.expireTokens(true)
    server.cutAll()
    await time.pass(10_000)
    assert.strictEqual(client.getState().connection.status, "signed_out")
  })

  it("shows and sends nothing of one user to another who has signed in since", async () => {
    const chat = server.chat("group", ann, bob)
    const client = await connected(server, ann)
    server.network.down = true
    server.cutAll()
    client.send(chat.id, "from ann")
    server.cookieOf = bob.id
    server.network.down = false
    await time.pass(60_000)
    assert.strictEqual(client.getState().connection.status, "signed_out")
    assert.deepStrictEqual(client.getState().chats, [])
    assert.strictEqual(chat.rows.length, 0)
  })

  it("starts without a connection, as soon as there is one", async () => {
    const tokens = memoryTokens()
    const first = await connected(server, ann, { tokens })
    first.close()
    server.network.down = true
    const second = clientOf(server, { tokens })
    const starting = second.start()
    await time.pass(10_000)
    assert.strictEqual(second.getState().connection.status, "offline")
    server.network.down = false
    assert.strictEqual((await time.until(starting))?.username, "ann")
  })
})

describe("The state", () => {
  it("has no hole and nothing twice when an event is lost or repeated", async () => {
    const chat = server.chat("group", ann, bob)
    const client = await connected(server, ann)
    await time.until(client.openChat(chat.id))
    const heard: Array<ServerFrame | UnknownFrame> = []
    client.onEvent((frame) => heard.push(frame))
    const [socket] = [...server.sockets]
    socket!.swallow = 1
    server.say(chat, bob, "swallowed")
    server.say(chat, bob, "heard")
    server.say(chat, bob, "and this")
    await time.pass(100)
    for (const event of chat.missed(0)) if (event.type === "message") socket!.push(event)
    await time.pass(100)
    const texts = client
      .getState()
      .conversations.get(chat.id)
      ?.messages.map(({ text }) => text)
    assert.deepStrictEqual(texts, ["swallowed", "heard", "and this"])
    assert.deepStrictEqual(
      heard.map((frame) => frame.type === "message" && frame.text),
      ["swallowed", "heard", "and this"],
    )
    assert.strictEqual(client.getState().chatById.get(chat.id)?.unread_count, 3)
  })

  it("keeps what it does not know: it moves the chat's cursor in order, and listeners get it as it came", async () => {
    const chat = server.chat("group", ann, bob)
    const client = await connected(server, ann)
    const heard: Array<unknown> = []
    client.onEvent((frame) => {
      if (frame.type === "unknown") heard.push(frame.frame)
      else if (frame.type === "message") heard.push(frame.text)
    })
    const [socket] = [...server.sockets]
    const poll = (question: string, version: number) => ({ type: "poll", chat_id: chat.id, question, version })
    chat.poll("Lunch?")
    server.say(chat, bob, "Pizza")
    socket!.push(poll("Lunch?", 2))
    socket!.push({ type: "weather", rain: true })
    await time.pass(100)
    assert.deepStrictEqual(heard.splice(0), [poll("Lunch?", 2), "Pizza", { type: "weather", rain: true }])
    assert.deepStrictEqual(frames("sync"), [])

    socket!.swallow = 1
    server.say(chat, bob, "swallowed")
    chat.poll("Dinner?")
    await time.pass(100)
    assert.deepStrictEqual(heard.splice(0), ["swallowed", poll("Dinner?", 5)])
    server.network.down = true
    server.cutAll()
    chat.poll("Supper?")
    server.say(chat, bob, "missed")
    server.network.down = false
    await time.pass(10_000)
    server.say(chat, bob, "after")
    await time.pass(100)
    assert.deepStrictEqual(heard, [poll("Supper?", 6), "missed", "after"])
    assert.deepStrictEqual(
      frames("sync").map(({ cursors }) => cursors),
      [{ [chat.id]: 5 }],
    )
  })

  it("is the same object until something changes, and shares what did not", async () => {
    const [one, two] = [server.chat("one", ann, bob), server.chat("two", ann, bob)]
    const client = await connected(server, ann)
    await time.until(client.openChat(one.id))
    await time.until(client.openChat(two.id))
    const before = client.getState()
    assert.strictEqual(client.getState(), before)
    let calls = 0
    client.subscribe(() => calls++)
    for (let i = 0; i < 10; i++) server.say(one, bob, `message ${i}`)
    await time.pass(10)
    const after = client.getState()
    assert.notStrictEqual(after, before)
    assert.strictEqual(after.chatById.get(two.id), before.chatById.get(two.id))
    assert.strictEqual(after.conversations.get(two.id), before.conversations.get(two.id))
    assert.strictEqual(after.users, before.users)
    assert.strictEqual(after.conversations.get(one.id)?.members === null, false)
    assert.strictEqual(before.conversations.get(one.id)?.messages.length, 0)
    assert.isAtMost(calls, 10)
  })

  it("sorts chats by what was said last and counts what is unread", async () => {
    const [one, two] = [server.chat("one", ann, bob), server.chat("two", ann, bob)]
    const client = await connected(server, ann)
    await time.pass(10)
    server.say(one, bob, "hey")
    await time.pass(10)
    server.say(two, bob, "ho")
    server.say(two, bob, "ho again")
    await time.pass(10)
    const ids = () => client.getState().chats.map(({ id }) => id)
    assert.deepStrictEqual(ids(), [two.id, one.id])
    assert.strictEqual(client.getState().unreadTotal, 3)
    client.markRead(two.id, 2)
    assert.strictEqual(client.getState().unreadTotal, 1)
    server.say(one, bob, "now I am first")
    await time.pass(10)
    assert.deepStrictEqual(ids(), [one.id, two.id])
  })

  it("sends read marks, at a limited rate, and again after a disconnection", async () => {
    const chat = server.chat("group", ann, bob)
    for (let i = 0; i < 20; i++) server.say(chat, bob, `${i}`)
    const client = await connected(server, ann)
    for (let seq = 1; seq <= 15; seq++) {
      client.markRead(chat.id, seq)
      await time.pass(20)
    }
    assert.isAtMost(frames("read").length, 2)
    server.cutAll()
    client.markRead(chat.id, 18)
    client.markRead(chat.id, 17)
    await time.pass(5_000)
    assert.strictEqual(chat.members.get(ann.id)?.last_read_seq, 18)
    assert.strictEqual(client.getState().chatById.get(chat.id)?.unread_count, 2)
  })

  it("shows typing users, with a sign at most every 2 s, and removes one without an end after a while", async () => {
    const chat = server.chat("group", ann, bob)
    const client = await connected(server, ann)
    for (let i = 0; i < 50; i++) {
      client.setTyping(chat.id, true)
      await time.pass(100)
    }
    assert.strictEqual(frames("typing").length, 3)
    for (const socket of server.sockets) {
      socket.push({ type: "typing", chat_id: chat.id, user_id: bob.id, is_typing: true })
    }
    await time.pass(10)
    assert.deepStrictEqual(client.getState().chatById.get(chat.id)?.typing, [bob.id])
    await time.pass(7_000)
    assert.deepStrictEqual(client.getState().chatById.get(chat.id)?.typing, [])
  })

  it("shows a changed profile in the list of chats, among members and users, and as one's own", async () => {
    const [pair, group] = [server.chat(null, ann, bob), server.chat("group", ann, bob)]
    const account = server.accounts.get(ann.id)!
    server.accounts.set(ann.id, { ...account, me: { ...account.me, server_role: "admin" } })
    const client = await connected(server, ann)
    assert.deepStrictEqual(client.getState().users.get(ann.id), ann)
    await time.until(client.openChat(group.id))
    const socket = [...server.sockets][0]!
    const heard: Array<unknown> = []
    client.onEvent((event) => heard.push(event.type))
    const user = { ...bob, display_name: "Robert", avatar: FileId.make(5), custom: { n: 1 } }
    socket.push({ type: "user_updated", user })
    await time.pass(10)
    const shown = () => {
      const { chatById, conversations, users } = client.getState()
      const member = conversations.get(group.id)?.members?.find((one) => one.user.id === bob.id)?.user
      return [chatById.get(pair.id)?.title, chatById.get(pair.id)?.peer, member, users.get(bob.id)]
    }
    assert.deepStrictEqual(shown(), ["Robert", user, user, user])
    const { avatar: _, ...without } = user
    socket.push({ type: "user_updated", user: without })
    await time.pass(10)
    assert.deepStrictEqual(shown(), ["Robert", without, without, without])
    socket.push({ type: "user_updated", user: { ...ann, display_name: "Anna" } })
    await time.pass(10)
    const { me, users } = client.getState()
    assert.deepStrictEqual(me, { ...account.me, display_name: "Anna", server_role: "admin" })
    assert.deepStrictEqual(users.get(ann.id), { ...ann, display_name: "Anna" })
    assert.deepStrictEqual(heard, ["user_updated", "user_updated", "user_updated"])
  })

  it("forgets who types once they have said it, are gone or are offline, though nothing says that they stopped", async () => {
    const chat = server.chat("group", ann, bob)
    const client = await connected(server, ann)
    const shown = () => client.getState().chatById.get(chat.id)?.typing
    const socket = [...server.sockets][0]!
    const types = async () => {
      socket.push({ type: "typing", chat_id: chat.id, user_id: bob.id, is_typing: true })
      await time.pass(10)
      assert.deepStrictEqual(shown(), [bob.id])
    }
    await types()
    server.say(chat, ann, "Well?")
    await time.pass(10)
    assert.deepStrictEqual(shown(), [bob.id])
    server.say(chat, bob, "There you are")
    await time.pass(10)
    assert.deepStrictEqual(shown(), [])
    await types()
    socket.push({ type: "presence", user_id: bob.id, status: "offline", last_seen_at: bob.created_at })
    await time.pass(10)
    assert.deepStrictEqual(shown(), [])
    await types()
    chat.remove(bob.id)
    await time.pass(10)
    assert.deepStrictEqual(shown(), [])
  })

  it("loads older messages page by page down to the first", async () => {
    const chat = server.chat("group", ann, bob)
    for (let i = 1; i <= 120; i++) server.say(chat, bob, `${i}`)
    const client = await connected(server, ann)
    await time.until(client.openChat(chat.id))
    const shown = () => client.getState().conversations.get(chat.id)!
    const seqs = () => shown().messages.map(({ seq }) => seq)
    assert.deepStrictEqual([shown().messages.length, shown().hasMoreBefore], [50, true])
    await time.until(Promise.all([client.loadOlder(chat.id), client.loadOlder(chat.id)]))
    await time.until(client.loadOlder(chat.id))
    assert.deepStrictEqual([seqs().length, seqs()[0], shown().hasMoreBefore], [120, 1, false])
    await time.until(client.openAt(chat.id, 60))
    client.closeChat(chat.id)
    await time.until(client.openAt(chat.id, 60))
    assert.isTrue(seqs().includes(60) && shown().hasMoreAfter)
    server.say(chat, bob, "far below")
    await time.pass(10)
    assert.isFalse(seqs().includes(121))
    await time.until(client.openNewest(chat.id))
    assert.strictEqual(seqs().at(-1), 121)
  })

  it("loads a chat anew when too much was missed, and drops one that is gone", async () => {
    const [busy, lost] = [server.chat("busy", ann, bob), server.chat("lost", ann, bob)]
    const client = await connected(server, ann)
    await time.until(client.openChat(busy.id))
    server.network.down = true
    server.cutAll()
    server.replayLimit = 50
    for (let i = 1; i <= 100; i++) server.say(busy, bob, `${i}`)
    lost.remove(ann.id)
    const fresh = server.chat("fresh", bob, ann)
    server.network.down = false
    await time.pass(10_000)
    const { chatById, conversations } = client.getState()
    assert.deepStrictEqual([...chatById.keys()].sort(), [busy.id, fresh.id].sort())
    assert.strictEqual(chatById.get(busy.id)?.unread_count, 100)
    assert.strictEqual(conversations.get(busy.id)?.messages.at(-1)?.text, "100")
  })

  it("asks after a cut only for chats that moved or are gone", async () => {
    const [quiet, moved, gone] = [server.chat("q", ann, bob), server.chat("m", ann, bob), server.chat("g", ann, bob)]
    const client = await connected(server, ann)
    const told: Array<string> = []
    client.onEvent((frame) => frame.type === "message" && told.push(frame.text))
    server.network.down = true
    server.cutAll()
    server.say(moved, bob, "1")
    gone.remove(ann.id)
    server.network.down = false
    await time.pass(10_000)
    const syncs = () => [...server.sockets].flatMap(({ said }) => said.filter(({ type }) => type === "sync"))
    assert.deepStrictEqual(
      syncs().map(({ cursors }) => Object.keys(cursors)),
      [[String(moved.id), String(gone.id)]],
    )
    server.say(quiet, bob, "2")
    await time.pass(10)
    assert.deepStrictEqual(told, ["1", "2"])
    assert.isUndefined(client.getState().chatById.get(gone.id))

    server.cutAll()
    await time.pass(10_000)
    assert.deepStrictEqual(
      syncs().map(({ cursors }) => cursors),
      [{}],
    )
    server.say(quiet, bob, "3")
    await time.pass(10)
    assert.deepStrictEqual(told, ["1", "2", "3"])
  })

  it("goes online without a chat that fails to replay, and retries it with growing pauses", async () => {
    const [well, ill] = [server.chat("well", ann, bob), server.chat("ill", ann, bob)]
    const client = await connected(server, ann)
    await time.until(client.openChat(ill.id))
    const told: Array<string> = []
    client.onEvent((frame) => frame.type === "message" && frame.chat_id === ill.id && told.push(frame.text))
    server.network.down = true
    server.cutAll()
    for (const chat of [well, ill]) for (let i = 1; i <= 4; i++) server.say(chat, bob, `${i}`)
    const before = server.requests.length
    let failures = 0
    server.fails = (id) => id === ill.id && ++failures <= 2
    server.network.down = false
    await time.until(client.whenOnline())
    const unread = (chat: FakeChat) => client.getState().chatById.get(chat.id)?.unread_count
    assert.deepStrictEqual([failures, unread(well)], [1, 4])
    server.say(ill, bob, "5")
    await time.pass(10)
    await time.pass(5_000)
    assert.strictEqual(failures, 3)
    assert.deepStrictEqual(told, ["1", "2", "3", "4", "5"], "told in order once the hole is filled")
    assert.deepStrictEqual([unread(well), unread(ill)], [4, 5])
    const [socket] = server.sockets
    const asked = socket!.said.filter(({ type }) => type === "sync").map(({ cursors }) => Object.keys(cursors))
    assert.deepStrictEqual(asked.slice(1), [[String(ill.id)], [String(ill.id)]], "the others are not asked for again")
    assert.notInclude(server.requests.slice(before), `GET /chats/${ill.id}/messages`)
    assert.strictEqual(client.getState().connection.status, "online")
  })

  it("loads a chat anew that cannot be caught up with again and again", async () => {
    const ill = server.chat("ill", ann, bob)
    server.say(ill, bob, "before")
    const client = await connected(server, ann)
    await time.until(client.openChat(ill.id))
    server.network.down = true
    server.cutAll()
    for (let i = 1; i <= 4; i++) server.say(ill, bob, `${i}`)
    let failures = 0
    server.fails = () => ++failures > 0
    server.network.down = false
    await time.until(client.whenOnline())
    for (let i = 5; i <= 8; i++) {
      server.say(ill, bob, `${i}`)
      await time.pass(1_500)
    }
    const shown = () =>
      client
        .getState()
        .conversations.get(ill.id)
        ?.messages.map(({ text }) => text)
    assert.deepStrictEqual(shown(), ["before", "1", "2", "3", "4", "5", "6", "7", "8"])
    assert.strictEqual(client.getState().chatById.get(ill.id)?.unread_count, 9)
    server.say(ill, bob, "9")
    await time.pass(60_000)
    assert.strictEqual(shown()?.at(-1), "9")
    assert.strictEqual(failures, 3, "then it is not asked for any more")
  })

  it("shows two ticks when every other member has read", async () => {
    const eve = server.person("eve")
    const chat = server.chat("group", ann, bob, eve)
    const client = await connected(server, ann)
    await time.until(client.openChat(chat.id))
    client.send(chat.id, "read me")
    await time.pass(10)
    const isRead = () => (client.getState().chatById.get(chat.id)?.readSeq ?? 0) >= 1
    chat.read(bob.id, 1)
    await time.pass(10)
    assert.isFalse(isRead())
    chat.read(eve.id, 1)
    await time.pass(10)
    assert.isTrue(isRead())
  })

  it("shows a chat that it makes at once", async () => {
    const client = await connected(server, ann)
    const made = await time.until(client.createGroup("new", [bob.id]))
    assert.strictEqual(client.getState().chatById.get(made.id)?.title, "new")
    const pair = await time.until(client.openPrivate(bob.id))
    assert.strictEqual(client.getState().chatById.get(pair.id)?.title, "BOB")
    await time.pass(1_000)
    assert.strictEqual(client.getState().chats.length, 2)
    assert.isFalse(server.requests.includes(`GET /chats/${made.id}`))
  })

  it("stays quick with 500 chats and 10,000 messages in one", async () => {
    const chats = Array.from({ length: 500 }, (_, i) => server.chat(`chat ${i}`, ann, bob))
    const [chat] = chats
    const client = await connected(server, ann)
    assert.strictEqual(client.getState().chats.length, 500)
    await time.until(client.openChat(chat!.id))
    for (let i = 0; i < 10_000; i++) {
      server.say(chat!, bob, "x")
      if (i % 100 === 99) await time.pass(1)
    }
    const started = performance.now()
    for (let i = 0; i < 200; i++) {
      server.say(chat!, bob, "y")
      await time.pass(1)
      client.getState()
    }
    const each = (performance.now() - started) / 200
    assert.strictEqual(client.getState().conversations.get(chat!.id)?.messages.length, 10_200)
    assert.isBelow(each, 20)
  })
})

describe("Answers", () => {
  it("rejects with what the server says", async () => {
    const client = await connected(server, ann)
    const wrong = clientOf(server)
    assert.strictEqual((await time.until(failure(wrong.logIn("ann", "wrong")))).tag, "InvalidCredentials")
    assert.strictEqual((await time.until(failure(client.edit(9 as MessageId, "x")))).tag, "ChatNotFound")
    server.network.down = true
    assert.strictEqual((await time.until(failure(client.endSession("x" as SessionId)))).tag, "Network")
  })
})
