// Many chats and long conversations: what shows first, what is let go, and that the order of the list is that of a plain sort.
import { assert, describe, it } from "@effect/vitest"
import type { ChatView } from "../../src/client/state/ChatState.ts"
import { type Change, reordered } from "../../src/client/state/reordered.ts"
import type { ChatId } from "../../src/domain/Ids.ts"
import { FakeServer } from "./fake/FakeServer.ts"
import { FakeTime } from "./fake/FakeTime.ts"
import { clientOf, connected } from "./fake/harness.ts"

const make = () => {
  const time = new FakeTime()
  const server = new FakeServer(time)
  return { time, server, ann: server.person("ann"), bob: server.person("bob") }
}

describe("Many chats", () => {
  it("are shown from the first page on, while the others load, and apply concurrent events", async () => {
    const { time, server, ann, bob } = make()
    const chats = Array.from({ length: 500 }, (_, i) => server.chat(`chat ${i}`, ann, bob))
    const client = clientOf(server)
    const lengths: Array<number> = []
    let said = false
    client.subscribe(() => {
      const { chats: shown, chatsLoaded } = client.getState()
      if (shown.length > 0 && !said) {
        said = true
        for (const chat of [chats[0]!, chats[499]!]) server.say(chat, bob, "ConcurrentEvents")
      }
      if (shown.length > 0) lengths.push(chatsLoaded ? 0 : shown.length)
    })
    await time.until(client.logIn(ann.username, "correct horse"))
    await time.until(client.whenOnline())
    await time.pass(10)
    assert.strictEqual(lengths[0], 50)
    assert.isTrue(lengths.includes(250))
    const state = client.getState()
    assert.strictEqual(state.chats.length, 500)
    assert.strictEqual(state.unreadTotal, 2)
    for (const chat of [chats[0]!, chats[499]!]) {
      assert.strictEqual(state.chatById.get(chat.id)?.last_message?.text, "ConcurrentEvents")
    }
  })

  it("have all their members, page by page, with concurrent changes", async () => {
    const { time, server, ann, bob } = make()
    server.membersAtOnce = 3
    const others = Array.from({ length: 8 }, (_, i) => server.person(`other${i}`))
    const late = server.person("late")
    const chat = server.chat("large", ann, bob, ...others)
    const client = clientOf(server)
    await time.until(client.logIn(ann.username, "correct horse"))
    await time.until(client.whenOnline())
    server.network.latency = 50
    const members = client.loadMembers(chat.id)
    await time.pass(120)
    chat.add(late, server.now())
    chat.remove(others[0]!.id)
    const ids = (await time.until(members)).map(({ user }) => user.id)
    await time.pass(1_000)
    const expected = [ann, bob, ...others.slice(1), late].map(({ id }) => id)
    const shown =
      client.getState().conversations.get(chat.id)?.members ?? (await time.until(client.loadMembers(chat.id)))
    assert.sameMembers(
      shown.map(({ user }) => user.id),
      expected,
    )
    assert.isAtLeast(ids.length, 10)
    assert.strictEqual(server.requests.filter((request) => request === `GET /chats/${chat.id}/members`).length, 3)
  })

  it("are in the order of a plain sort after any run of changes", () => {
    let seed = 7
    const random = (n: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
      return seed % n
    }
    const all = new Map<ChatId, ChatView>()
    let shown: ReadonlyArray<ChatView> = []
    for (let step = 0; step < 500; step++) {
      const changes: Array<Change> = []
      for (const id of new Set(Array.from({ length: random(30) }, () => random(60) as ChatId))) {
        const before = all.get(id)
        const after = random(4) === 0 ? undefined : ({ id, activeAt: `at ${random(20)}` } as ChatView)
        if (before === undefined && after === undefined) continue
        changes.push([before, after])
        if (after === undefined) all.delete(id)
        else all.set(id, after)
      }
      shown = reordered(shown, changes, all)
      const sorted = [...all.values()].sort((a, b) => b.activeAt.localeCompare(a.activeAt) || b.id - a.id)
      assert.deepStrictEqual(shown, sorted)
    }
  })
})

describe("A long conversation", () => {
  it("lets go of what is far away, and loads it again", async () => {
    const { time, server, ann, bob } = make()
    const chat = server.chat("group", ann, bob)
    for (let i = 1; i <= 200; i++) server.say(chat, bob, `${i}`)
    const client = await connected(server, ann)
    await time.until(client.openChat(chat.id))
    for (let i = 0; i < 3; i++) await time.until(client.loadOlder(chat.id))
    const shown = () => client.getState().conversations.get(chat.id)!
    const ends = () => [shown().messages[0]?.seq, shown().messages.at(-1)?.seq]
    const more = () => [shown().hasMoreBefore, shown().hasMoreAfter]
    assert.deepStrictEqual(ends(), [1, 200])
    client.keepMessages(chat.id, -10, 300)
    assert.deepStrictEqual(
      [ends(), more()],
      [
        [1, 200],
        [false, false],
      ],
    )
    client.keepMessages(chat.id, 101, 300)
    assert.deepStrictEqual(
      [ends(), more()],
      [
        [101, 200],
        [true, false],
      ],
    )
    client.keepMessages(chat.id, 51, 150)
    assert.deepStrictEqual(
      [ends(), more()],
      [
        [101, 150],
        [true, true],
      ],
    )
    // A concurrent message is not appended after a hole, but it counts.
    server.say(chat, bob, "201")
    await time.pass(10)
    assert.deepStrictEqual([ends(), client.getState().chatById.get(chat.id)?.unread_count], [[101, 150], 201])
    await time.until(client.loadOlder(chat.id))
    await time.until(client.loadNewer(chat.id))
    await time.until(client.loadNewer(chat.id))
    assert.deepStrictEqual(
      [ends(), more()],
      [
        [51, 201],
        [true, false],
      ],
    )
    client.keepMessages(chat.id, 500, 600)
    assert.deepStrictEqual(ends(), [51, 201])
  })

  it("lets nothing go that a page on its way belongs to", async () => {
    const { time, server, ann, bob } = make()
    const chat = server.chat("group", ann, bob)
    for (let i = 1; i <= 200; i++) server.say(chat, bob, `${i}`)
    const client = await connected(server, ann)
    await time.until(client.openChat(chat.id))
    const older = client.loadOlder(chat.id)
    client.keepMessages(chat.id, 180, 200)
    await time.until(older)
    const { messages } = client.getState().conversations.get(chat.id)!
    assert.deepStrictEqual([messages[0]?.seq, messages.length], [101, 100])
  })
})
