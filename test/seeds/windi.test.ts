// The requirements of the WinDI messenger's task: history by limit and offset, messages that are read when all members
// have read them, no duplicates when the same message is sent twice at once, groups, and several devices of one user.
import { describe, expect, it } from "vitest"
import { Person } from "../support/person.ts"
import { sharedServerOnPostgres } from "../support/sharedServer.ts"

const server = await sharedServerOnPostgres()

const three = async () => ({
  alice: await Person.signUp(server.url, "alice"),
  bob: await Person.signUp(server.url, "bob"),
  charlie: await Person.signUp(server.url, "charlie"),
})

describe("windi's flows", () => {
  it("give the history in the order of sending, a window at a time", async () => {
    const { alice, bob } = await three()
    const chat_id = await alice.privateChat(bob)
    for (let i = 1; i <= 12; i++)
      await (i % 2 ? alice : bob).ok("POST", `/chats/${chat_id}/messages`, { text: `№ ${i}` })
    const window = async (query: string) =>
      (await bob.ok("GET", `/history/${chat_id}?${query}`)).map((message: { seq: number }) => message.seq)
    expect(await window("limit=5&offset=0")).toEqual([1, 2, 3, 4, 5])
    expect(await window("limit=5&offset=10")).toEqual([11, 12])
    expect(await window("limit=5&offset=12")).toEqual([])
    expect((await window("")).length).toBe(12)
    const [first] = await bob.ok("GET", `/history/${chat_id}?limit=1`)
    expect(first).toMatchObject({ chat_id, sender_id: alice.id, text: "№ 1", is_read: true, deleted: false })
  })

  it("keep the history of others closed", async () => {
    const { alice, bob, charlie } = await three()
    const chat_id = await alice.privateChat(bob)
    expect((await charlie.http("GET", `/history/${chat_id}`)).status).toBe(404)
    expect(await charlie.refused(`/ws/${chat_id}`)).toBe(404)
    expect(await charlie.refused("/ws", { token: "not a token" })).toBe(401)
  })

  it("show a private message as read when the other has read it, and inform its sender", async () => {
    const { alice, bob } = await three()
    const chat_id = await alice.privateChat(bob)
    const hers = await alice.connect()
    const { message_id } = await hers.ask({ type: "message", chat_id, text: "Прочитай" })
    const isRead = async () => (await alice.ok("GET", `/history/${chat_id}`))[0].is_read
    expect(await isRead()).toBe(false)
    const his = await bob.connect()
    await his.ask({ type: "read", message_id })
    await hers.hears({ type: "read", chat_id, user_id: bob.id, message_id })
    await hers.hears({ type: "fully_read", chat_id, message_id })
    expect(await isRead()).toBe(true)
  })

  it("call a group's message read only when every member has read it", async () => {
    const { alice, bob, charlie } = await three()
    const chat_id = await alice.group("Группа", bob, charlie)
    const hers = await alice.connect()
    const { message_id } = await hers.ask({ type: "message", chat_id, text: "Всем" })
    await bob.ok("POST", `/messages/${message_id}/read`)
    await hers.hears({ type: "read", user_id: bob.id })
    await hers.settled()
    expect(hers.unread("fully_read")).toEqual([])
    const readers = async () =>
      (await alice.ok("GET", `/messages/${message_id}/readers`)).items.map(
        (item: { user: { id: number } }) => item.user.id,
      )
    expect(await readers()).toEqual([bob.id])
    await charlie.ok("POST", `/messages/${message_id}/read`)
    await hers.hears({ type: "fully_read", chat_id, message_id })
    expect(new Set(await readers())).toEqual(new Set([bob.id, charlie.id]))
  })

  it("store a message once that is sent many times at once", async () => {
    const { alice, bob } = await three()
    const chat_id = await alice.privateChat(bob)
    const [one, two, his] = [await alice.connect(), await alice.connect(), await bob.connect()]
    const same = { type: "message", chat_id, text: "Один раз", dedup_key: "client-msg-1" }
    const acks = await Promise.all([one, two, one, two].map((device) => device.ask(same)))
    const overHttp = await alice.http("POST", `/chats/${chat_id}/messages`, {
      text: same.text,
      dedup_key: same.dedup_key,
    })
    expect(new Set([...acks.map((ack) => ack.message_id), overHttp.body.id]).size).toBe(1)
    expect(acks.filter((ack) => !ack.duplicate)).toHaveLength(1)
    expect(overHttp.status).toBe(200)
    await his.settled()
    expect(his.heard.filter((frame) => frame.type === "message")).toHaveLength(1)
    expect((await alice.ok("GET", `/history/${chat_id}`)).length).toBe(1)
    const other = await alice.http("POST", `/chats/${chat_id}/messages`, { text: "Другое", dedup_key: same.dedup_key })
    expect(other).toMatchObject({ status: 409, body: { _tag: "DedupKeyReused" } })
  })

  it("reach every device of all members of a group, the sender's other devices too", async () => {
    const { alice, bob, charlie } = await three()
    const chat_id = await alice.group("Команда", bob, charlie)
    const phone = await alice.connect()
    const devices = await Promise.all([alice, bob, bob, charlie].map((person) => person.connect()))
    await phone.ask({ type: "message", chat_id, text: "Слышно?" })
    for (const device of devices) expect(await device.hears({ type: "message", chat_id })).toMatchObject({ seq: 1 })
  })

  it("add a member, who sees earlier messages, and remove one, who receives nothing more", async () => {
    const { alice, bob, charlie } = await three()
    const chat_id = await alice.group("Растём", bob)
    await alice.ok("POST", `/chats/${chat_id}/messages`, { text: "До Чарли" })
    const his = await charlie.connect()
    await alice.ok("POST", `/chats/${chat_id}/members`, { user_ids: [charlie.id] })
    await his.hears((frame) => frame.type === "chat_created" && frame.chat.id === chat_id)
    expect((await charlie.ok("GET", `/history/${chat_id}`))[0]).toMatchObject({ text: "До Чарли" })
    await alice.ok("DELETE", `/chats/${chat_id}/members/${charlie.id}`)
    await his.hears({ type: "member_removed", chat_id, user_id: charlie.id })
    await alice.ok("POST", `/chats/${chat_id}/messages`, { text: "После" })
    await his.settled()
    expect(his.unread("message")).toEqual([])
    expect((await charlie.http("GET", `/history/${chat_id}`)).status).toBe(404)
  })
})
