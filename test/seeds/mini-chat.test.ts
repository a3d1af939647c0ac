// The features of Mini Chat, which uses Redis pub/sub: a token form, messages to a user rather than to a chat, the
// recent messages at a glance, and delivery to any connection of the other.
import { describe, expect, it } from "vitest"
import { Person } from "../support/person.ts"
import { sharedServerOnPostgres } from "../support/sharedServer.ts"

const server = await sharedServerOnPostgres()

const two = async () => ({
  alice: await Person.signUp(server.url, "alice"),
  bob: await Person.signUp(server.url, "bob"),
})

describe("Mini Chat's flows", () => {
  it("write to a user: the first message creates the private chat, and the next one finds it", async () => {
    const { alice, bob } = await two()
    const first = await alice.http("POST", "/messages", { recipient_id: bob.id, text: "Hello, Bob" })
    expect(first).toMatchObject({ status: 201, body: { seq: 1, sender_id: alice.id, text: "Hello, Bob" } })
    const answer = await bob.http("POST", "/messages", { recipient_id: alice.id, text: "Hello, Alice" })
    expect(answer.body).toMatchObject({ chat_id: first.body.chat_id, seq: 2 })
    const again = await alice.http("POST", "/messages", { recipient_id: alice.id, text: "me?" })
    expect(again).toMatchObject({ status: 400, body: { _tag: "PrivateChatWithOneself" } })
    expect((await alice.http("POST", "/messages", { recipient_id: 999_999_999, text: "?" })).status).toBe(404)
  })

  it("send the first message twice and still make one chat with one message", async () => {
    const { alice, bob } = await two()
    const body = { recipient_id: bob.id, text: "только один", dedup_key: "first" }
    const replies = await Promise.all([1, 2, 3].map(() => alice.http("POST", "/messages", body)))
    expect(new Set(replies.map((reply) => reply.body.id)).size).toBe(1)
    expect(replies.map((reply) => reply.status).sort()).toEqual([200, 200, 201])
    expect((await bob.ok("GET", "/chats")).items).toHaveLength(1)
  })

  it("deliver to connected users, from the first message on", async () => {
    const { alice, bob } = await two()
    const his = await bob.connect()
    const message = await alice.ok("POST", "/messages", { recipient_id: bob.id, text: "surprise" })
    await his.hears((frame) => frame.type === "chat_created" && frame.chat.id === message.chat_id)
    expect(await his.hears({ type: "message" })).toMatchObject({ id: message.id, text: "surprise" })
  })

  it("show the newest messages across all chats, newest first", async () => {
    const { alice, bob } = await two()
    const charlie = await Person.signUp(server.url, "charlie")
    await bob.ok("POST", "/messages", { recipient_id: alice.id, text: "from Bob" })
    await charlie.ok("POST", "/messages", { recipient_id: alice.id, text: "from Charlie" })
    await bob.ok("POST", "/messages", { recipient_id: charlie.id, text: "not for Alice" })
    const { items } = await alice.ok("GET", "/messages/recent")
    expect(items.map((message: { text: string }) => message.text)).toEqual(["from Charlie", "from Bob"])
    expect((await alice.ok("GET", "/messages/recent?limit=1")).items).toHaveLength(1)
  })

  it("edit and delete own messages, for all members at once", async () => {
    const { alice, bob } = await two()
    const message = await alice.ok("POST", "/messages", { recipient_id: bob.id, text: "tpyo" })
    const his = await bob.connect()
    await alice.ok("PATCH", `/messages/${message.id}`, { text: "typo" })
    expect(await his.hears({ type: "message_updated" })).toMatchObject({ id: message.id, text: "typo" })
    expect((await bob.http("DELETE", `/messages/${message.id}`)).status).toBe(403)
    expect((await alice.http("DELETE", `/messages/${message.id}`)).status).toBe(204)
    expect(await his.hears({ type: "message_deleted" })).toMatchObject({ id: message.id, text: "", deleted: true })
    expect((await alice.http("PATCH", `/messages/${message.id}`, { text: "no" })).body._tag).toBe("MessageDeleted")
  })

  it("refresh a token once, and end a session for good", async () => {
    const { alice } = await two()
    const refresh = () => alice.form("/token", { grant_type: "refresh_token", refresh_token: alice.refresh_token })
    const fresh = await refresh()
    expect(fresh).toMatchObject({ status: 200, body: { token_type: "bearer" } })
    expect(fresh.body.refresh_token).not.toBe(alice.refresh_token)
    const socket = await alice.connect()
    expect((await alice.http("POST", "/logout")).status).toBe(204)
    expect((await socket.closed).code).toBe(4501)
    expect((await alice.http("GET", "/me")).status).toBe(401)
    expect((await refresh()).body.error).toBe("invalid_grant")
  })

  it("say that it is well", async () => {
    const { alice } = await two()
    expect((await alice.http("GET", "/health")).body).toMatchObject({ status: "ok" })
    expect((await alice.http("GET", "/ready")).status).toBe(200)
  })
})
