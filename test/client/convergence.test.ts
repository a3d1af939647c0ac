// Whatever happens to the network, a client ends up with what a fresh one loads, and nothing it sent is lost or doubled.
import { assert, describe, it } from "@effect/vitest"
import type { ChatClient } from "../../src/client/ChatClient.ts"
import type { ChatId, MessageId } from "../../src/domain/Ids.ts"
import type { User } from "../../src/domain/User.ts"
import { FakeServer } from "./fake/FakeServer.ts"
import { FakeTime } from "./fake/FakeTime.ts"
import { connected, essence, opened } from "./fake/harness.ts"

const story = async (seed: number, steps: number) => {
  const time = new FakeTime(seed)
  const server = new FakeServer(time)
  server.features = ["check", "state"]
  const pick = <A>(items: ReadonlyArray<A>): A => items[Math.floor(time.random() * items.length)]!
  const chance = (probability: number) => time.random() < probability
  const [ann, bob, eve] = ["ann", "bob", "eve"].map((name) => server.person(name)) as [User, User, User]
  for (const chat of [
    server.chat("group", ann, bob, eve),
    server.chat("pair", ann, bob),
    server.chat(null, ann, bob),
  ]) {
    for (let i = 0; i < Math.floor(time.random() * 6); i++) server.say(chat, pick(chat.present).user, `old ${i}`)
  }
  const client = await connected(server, ann, { onMismatch: () => {} })
  for (const chat of client.getState().chats) if (chance(0.6)) await time.until(client.openChat(chat.id))
  server.network.latency = 400
  server.network.loss = 0.1
  if (chance(0.3)) server.replayLimit = 8
  if (chance(0.5)) {
    const probability = pick([0.2, 0.5, 1])
    server.fails = () => chance(probability)
  }
  const sent: Array<{ readonly chat: number; readonly text: string }> = []

  /** Another device of Ann. */
  const elsewhere = () => {
    const id = pick([...server.chats.keys()])
    const [key, value] = pick([
      [`chat:${id}`, { archived: true, n: server.ids }],
      [`block:${pick([bob, eve]).id}`, {}],
      ["settings", { language: `l${server.ids}` }],
      ["app:other", server.ids],
    ] as const)
    server.stateOf(ann.id).put(key, chance(0.3) ? null : value)
  }
  const others = (chat = pick([...server.chats.values()])) => {
    const by = pick(chat.present)?.user
    if (by === undefined || chat.deleted) return
    const own = chat.rows.filter(({ message }) => message.sender_id === by.id)
    const row = own.length > 0 ? pick(own) : undefined
    const roll = time.random()
    const named = chance(0.7) ? "" : ` ${pick(["@ann", "@all", "@eve", "@ann @all"])}`
    if (roll < 0.35) {
      const reply_to = chat.rows.length > 0 && chance(0.3) ? pick(chat.rows).message.id : null
      server.say(chat, by, `from ${by.username} ${server.ids}${named}`, reply_to)
    } else if (roll < 0.5 && row && !row.message.deleted)
      chat.change(by.id, row.message.id, `edited ${server.ids}${named}`, server.now())
    else if (roll < 0.62 && row) chat.change(by.id, row.message.id, null, server.now())
    else if (roll < 0.82) chat.read(by.id, Math.floor(time.random() * (chat.rows.length + 2)))
    else if (chat.type === "group" && roll < 0.88)
      chat.rename(`name ${server.ids}`, server.ids % 2 === 0 ? {} : { description: `about ${server.ids}` })
    else if (chat.type === "group" && roll < 0.92) {
      if (chat.has(eve.id)) chat.remove(eve.id)
      else chat.add(eve, server.now())
    } else if (chat.type === "group" && roll < 0.94) {
      if (chat.has(ann.id)) chat.remove(ann.id)
      else chat.add(ann, server.now())
    } else if (chat.type === "group" && roll < 0.97) chat.setRole(by.id, pick(["admin", "member"]))
    else if (roll < 0.98) server.chat(`new ${server.ids}`, bob, ann)
  }
  const mine = (client: ChatClient) => {
    const chat = pick(client.getState().chats)
    if (chat === undefined) return
    const roll = time.random()
    if (roll < 0.5) {
      const text = `mine ${server.ids++}`
      sent.push({ chat: chat.id, text })
      client.send(chat.id, text)
    } else if (roll < 0.7) client.markRead(chat.id, Math.floor(time.random() * (chat.last_seq + 1)))
    else if (roll < 0.9) {
      if (chance(0.4)) client.closeChat(chat.id)
      client.openChat(chat.id).catch(() => {})
    } else if (chat.last_message?.sender_id === ann.id) {
      client.edit(chat.last_message.id as MessageId, `again ${server.ids++}`).catch(() => {})
    }
  }

  for (let i = 0; i < steps; i++) {
    const roll = time.random()
    if (chance(0.2)) elsewhere()
    if (roll < 0.5) others()
    else if (roll < 0.8) mine(client)
    else if (roll < 0.86) server.cutAll(pick([1006, 1001, 4000, 4001]), chance(0.5) ? '{"retry_after_ms":300}' : "")
    else if (roll < 0.88) server.network.down = !server.network.down
    else if (roll < 0.9) {
      server.expireTokens()
      server.cutAll(4002)
    }
    await time.pass(time.random() * (chance(0.1) ? 20_000 : 300))
  }
  server.network.down = false
  server.network.loss = 0
  await time.pass(120_000)
  for (const chat of client.getState().chats) await time.until(client.openChat(chat.id))
  await time.pass(5_000)
  return { time, server, client, ann, sent }
}

const own = (client: ChatClient) => {
  const { blocks, scheduled, settings } = client.getState()
  return { blocks: [...blocks].sort(), scheduled, settings }
}

/** The client connects anew, asks for the sums, and loads what differs. */
const resumed = async (server: FakeServer) => {
  server.fails = () => false
  server.replayLimit = 5_000
  const { checks } = server
  server.cutAll()
  await server.time.pass(90_000)
  assert.isAbove(server.checks, checks)
}

/** A change of an open chat, of which the client receives only that there was one. */
const corrupt = async (server: FakeServer, client: ChatClient) => {
  const open = [...client.getState().conversations.values()].filter(({ messages }) => messages.length > 0)
  const chat = server.chats.get(open[0]?.chatId ?? (0 as ChatId))
  const message = open[0]?.messages.at(-1)
  if (chat === undefined || message === undefined || message.deleted) return undefined
  chat.hides = true
  chat.change(message.sender_id, message.id, "changed behind its back", server.now())
  chat.hides = false
  await server.time.pass(5_000)
  return chat
}

describe("A client on a bad network", () => {
  for (let seed = 1; seed <= Number(process.env.CLIENT_SEEDS ?? 150); seed++) {
    it(`ends up with what a fresh client loads (${seed})`, async () => {
      const { server, client, ann, sent } = await story(seed, 150)
      assert.strictEqual(client.getState().mismatches, 0, "what it held was right whenever it was checked")
      const corrupted = seed % 2 === 0 ? await corrupt(server, client) : undefined
      await resumed(server)
      assert.strictEqual(client.getState().mismatches, corrupted === undefined ? 0 : 1)
      const fresh = await connected(server, ann)
      await Promise.all(fresh.getState().chats.map((chat) => server.time.until(fresh.openChat(chat.id))))
      assert.strictEqual(client.getState().connection.status, "online")
      const held = new Map(client.getState().chats.map((chat) => [chat.id, chat]))
      for (const chat of fresh.getState().chats) assert.isTrue(held.has(chat.id))
      const settled = essence(client).map((chat) => ({ ...chat, pendingCount: 0, failedCount: 0 }))
      assert.deepStrictEqual(settled, essence(fresh))
      assert.deepStrictEqual(own(client), own(fresh))
      const shown = opened(client).filter(({ chatId }) => held.has(chatId))
      assert.deepStrictEqual(
        shown.map((chat) => ({ ...chat, pending: 0 })),
        opened(fresh),
      )
      for (const chat of server.chats.values()) {
        const keys = chat.rows.filter(({ message }) => message.sender_id === ann.id && message.dedup_key !== null)
        const all = new Set(keys.map(({ message }) => message.dedup_key))
        assert.strictEqual(all.size, keys.length)
        const originals = keys.length
        const wanted = sent.filter((message) => message.chat === chat.id).length
        // A member who is removed before the answer arrives sees that the message failed.
        const pending = client.getState().conversations.get(chat.id)?.pending ?? []
        const failed = pending.filter(({ dedupKey }) => !all.has(dedupKey)).length
        assert.strictEqual(originals + failed, wanted)
      }
    })
  }
})
