// Reading that others do not see, at rest.
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { UserId } from "../../src/domain/Ids.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { MessageStore } from "../../src/sql/messages/MessageStore.ts"
import { StateStore } from "../../src/sql/state/StateStore.ts"
import { databases, newGroup, newUser, now, send, standing } from "../support/sql.ts"

const settings = Effect.fnUntraced(function* (user_id: UserId, value: string | null) {
  yield* (yield* StateStore).write({ user_id, key: "settings", value, chat_id: null })
})
const hidden = '{"forward_link":true,"read_receipts":false}'

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`private reading ${database.name}`, (it) => {
    it.effect("moves a mark of its own in private chats, which counts for the reader alone", () =>
      Effect.gen(function* () {
        const [chats, messages] = [yield* ChatStore, yield* MessageStore]
        const [a, b] = [yield* newUser(), yield* newUser()]
        const pair = { type: "private", name: null, created_by: a, member_ids: [b], created_at: now } as const
        const { chat_id } = yield* chats.create(pair)
        const parts = { mentions: [a] }
        const ids = yield* send(chat_id, b, "1", { text: "2", parts }, { text: "3", parts }, "4")
        const read = (seq: number, user_id = a) => chats.readPrivately(chat_id, user_id, seq)
        const position = Effect.map(chats.positions(a, [chat_id]), ([one]) => [
          one?.last_read_seq,
          one?.unread_count,
          one?.unread_mention_count,
        ])
        assert.deepStrictEqual(yield* read(2), { hides: false, private_read_seq: 0, shown_seq: 0 })
        assert.deepStrictEqual(yield* position, [0, 4, 2])
        yield* settings(a, hidden)
        assert.deepStrictEqual(yield* read(2), { hides: true, private_read_seq: 2, shown_seq: 0 })
        assert.deepStrictEqual(yield* read(1), { hides: true, private_read_seq: 2, shown_seq: 0 })
        assert.deepStrictEqual(yield* position, [2, 2, 1])
        const chat = yield* chats.get(chat_id, a)
        assert.deepStrictEqual([chat?.last_read_seq, chat?.unread_count, chat?.unread_mention_count], [2, 2, 1])
        // Others see nothing of it.
        const { items } = yield* chats.members(chat_id, { limit: 10 })
        assert.deepStrictEqual(
          items.map(({ last_read_seq }) => last_read_seq),
          [0, 4],
        )
        assert.deepStrictEqual(yield* messages.readers(ids[0]!, b), [])
        assert.deepStrictEqual(
          (yield* standing(chat_id)).members.map(({ last_read_seq }) => last_read_seq),
          [0, 4],
        )
        assert.deepStrictEqual(yield* read(99), { hides: true, private_read_seq: 4, shown_seq: 0 })
        assert.deepStrictEqual(yield* position, [4, 0, 0])
        // Sending tells it.
        yield* send(chat_id, a, "5")
        yield* send(chat_id, b, "6")
        assert.deepStrictEqual(yield* position, [5, 1, 0])
        assert.deepStrictEqual(yield* read(5), { hides: true, private_read_seq: 4, shown_seq: 5 })
        assert.deepStrictEqual(yield* read(6), { hides: true, private_read_seq: 6, shown_seq: 5 })
        yield* settings(a, '{"read_receipts":true}')
        yield* send(chat_id, b, "7")
        assert.deepStrictEqual(yield* read(7), { hides: false, private_read_seq: 6, shown_seq: 5 })
        assert.deepStrictEqual(yield* position, [6, 1, 0])
        assert.deepStrictEqual(yield* read(7, b), { hides: false, private_read_seq: 0, shown_seq: 7 })
        // Also when they do not want it any more: their readings are answered by it.
        assert.deepStrictEqual(yield* (yield* StateStore).privateReaders(a - 1, 10), [a])
        assert.isUndefined(yield* read(6, yield* newUser()))
      }),
    )

    it.effect("is for private chats alone, and knows who wants it", () =>
      Effect.gen(function* () {
        const [chats, state] = [yield* ChatStore, yield* StateStore]
        const { chat_id, members } = yield* newGroup(2)
        const [a, b] = members as [UserId, UserId]
        yield* send(chat_id, b, "1")
        yield* settings(a, hidden)
        yield* settings(b, '{"language":"\\"read_receipts\\":false"}')
        assert.isUndefined(yield* chats.readPrivately(chat_id, a, 1))
        assert.deepStrictEqual(yield* state.privateReaders(a - 1, 10), [a])
        assert.deepStrictEqual(yield* state.privateReaders(a, 10), [])
      }),
    )

    it.effect("a key without a value is set only while it has none", () =>
      Effect.gen(function* () {
        const state = yield* StateStore
        const me = yield* newUser()
        const write = { user_id: me, key: "app:a", value: "1", chat_id: null }
        assert.deepStrictEqual(yield* state.replace(write, null), { _tag: "Changed", version: 1 })
        assert.deepStrictEqual(yield* state.replace({ ...write, value: "2" }, null), { _tag: "Stale" })
        assert.deepStrictEqual(yield* state.replace({ ...write, value: null }, "1"), { _tag: "Changed", version: 2 })
        assert.deepStrictEqual(yield* state.replace(write, null), { _tag: "Changed", version: 3 })
      }),
    )
  })
}
