// How far devices of private chats have received messages, at rest.
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { StateStore } from "../../src/sql/state/StateStore.ts"
import { databases, newGroup, newUser, now, send } from "../support/sql.ts"

const privateChat = Effect.fnUntraced(function* (a: UserId, b: UserId) {
  const pair = { type: "private", name: null, created_by: a, member_ids: [b], created_at: now } as const
  return (yield* (yield* ChatStore).create(pair)).chat_id
})

const shown = Effect.fnUntraced(function* (chat_id: ChatId) {
  const { items } = yield* (yield* ChatStore).members(chat_id, { limit: 10 })
  return items.map(({ last_delivered_seq }) => last_delivered_seq)
})

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`delivered marks ${database.name}`, (it) => {
    it.effect("rise, end with the chat's messages, and are what members and positions say", () =>
      Effect.gen(function* () {
        const chats = yield* ChatStore
        const [a, b] = [yield* newUser(), yield* newUser()]
        const chat_id = yield* privateChat(a, b)
        const at = (user_id: UserId) => Effect.map(chats.positions(user_id, [chat_id]), ([one]) => one?.delivered_seq)
        yield* send(chat_id, a, "1", "2", "3")
        assert.deepStrictEqual([yield* shown(chat_id), yield* at(b)], [[undefined, undefined], 0])
        const mark = (seq: number, user_id = b) => chats.delivered([{ chat_id, user_id, seq }])
        yield* mark(2)
        yield* mark(1)
        assert.deepStrictEqual([yield* shown(chat_id), yield* at(b)], [[undefined, 2], 2])
        yield* mark(99)
        assert.deepStrictEqual(yield* shown(chat_id), [undefined, 3])
        // Others do not see this reading: it is no mark.
        yield* send(chat_id, a, "4")
        const settings = { user_id: b, key: "settings", value: '{"read_receipts":false}', chat_id: null }
        yield* (yield* StateStore).write(settings)
        assert.strictEqual((yield* chats.readPrivately(chat_id, b, 4))?.private_read_seq, 4)
        assert.strictEqual(yield* at(b), 3)
        yield* mark(4)
        assert.strictEqual(yield* at(b), 4)
        // Of whom has read everything nothing is looked up.
        assert.strictEqual(yield* at(a), 4)
        yield* chats.delivered([])
        yield* mark(4, yield* newUser())
        assert.deepStrictEqual(yield* shown(chat_id), [undefined, 4])
      }),
    )

    it.effect("are stored for many chats at once, and for private ones alone", () =>
      Effect.gen(function* () {
        const chats = yield* ChatStore
        const [a, b, c] = [yield* newUser(), yield* newUser(), yield* newUser()]
        const [one, two] = [yield* privateChat(a, b), yield* privateChat(a, c)]
        const group = yield* newGroup(2)
        for (const chat_id of [one, two]) yield* send(chat_id, a, "1")
        yield* send(group.chat_id, group.members[0]!, "1")
        yield* chats.delivered([
          { chat_id: two, user_id: c, seq: 1 },
          { chat_id: one, user_id: b, seq: 1 },
          { chat_id: group.chat_id, user_id: group.members[1]!, seq: 1 },
        ])
        assert.deepStrictEqual(yield* shown(one), [undefined, 1])
        assert.deepStrictEqual(yield* shown(two), [undefined, 1])
        assert.deepStrictEqual(yield* shown(group.chat_id), [undefined, undefined])
        const [position] = yield* chats.positions(group.members[1]!, [group.chat_id])
        assert.isNull(position?.delivered_seq)
      }),
    )

    it.effect("of a member who has blocked the other one are not stored", () =>
      Effect.gen(function* () {
        const [chats, state] = [yield* ChatStore, yield* StateStore]
        const [a, b] = [yield* newUser(), yield* newUser()]
        const chat_id = yield* privateChat(a, b)
        yield* send(chat_id, a, "1")
        yield* send(chat_id, b, "2")
        yield* state.write({ user_id: b, key: `block:${a}`, value: "{}", chat_id: null })
        yield* chats.delivered([
          { chat_id, user_id: b, seq: 1 },
          { chat_id, user_id: a, seq: 2 },
        ])
        assert.deepStrictEqual(yield* shown(chat_id), [2, undefined])
      }),
    )
  })
}
