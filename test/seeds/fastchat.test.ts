// The features of FastChat, a small FastAPI chat: sign up, log in by the OAuth 2 form, private messages, presence and
// typing, and reconnection.
import { describe, expect, it } from "vitest"
import { Person } from "../support/person.ts"
import { sharedServerOnPostgres } from "../support/sharedServer.ts"

const server = await sharedServerOnPostgres()

describe("FastChat's flows", () => {
  it("sign up, log in through the token form, and see who one is", async () => {
    const alice = await Person.signUp(server.url, "alice")
    const token = await alice.form("/token", { username: alice.username, password: alice.password })
    expect(token.body).toMatchObject({ token_type: "bearer", expires_in: expect.any(Number) })
    expect((await alice.http("GET", "/me")).body).toMatchObject({ id: alice.id, username: alice.username })
  })

  it("refuse a wrong password as OAuth 2 says, and a page without a token", async () => {
    const alice = await Person.signUp(server.url, "alice")
    const wrong = await alice.form("/token", { username: alice.username, password: "not this one" })
    expect(wrong).toMatchObject({ status: 400, body: { error: "invalid_grant" } })
    alice.access_token = ""
    const nobody = await alice.http("GET", "/me")
    expect(nobody.status).toBe(401)
    expect(nobody.headers.get("www-authenticate")).toMatch(/^Bearer/)
  })

  it("find a user by the beginning of a name and exchange private messages", async () => {
    const [alice, bob] = [await Person.signUp(server.url, "alice"), await Person.signUp(server.url, "bob")]
    const found = await alice.ok("GET", `/users?query=${bob.username.slice(0, -1)}`)
    expect(found.items.map((user: { id: number }) => user.id)).toContain(bob.id)
    const chat_id = await alice.privateChat(bob)
    const [hers, his] = [await alice.connect(), await bob.connect()]
    const ack = await hers.ask({ type: "message", chat_id, text: "Привет, Боб! 👋" })
    expect(ack).toMatchObject({ type: "ack", chat_id, seq: 1, duplicate: false })
    expect(await his.hears({ type: "message", chat_id })).toMatchObject({
      id: ack.message_id,
      sender_id: alice.id,
      text: "Привет, Боб! 👋",
      dedup_key: null,
    })
    await his.ask({ action: "message", chat_id, text: "Hi, Alice" })
    expect(await hers.hears({ type: "message", seq: 2 })).toMatchObject({ sender_id: bob.id, text: "Hi, Alice" })
  })

  it("show who is online, who leaves, and who types", async () => {
    const [alice, bob] = [await Person.signUp(server.url, "alice"), await Person.signUp(server.url, "bob")]
    const chat_id = await alice.privateChat(bob)
    const hers = await alice.connect()
    const his = await bob.connect()
    await hers.hears({ type: "presence", user_id: bob.id, status: "online", last_seen_at: null })
    his.send({ type: "typing", chat_id })
    await hers.hears({ type: "typing", chat_id, user_id: bob.id, is_typing: true })
    his.send({ type: "typing", chat_id, is_typing: false })
    await hers.hears({ type: "typing", chat_id, user_id: bob.id, is_typing: false })
    await his.settled()
    expect(his.unread("typing")).toEqual([])
    await his.close()
    const went = Date.now()
    const offline = await hers.hears({ type: "presence", user_id: bob.id, status: "offline" }, 15_000)
    expect(Date.now() - went).toBeGreaterThan(9_000)
    expect(Math.abs(Date.parse(offline.last_seen_at) - went)).toBeLessThan(2_000)
  }, 30_000)

  it("count what is unread until it is read", async () => {
    const [alice, bob] = [await Person.signUp(server.url, "alice"), await Person.signUp(server.url, "bob")]
    const chat_id = await alice.privateChat(bob)
    for (const text of ["one", "two", "three"]) await alice.ok("POST", `/chats/${chat_id}/messages`, { text })
    const unread = async () => (await bob.ok("GET", `/chats/${chat_id}`)).unread_count
    expect(await unread()).toBe(3)
    const { items } = await bob.ok("GET", `/chats/${chat_id}/messages`)
    expect(await bob.ok("POST", `/messages/${items[1].id}/read`)).toEqual({ chat_id, last_read_seq: 2 })
    expect(await unread()).toBe(1)
  })

  it("reconnect after a disconnection, and miss nothing", async () => {
    const [alice, bob] = [await Person.signUp(server.url, "alice"), await Person.signUp(server.url, "bob")]
    const chat_id = await alice.privateChat(bob)
    const his = await bob.connect()
    await alice.ok("POST", `/chats/${chat_id}/messages`, { text: "before" })
    const { version } = await his.hears({ type: "message", text: "before" })
    his.cut()
    await his.closed
    for (const text of ["meanwhile", "later"]) await alice.ok("POST", `/chats/${chat_id}/messages`, { text })
    const again = await bob.connect("/ws", { resume: "true" })
    const synced = await again.ask({ type: "sync", cursors: { [chat_id]: version } })
    expect(again.heard.filter((frame) => frame.type === "message").map((frame) => frame.text)).toEqual([
      "meanwhile",
      "later",
    ])
    expect(synced).toMatchObject({ type: "synced", cursors: { [chat_id]: version + 2 } })
  })
})
