// Presence in groups of more than 200 members: none, and none in hello; the smaller chats of the same users have
// theirs.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { ChatActors } from "../../src/actors/ChatActors.ts"
import { Presence } from "../../src/broadcast/Presence.ts"
import type { UserId } from "../../src/domain/Ids.ts"
import { Chats } from "../../src/services/Chats.ts"
import { addGroup, addUsers, send } from "../support/chat.ts"
import { connect, type FakeWire, layer, settled, until } from "../support/sockets.ts"

const told = (wire: FakeWire) => wire.ofType("presence").map(({ status, user_id }) => `${user_id} ${status}`)
const online = (wire: FakeWire) => [...wire.ofType("hello")[0]!.online].sort((a: number, b: number) => a - b)

describe("A group of more than 200 members", () => {
  it.effect("publishes presence only to users who share a smaller chat", () =>
    Effect.gen(function* () {
      const { ids } = yield* addGroup(201)
      const [ada, bob, eve] = ids as [UserId, UserId, UserId]
      const chats = yield* Chats
      yield* chats.openPrivate(ada, bob)
      const a = yield* connect(ada)
      const e = yield* connect(eve)
      const b = yield* connect(bob)
      yield* settled
      assert.deepStrictEqual([online(a), online(e), online(b)], [[], [], [ada]])
      assert.deepStrictEqual([told(a), told(e), told(b)], [[`${bob} online`], [], []])
      b.close(1000, "")
      e.close(1000, "")
      const { absence } = yield* Presence
      yield* TestClock.adjust(absence + 1_000)
      yield* settled
      assert.deepStrictEqual(told(a), [`${bob} online`, `${bob} offline`])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("writes what comes of many reactions together, and a message at once with all before it", () =>
    Effect.gen(function* () {
      const { chat_id, ids, owner } = yield* addGroup(201)
      const chats = yield* Chats
      const actors = yield* ChatActors
      const { message } = yield* actors.ask(chat_id, send(owner, "Who comes?"))
      const wire = yield* connect(ids[200]!)
      yield* settled
      const react = (by: UserId) =>
        actors.ask(chat_id, {
          _tag: "Record",
          kind: "reaction",
          by,
          message_id: message.id,
          ask: { emoji: "👍" },
          on: true,
        })
      const before = wire.writes
      for (const by of ids.slice(0, 100)) yield* react(by)
      yield* settled
      assert.deepStrictEqual([wire.ofType("reaction").length, wire.writes], [0, before])
      yield* TestClock.adjust(100)
      yield* settled
      assert.deepStrictEqual([wire.ofType("reaction").length, wire.writes], [100, before + 1])
      assert.deepStrictEqual(wire.ofType("reaction").at(-1)?.reactions, [{ emoji: "👍", count: 100 }])
      yield* react(ids[100]!)
      yield* actors.ask(chat_id, send(owner, "Good"))
      yield* settled
      const last = wire.frames.slice(-2)
      assert.deepStrictEqual(
        last.map(({ type, version }) => [type, version]),
        [
          ["reaction", message.version + 101],
          ["message", message.version + 102],
        ],
      )
      // A smaller chat has them at once.
      yield* chats.removeMember(owner, chat_id, ids[150]!)
      yield* react(ids[101]!)
      yield* until(() => wire.ofType("reaction").length === 102)
    }).pipe(Effect.provide(layer({}, undefined, undefined, { presence: 250, typing: 50, records: 100 }))),
  )

  it.effect("closes no slow device for thousands of reactions, and leaves none out", () =>
    Effect.gen(function* () {
      const { chat_id, ids, owner } = yield* addGroup(501)
      const actors = yield* ChatActors
      const { message } = yield* actors.ask(chat_id, send(owner, "Who comes?"))
      const wire = yield* connect(ids[500]!)
      yield* settled
      wire.stalled = true
      const emojis = ["👍", "🎉", "👀"]
      const reaction = { _tag: "Record", kind: "reaction", message_id: message.id, on: true } as const
      for (const emoji of emojis)
        for (const by of ids.slice(0, 500)) yield* actors.ask(chat_id, { ...reaction, by, ask: { emoji } })
      yield* settled
      assert.isUndefined(wire.closed)
      wire.drain()
      yield* until(() => wire.ofType("reaction").at(-1)?.version === message.version + 1_500)
      const versions = wire.ofType("reaction").map(({ version }) => version)
      assert.deepStrictEqual(
        versions,
        [...new Set(versions)].sort((a, b) => a - b),
      )
      assert.sameDeepMembers(
        wire.ofType("reaction").at(-1)?.reactions,
        emojis.map((emoji) => ({ emoji, count: 500 })),
      )
    }).pipe(Effect.provide(layer())),
  )

  it.effect("begins with the 201st member and ends when one leaves, which publishes their presence to each other", () =>
    Effect.gen(function* () {
      const { chat_id, ids, owner } = yield* addGroup(200)
      const chats = yield* Chats
      const [late, later] = (yield* addUsers(2)) as [UserId, UserId]
      const [a, b] = [yield* connect(owner), yield* connect(ids[1]!)]
      const l = yield* connect(late)
      yield* settled
      assert.deepStrictEqual(told(a), [`${ids[1]} online`])
      yield* chats.addMembers(owner, chat_id, [late])
      yield* settled
      assert.deepStrictEqual([told(a), told(l)], [[`${ids[1]} online`], []])
      const second = yield* connect(ids[1]!, { device: 2 })
      assert.deepStrictEqual(online(second), [])
      yield* chats.removeMember(owner, chat_id, ids[5]!)
      yield* until(() => told(l).length === 2)
      yield* settled
      assert.deepStrictEqual([...told(l)].sort(), [`${owner} online`, `${ids[1]} online`].sort())
      for (const wire of [a, b, second]) assert.strictEqual(told(wire).at(-1), `${late} online`)
      yield* chats.removeMember(owner, chat_id, ids[6]!)
      const l2 = yield* connect(later)
      yield* chats.addMembers(owner, chat_id, [later])
      yield* until(() => told(l2).length === 3)
    }).pipe(Effect.provide(layer())),
  )
})
