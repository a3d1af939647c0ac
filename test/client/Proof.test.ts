// The client proves that it missed nothing, on every resume and once an hour, and heals when it did.
import { assert, beforeEach, describe, it } from "@effect/vitest"
import type { ChatClient } from "../../src/client/ChatClient.ts"
import { ChatModel } from "../../src/client/state/ChatModel.ts"
import type { ChatWithMembers, EventMember, Member } from "../../src/domain/Chat.ts"
import type { ChatId, MessageId, UserId } from "../../src/domain/Ids.ts"
import type { Message } from "../../src/domain/Message.ts"
import type { User } from "../../src/domain/User.ts"
import type { FakeChat } from "./fake/FakeChat.ts"
import { FakeServer } from "./fake/FakeServer.ts"
import { FakeTime } from "./fake/FakeTime.ts"
import { connected, essence, opened } from "./fake/harness.ts"

const hour = 3_600_000

let time: FakeTime
let server: FakeServer
let ann: User
let bob: User
let chat: FakeChat
let client: ChatClient
let told: Array<ChatId>

beforeEach(async () => {
  time = new FakeTime()
  server = new FakeServer(time)
  ann = server.person("ann")
  bob = server.person("bob")
  chat = server.chat("group", ann, bob)
  for (let i = 1; i <= 60; i++) server.say(chat, bob, `text ${i}`)
  told = []
  client = await connected(server, ann, { onMismatch: (id) => void told.push(id) })
})

const asked = () =>
  [...server.sockets].flatMap(({ said }) => said.filter(({ type }) => type === "sync").map(({ check }) => check))

const resume = async () => {
  server.cutAll()
  await time.pass(10_000)
}

/** What the client never hears of, but for its version. */
const unheard = (change: () => void) => {
  chat.hides = true
  change()
  chat.hides = false
}

const assertFresh = async () => {
  const fresh = await connected(server, ann)
  await time.until(fresh.openChat(chat.id))
  assert.deepStrictEqual(essence(client), essence(fresh))
  assert.deepStrictEqual(opened(client), opened(fresh))
}

describe("A client", () => {
  it("asks on each resume for the sums of the messages that it holds, and of no other chat", async () => {
    server.chat("other", ann, bob)
    await resume()
    assert.deepStrictEqual(asked(), [undefined])
    await time.until(client.openChat(chat.id))
    await resume()
    assert.deepStrictEqual(asked(), [{ [chat.id]: [11, 5_010] }])
    await time.until(client.loadOlder(chat.id))
    await resume()
    assert.deepStrictEqual(asked(), [{ [chat.id]: [1, 5_000] }])
    client.closeChat(chat.id)
    await resume()
    assert.deepStrictEqual(asked(), [undefined])
    assert.deepStrictEqual([server.checks, client.getState().mismatches, told], [2, 0, []])
  })

  it("asks for the newest 5,000 of more, and of a part that is not the newest exactly what it has", async () => {
    await time.until(client.openAt(chat.id, 20))
    await time.until(client.openAt(chat.id, 1))
    client.keepMessages(chat.id, 5, 30)
    await resume()
    assert.deepStrictEqual(asked(), [{ [chat.id]: [5, 30] }])
    await time.until(client.openNewest(chat.id))
    for (let i = 0; i < 5_000; i++) server.say(chat, bob, "more")
    await time.pass(1_000)
    await resume()
    assert.deepStrictEqual(asked(), [{ [chat.id]: [161, 5_160] }])
    assert.deepStrictEqual([server.checks, told], [2, []])
  })

  it("asks once an hour on the running socket", async () => {
    await time.until(client.openChat(chat.id))
    await time.pass(1.2 * hour)
    assert.strictEqual(server.checks, 1)
    server.say(chat, bob, "another")
    chat.read(bob.id, 61)
    await time.pass(hour)
    assert.isAbove(server.checks, 1)
    assert.strictEqual(client.getState().connection.status, "online")
    assert.strictEqual(client.getState().conversations.get(chat.id)?.messages.at(-1)?.text, "another")
    assert.deepStrictEqual(told, [])
  })

  it("asks for the sums of an empty chat too", async () => {
    const empty = server.chat("empty", ann, bob)
    await time.pass(1_000)
    await time.until(client.openChat(empty.id))
    await resume()
    assert.deepStrictEqual(asked(), [{ [empty.id]: [1, 5_000] }])
    assert.deepStrictEqual([server.checks, told], [1, []])
  })

  const corruptions: ReadonlyArray<readonly [string, () => void]> = [
    ["an edit", () => chat.change(bob.id, chat.rows[40]!.message.id, "edited", server.now())],
    ["a deletion", () => chat.change(bob.id, chat.rows[59]!.message.id, null, server.now())],
    ["a message", () => server.say(chat, bob, "never heard")],
    ["a read mark", () => chat.read(bob.id, 60)],
    ["a role", () => chat.setRole(bob.id, "admin")],
    ["a new member", () => chat.add(server.person("eve"), server.now())],
    ["a removal", () => chat.remove(bob.id)],
  ]
  for (const [what, change] of corruptions) {
    it(`notices that it missed ${what}, says so, and loads the chat anew`, async () => {
      await time.until(client.openChat(chat.id))
      // Sending reads, so that there is a mark to miss.
      if (what === "a read mark") for (const row of chat.members.values()) row.last_read_seq = 0
      unheard(change)
      await time.pass(1_000)
      assert.deepStrictEqual(told, [])
      await resume()
      assert.deepStrictEqual([told, client.getState().mismatches], [[chat.id], 1])
      await assertFresh()
      await resume()
      await time.pass(1.2 * hour)
      assert.strictEqual(told.length, 1)
      assert.isAbove(server.checks, 2)
    })
  }

  it("notices it within the hour, and still reports every event once", async () => {
    await time.until(client.openChat(chat.id))
    const events: Array<number> = []
    client.onEvent((frame) => {
      if (frame.type === "message") events.push(frame.seq)
    })
    unheard(() => chat.setRole(bob.id, "admin"))
    for (let i = 0; i < 70; i++) {
      server.say(chat, bob, "later")
      await time.pass(60_000)
    }
    assert.deepStrictEqual(told, [chat.id])
    assert.deepStrictEqual(
      events,
      Array.from({ length: 70 }, (_, i) => 61 + i),
    )
    await assertFresh()
  })

  it("does not compare while an answer may be newer than the sums", async () => {
    await time.until(client.openChat(chat.id))
    server.network.latency = 2_000
    for (let i = 0; i < 30; i++) {
      server.cutAll()
      client.loadOlder(chat.id).catch(() => {})
      server.say(chat, bob, `more ${i}`)
      client.keepMessages(chat.id, chat.rows.length - 20, chat.rows.length)
      await time.pass(3_000)
      chat.change(bob.id, chat.rows.at(-1 - (i % 15))!.message.id, `edited ${i}`, server.now())
      await time.pass(time.random() * 3_000)
    }
    await time.pass(60_000)
    assert.deepStrictEqual(told, [])
    assert.isAbove(server.checks, 5)
  })

  it("does not ask a server that does not know it", async () => {
    server.features = []
    await resume()
    await time.until(client.openChat(chat.id))
    await resume()
    await time.pass(2 * hour)
    assert.deepStrictEqual(asked(), [undefined])
  })
})

const at = "2026-11-21T09:30:00.000Z"
const chat_id = 1 as ChatId
const message = (seq: number, version: number): Message => ({
  ...{ id: (100 + seq) as MessageId, chat_id, seq, sender_id: 2 as UserId, text: "text", created_at: at, version },
  ...{ edited_at: null, deleted: false, reply_to: null, is_read: false, dedup_key: null },
})
const user = (id: number) => ({ id: id as UserId, username: `u${id}`, display_name: `U ${id}`, created_at: at })
const eventMember = (id: number, role: Member["role"] = "member"): EventMember => ({
  ...{ user: user(id), role, last_read_seq: 0, joined_at: at },
})
const record: ChatWithMembers = {
  ...{ id: chat_id, type: "group", name: "Group", created_by: 1 as UserId, created_at: at, member_count: 2 },
  ...{ version: 1, role: "owner", last_seq: 2, last_read_seq: 0, unread_count: 2, last_message: message(2, 3) },
  peer: null,
  members: [1, 2].map((id) => ({ ...eventMember(id), version: 1 })),
}

describe("What a client holds adds up, whatever brought it", () => {
  const model = () => {
    const model = new ChatModel(chat_id, 1 as UserId)
    model.load(record)
    model.window.replace([message(1, 2), message(2, 3)], false, false)
    const sums = () => [model.window.sum(1, 9), model.members.sum()]
    return { model, sums }
  }
  const frame = { chat_id, message_id: 101 as MessageId }

  it("a reaction moves its message, a read mark its reader, a message nobody", () => {
    const { model: held, sums } = model()
    assert.deepStrictEqual(sums(), [
      { count: 2, sum: 5 },
      { count: 2, sum: 2 },
    ])
    const emoji = { emojis: ["👍"], reactions: [{ emoji: "👍", count: 1 }] }
    held.apply({ type: "reaction", ...frame, user_id: 2 as UserId, ...emoji, version: 4 })
    held.apply({ type: "message", ...message(3, 5) })
    held.apply({ type: "read", ...frame, user_id: 2 as UserId, seq: 1, version: 6 })
    held.apply({ type: "pin", ...frame, user_id: 2 as UserId, at, version: 7 })
    assert.deepStrictEqual(sums(), [
      { count: 3, sum: 4 + 3 + 5 },
      { count: 2, sum: 1 + 6 },
    ])
    held.raiseMine(3)
    assert.deepStrictEqual(sums()[1], { count: 2, sum: 1 + 6 })
    held.apply({ type: "read", ...frame, user_id: 1 as UserId, seq: 3, version: 8 })
    assert.deepStrictEqual(sums()[1], { count: 2, sum: 8 + 6 })
  })

  it("older news change nothing, in any order", () => {
    const { model: held, sums } = model()
    held.apply({ type: "member_updated", chat_id, member: eventMember(2, "admin"), version: 9 })
    held.apply({ type: "read", ...frame, user_id: 2 as UserId, seq: 2, version: 5 })
    held.apply({ type: "member_removed", chat_id, user_id: 2 as UserId, version: 4 })
    held.apply({ type: "message_updated", ...message(1, 8) })
    const emoji = { emojis: [], reactions: [] }
    held.apply({ type: "reaction", ...frame, user_id: 2 as UserId, ...emoji, version: 6 })
    assert.deepStrictEqual(sums(), [
      { count: 2, sum: 8 + 3 },
      { count: 2, sum: 1 + 9 },
    ])
    assert.strictEqual(held.members.list()?.find(({ user }) => user.id === 2)?.role, "admin")
  })

  it("a reaction during the loading of a page is not lost", () => {
    const { model: held, sums } = model()
    held.window.clear()
    held.window.beginFetch()
    const emoji = { emojis: ["👍"], reactions: [{ emoji: "👍", count: 1 }] }
    held.apply({ type: "reaction", ...frame, user_id: 2 as UserId, ...emoji, version: 4 })
    held.window.replace([message(1, 2), message(2, 3)], false, false)
    held.window.endFetch()
    assert.deepStrictEqual(sums()[0], { count: 2, sum: 4 + 3 })
    assert.deepStrictEqual(held.window.get(1)?.reactions, emoji.reactions)
  })

  it("only of what it has: not of a part, nor with a hole", () => {
    const { model: held } = model()
    held.window.replace([message(5, 9), message(6, 10)], true, true)
    assert.deepStrictEqual(held.window.sum(5, 6), { count: 2, sum: 19 })
    assert.deepStrictEqual(held.window.sum(6, 6), { count: 1, sum: 10 })
    assert.isUndefined(held.window.sum(4, 6))
    assert.isUndefined(held.window.sum(5, 7))
    held.window.clear()
    assert.isUndefined(held.window.sum(5, 6))
    held.window.replace([], false, false)
    assert.deepStrictEqual(held.window.sum(1, 1), { count: 0, sum: 0 })
    held.window.tell(message(2, 3))
    assert.isUndefined(held.window.sum(1, 1))
  })
})
