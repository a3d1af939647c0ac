// The features in WS-messenger's README: four users, a private chat and «Команда проекта», one socket for each chat
// with frames that need no chat_id, read marks by message_id, and the history by limit and offset.
import { describe, expect, it } from "vitest"
import { Person } from "../support/person.ts"
import { sharedServerOnPostgres } from "../support/sharedServer.ts"

const server = await sharedServerOnPostgres()

const team = () => Promise.all(["alice", "bob", "charlie", "david"].map((name) => Person.signUp(server.url, name)))

describe("WS-messenger's flows", () => {
  it("log in by e-mail and see oneself", async () => {
    const [alice] = (await team()) as [Person]
    const login = await alice.http("POST", "/login", {
      login: `${alice.username}@EXAMPLE.com`,
      password: alice.password,
    })
    expect(login).toMatchObject({
      status: 200,
      body: { user: { id: alice.id, email: `${alice.username}@example.com` } },
    })
    expect((await alice.ok("GET", "/me")).id).toBe(alice.id)
  })

  it("list the private chat and the group that one is in", async () => {
    const [alice, bob, charlie, david] = (await team()) as [Person, Person, Person, Person]
    const privateId = await alice.privateChat(bob)
    const groupId = await alice.group("Команда проекта", bob, charlie, david)
    const { items } = await bob.ok("GET", "/chats")
    expect(items).toHaveLength(2)
    expect(items.find((chat: { id: number }) => chat.id === privateId)).toMatchObject({
      type: "private",
      name: null,
      member_count: 2,
      peer: { id: alice.id },
    })
    expect(items.find((chat: { id: number }) => chat.id === groupId)).toMatchObject({
      type: "group",
      name: "Команда проекта",
      member_count: 4,
      role: "member",
    })
    expect((await bob.http("POST", "/chats", { type: "private", member_ids: [alice.id] })).status).toBe(200)
  })

  it("talk on /ws/{chat_id}, where a frame with text is a message", async () => {
    const [alice, bob, charlie, david] = (await team()) as [Person, Person, Person, Person]
    const chat_id = await alice.group("Команда проекта", bob, charlie, david)
    const sockets = await Promise.all([alice, bob, charlie, david].map((person) => person.connect(`/ws/${chat_id}`)))
    const [hers, his] = sockets as [(typeof sockets)[number], (typeof sockets)[number]]
    hers.send({ type: "message", text: "Всем привет" })
    hers.send({ text: "Как дела? 🚀" })
    for (const socket of sockets.slice(1)) {
      expect(await socket.hears({ type: "message", seq: 1 })).toMatchObject({ chat_id, text: "Всем привет" })
      expect(await socket.hears({ type: "message", seq: 2 })).toMatchObject({ text: "Как дела? 🚀" })
    }
    const { id } = (await bob.ok("GET", `/chats/${chat_id}/messages`)).items[1]
    his.send({ type: "read", message_id: id })
    expect(await hers.hears({ type: "read", user_id: bob.id })).toMatchObject({ chat_id, seq: 2, message_id: id })
  })

  it("receive only that chat on a chat's socket", async () => {
    const [alice, bob] = (await team()) as [Person, Person]
    const [one, other] = [await alice.group("Один", bob), await alice.group("Другой", bob)]
    const his = await bob.connect(`/ws/${one}`)
    await alice.ok("POST", `/chats/${other}/messages`, { text: "не здесь" })
    await alice.ok("POST", `/chats/${one}/messages`, { text: "здесь" })
    await his.hears({ type: "message", text: "здесь" })
    await his.settled()
    expect(his.heard.filter((frame) => frame.type === "message")).toHaveLength(1)
  })

  it("keep the socket open when a frame makes no sense", async () => {
    const [alice, bob] = (await team()) as [Person, Person]
    const chat_id = await alice.privateChat(bob)
    const hers = await alice.connect(`/ws/${chat_id}`)
    hers.send("this is not JSON")
    expect((await hers.hears({ type: "error" })).code).toBe("bad_frame")
    expect(await hers.ask({ type: "dance" })).toMatchObject({ type: "error", code: "unknown_type" })
    expect(await hers.ask({ type: "message", text: "   " })).toMatchObject({ type: "error", code: "invalid" })
    expect(await hers.ask({ type: "message", text: "still here" })).toMatchObject({ type: "ack", seq: 1 })
  })

  it("page through the history, and send over HTTP what the sockets receive", async () => {
    const [alice, bob] = (await team()) as [Person, Person]
    const chat_id = await alice.privateChat(bob)
    const his = await bob.connect(`/ws/${chat_id}`)
    const message = await alice.ok("POST", `/chats/${chat_id}/messages`, { text: "Текст сообщения" })
    expect(await his.hears({ type: "message" })).toMatchObject({ id: message.id, text: "Текст сообщения" })
    expect(await bob.ok("GET", `/history/${chat_id}?limit=50&offset=0`)).toMatchObject([{ id: message.id, seq: 1 }])
    expect((await bob.http("GET", `/history/${chat_id}?limit=0`)).status).toBe(400)
  })
})
