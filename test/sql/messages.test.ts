import { assert, layer, it as test } from "@effect/vitest"
import { Effect, Schema } from "effect"
import type { ChatId, MessageId, UserId } from "../../src/domain/Ids.ts"
import { Message } from "../../src/domain/Message.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { wireTimes } from "../../src/sql/database/columns.ts"
import { MessageStore, type Range } from "../../src/sql/messages/MessageStore.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"
import { change, commit, databases, newGroup, newUser, now, send, sending, standing } from "../support/sql.ts"

const Items = Schema.Array(Message)
const decodePage = Schema.decodeUnknownSync(
  Schema.fromJsonString(Schema.Struct({ items: Items, has_more: Schema.Boolean })),
  { onExcessProperty: "error" },
)
const decodeAround = Schema.decodeUnknownSync(
  Schema.fromJsonString(Schema.Struct({ items: Items, has_more: Schema.Boolean, has_newer: Schema.Boolean })),
  { onExcessProperty: "error" },
)
const decodeItems = Schema.decodeUnknownSync(Schema.fromJsonString(Items), { onExcessProperty: "error" })
const decodeRecent = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Struct({ items: Items })), {
  onExcessProperty: "error",
})

/** What a page shows, in short. */
const page = Effect.fnUntraced(function* (chat_id: ChatId, reader: UserId, range: Range) {
  const messages = yield* MessageStore
  const { items, has_more } = decodePage(yield* messages.page(chat_id, reader, range))
  return [items.map((message) => message.seq), has_more] as const
})

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `message ${i + 1}`)

test("a time that another program wrote to the microsecond is cut to the millisecond", () => {
  const item = (end: string) => `{"created_at":"2026-11-21T09:30:00${end}","edited_at":null}`
  for (const fraction of [".120999", ".12", ".120"]) assert.strictEqual(wireTimes(item(fraction)), item(".120Z"))
})

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`MessageStore ${database.name}`, (it) => {
    it.effect("times have their milliseconds, whatever they are, and what looks like one in a text is left alone", () =>
      Effect.gen(function* () {
        const messages = yield* MessageStore
        const { chat_id, members } = yield* newGroup(1)
        const text =
          '{"created_at":"2026-11-21T09:30:00","edited_at":"2026-11-21T09:30:00.1"} \\"created_at":"2026-11-21T09:30:00"'
        const times = [
          "2026-11-21T09:30:00.000Z",
          "2026-11-21T09:30:00.100Z",
          "2026-11-21T09:30:00.120Z",
          "2026-11-21T09:30:00.003Z",
        ]
        for (const time of times) {
          const at = yield* standing(chat_id)
          yield* commit({
            ...sending(chat_id, at, members[0]!, [{ text, dedup_key: `"created_at":"${time}"` }]),
            at: Date.parse(time),
          })
        }
        const at = yield* standing(chat_id)
        const edit = {
          text,
          deleted: false,
          original_digest: "d",
          mentioned: null,
          detached: false,
          version: at.version + 1,
          edited_at: Date.parse("2026-11-21T09:31:00.050Z"),
        }
        const [{ id }] = JSON.parse((yield* messages.history(chat_id, members[0]!, 1, 0))!)
        yield* commit(change(chat_id, at, { messages: [{ id, ...edit }] }))
        const recent = JSON.parse(yield* messages.recent(members[0]!, 50)).items.toReversed()
        const history = JSON.parse((yield* messages.history(chat_id, members[0]!, 50, 0))!)
        for (const items of [
          recent,
          history,
          JSON.parse((yield* messages.page(chat_id, members[0]!, { limit: 50 }))!).items,
        ]) {
          assert.deepStrictEqual(
            items.map((item: { created_at: string }) => item.created_at),
            times,
          )
          assert.deepStrictEqual(
            items.map((item: { text: string }) => item.text),
            times.map(() => text),
          )
          assert.deepStrictEqual(
            items.map((item: { dedup_key: string }) => item.dedup_key),
            times.map((time) => `"created_at":"${time}"`),
          )
          assert.strictEqual(items[0].edited_at, "2026-11-21T09:31:00.050Z")
        }
      }),
    )

    it.effect("a message is shown whole, with its text as it was sent, and its key to its sender only", () =>
      Effect.gen(function* () {
        const messages = yield* MessageStore
        const { chat_id, members } = yield* newGroup(2)
        const [a, b] = members
        const text = `"quoted" \\ / 🦊\n\t\u0001\u001f\u2028 é <script>`
        const [first] = yield* send(chat_id, a!, "first")
        const [id] = yield* send(chat_id, a!, { text, dedup_key: 'k"\\', reply_to: first! })
        const at = yield* standing(chat_id)
        const edit = {
          id: first!,
          text: "edited",
          edited_at: now + 1000,
          deleted: false,
          original_digest: "d",
          mentioned: null,
          detached: false,
        }
        yield* commit(change(chat_id, at, { messages: [{ ...edit, version: at.version + 1 }] }))
        const expected = [
          {
            id: first!,
            chat_id,
            seq: 1,
            sender_id: a!,
            text: "edited",
            created_at: "2026-11-21T09:30:00.123Z",
            edited_at: "2026-11-21T09:30:01.123Z",
            deleted: false,
            reply_to: null,
            is_read: false,
            dedup_key: null,
            version: at.version + 1,
          },
          {
            id: id!,
            chat_id,
            seq: 2,
            sender_id: a!,
            text,
            created_at: "2026-11-21T09:30:00.123Z",
            edited_at: null,
            deleted: false,
            reply_to: first!,
            is_read: false,
            dedup_key: 'k"\\',
            version: 3,
          },
        ]
        assert.deepStrictEqual(decodePage(yield* messages.page(chat_id, a!, { limit: 50 })).items, expected)
        assert.deepStrictEqual(decodeItems(yield* messages.history(chat_id, b!, 50, 0)), [
          expected[0]!,
          { ...expected[1]!, dedup_key: null },
        ])
      }),
    )

    it.effect("pages ascend, and say whether there is more where they lead", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(1)
        const me = members[0]!
        assert.deepStrictEqual(yield* page(chat_id, me, { limit: 3 }), [[], false])
        yield* send(chat_id, me, ...numbered(7))
        assert.deepStrictEqual(yield* page(chat_id, me, { limit: 3 }), [[5, 6, 7], true])
        assert.deepStrictEqual(yield* page(chat_id, me, { limit: 7 }), [[1, 2, 3, 4, 5, 6, 7], false])
        assert.deepStrictEqual(yield* page(chat_id, me, { limit: 3, before: 5 }), [[2, 3, 4], true])
        assert.deepStrictEqual(yield* page(chat_id, me, { limit: 3, before: 4 }), [[1, 2, 3], false])
        assert.deepStrictEqual(yield* page(chat_id, me, { limit: 3, before: 2 }), [[1], false])
        assert.deepStrictEqual(yield* page(chat_id, me, { limit: 3, before: 1 }), [[], false])
        assert.deepStrictEqual(yield* page(chat_id, me, { limit: 2, before: 100 }), [[6, 7], true])
        assert.deepStrictEqual(yield* page(chat_id, me, { limit: 3, after: 0 }), [[1, 2, 3], true])
        assert.deepStrictEqual(yield* page(chat_id, me, { limit: 3, after: 4 }), [[5, 6, 7], false])
        assert.deepStrictEqual(yield* page(chat_id, me, { limit: 3, after: 7 }), [[], false])
        const far = Number.MAX_SAFE_INTEGER
        assert.deepStrictEqual(yield* page(chat_id, me, { limit: 200, after: far }), [[], false])
        assert.deepStrictEqual(yield* page(chat_id, me, { limit: 1, before: far }), [[7], true])
      }),
    )

    it.effect("a page around a message has it in the middle, and is shifted where the chat ends", () =>
      Effect.gen(function* () {
        const messages = yield* MessageStore
        const { chat_id, members } = yield* newGroup(1)
        const me = members[0]!
        const around = Effect.fnUntraced(function* (seq: number, limit: number) {
          const found = decodeAround(yield* messages.page(chat_id, me, { limit, around: seq }))
          return [found.items.map((message) => message.seq), found.has_more, found.has_newer] as const
        })
        assert.deepStrictEqual(yield* around(1, 3), [[], false, false])
        yield* send(chat_id, me, ...numbered(9))
        assert.deepStrictEqual(yield* around(5, 3), [[4, 5, 6], true, true])
        assert.deepStrictEqual(yield* around(5, 4), [[4, 5, 6, 7], true, true])
        assert.deepStrictEqual(yield* around(5, 1), [[5], true, true])
        assert.deepStrictEqual(yield* around(1, 3), [[1, 2, 3], false, true])
        assert.deepStrictEqual(yield* around(0, 3), [[1, 2, 3], false, true])
        assert.deepStrictEqual(yield* around(9, 3), [[7, 8, 9], true, false])
        assert.deepStrictEqual(yield* around(8, 3), [[7, 8, 9], true, false])
        assert.deepStrictEqual(yield* around(Number.MAX_SAFE_INTEGER, 2), [[8, 9], true, false])
        assert.deepStrictEqual(yield* around(5, 200), [[1, 2, 3, 4, 5, 6, 7, 8, 9], false, false])
      }),
    )

    it.effect(
      "messages are found by their ids, each once, as a page shows them, and never those of others' chats",
      () =>
        Effect.gen(function* () {
          const messages = yield* MessageStore
          const { chat_id, members } = yield* newGroup(2)
          const other = yield* newGroup(1)
          const [a, b] = [members[0]!, members[1]!]
          const mine = yield* send(chat_id, a, { text: "one", dedup_key: "k" }, "two", "three")
          const [hidden] = yield* send(other.chat_id, other.members[0]!, "hidden")
          const asked = [mine[2]!, hidden!, mine[0]!, 999_999_999 as MessageId]
          for (const reader of [a, b]) {
            const shown = decodePage(yield* messages.page(chat_id, reader, { limit: 10 })).items
            const found = (yield* messages.byIds(asked, reader)).map((json) => decodeItems(`[${json}]`)[0])
            assert.deepStrictEqual(found, [shown[0], shown[2]])
          }
          assert.deepStrictEqual(yield* messages.byIds(asked, yield* newUser()), [])
        }),
    )

    it.effect("history counts from the first message, at any depth", () =>
      Effect.gen(function* () {
        const messages = yield* MessageStore
        const { chat_id, members } = yield* newGroup(1)
        yield* send(chat_id, members[0]!, ...numbered(7))
        const history = (limit: number, offset: number) =>
          Effect.map(messages.history(chat_id, members[0]!, limit, offset), (json) =>
            decodeItems(json).map((message) => message.seq),
          )
        assert.deepStrictEqual(yield* history(3, 0), [1, 2, 3])
        assert.deepStrictEqual(yield* history(3, 5), [6, 7])
        assert.deepStrictEqual(yield* history(3, 1_000_000), [])
        assert.deepStrictEqual(yield* history(200, Number.MAX_SAFE_INTEGER), [])
      }),
    )

    it.effect("who is not in the chat sees nothing of it", () =>
      Effect.gen(function* () {
        const messages = yield* MessageStore
        const { chat_id, members } = yield* newGroup(2)
        const [id] = yield* send(chat_id, members[0]!, "secret")
        const stranger = yield* newUser()
        const sees = Effect.fnUntraced(function* (user: UserId) {
          return [
            yield* messages.page(chat_id, user, { limit: 10 }),
            yield* messages.history(chat_id, user, 10, 0),
            yield* messages.place(id!, user),
            yield* messages.readers(id!, user),
          ].map((seen) => seen !== undefined)
        })
        const at = yield* standing(chat_id)
        assert.deepStrictEqual(yield* sees(members[1]!), [true, true, true, true])
        const gone = { user_id: members[1]!, role: "member" as const, last_read_seq: 0, joined_at: now }
        yield* commit(change(chat_id, at, { members: [{ ...gone, version: at.version + 1, removed: true }] }))
        assert.deepStrictEqual(yield* sees(members[1]!), [false, false, false, false])
        assert.deepStrictEqual(yield* sees(stranger), [false, false, false, false])
        assert.deepStrictEqual(decodeRecent(yield* messages.recent(members[1]!, 10)).items, [])
        assert.isUndefined(yield* messages.place(999_999_999 as MessageId, members[0]!))
      }),
    )

    it.effect("a message is read once every present member has read it; who has, can be asked", () =>
      Effect.gen(function* () {
        const messages = yield* MessageStore
        const users = yield* UserStore
        const { chat_id, members } = yield* newGroup(3)
        const [a, b, c] = members
        const [first] = yield* send(chat_id, a!, ...numbered(3))
        const isRead = Effect.map(messages.history(chat_id, a!, 10, 0), (json) =>
          decodeItems(json).map((message) => message.is_read),
        )
        const read = Effect.fnUntraced(function* (user_id: UserId, last_read_seq: number) {
          const at = yield* standing(chat_id)
          const marks = [{ user_id, last_read_seq, read_version: at.version + 1 }]
          yield* commit(change(chat_id, at, { marks }))
        })
        const readers = Effect.map(messages.readers(first!, c!), (found) => found?.map((user) => user.id))
        yield* read(b!, 3)
        assert.deepStrictEqual(yield* isRead, [false, false, false])
        assert.deepStrictEqual(yield* readers, [b!])
        assert.deepStrictEqual(yield* messages.readers(first!, a!), yield* users.byIds([b!]))
        yield* read(c!, 2)
        assert.deepStrictEqual(yield* isRead, [true, true, false])
        assert.deepStrictEqual(yield* readers, [b!, c!])
        const at = yield* standing(chat_id)
        const gone = { user_id: c!, role: "member" as const, last_read_seq: 2, joined_at: now }
        yield* commit(change(chat_id, at, { members: [{ ...gone, version: at.version + 1, removed: true }] }))
        assert.deepStrictEqual(yield* isRead, [true, true, true])
      }),
    )

    it.effect("the newest across own chats are listed newest first, in any distribution", () =>
      Effect.gen(function* () {
        const chats = yield* ChatStore
        const messages = yield* MessageStore
        const me = yield* newUser()
        const groups = yield* Effect.forEach([1, 2, 3], () => newGroup(1))
        for (const { chat_id } of groups) {
          const at = yield* standing(chat_id)
          const joined = { user_id: me, role: "member" as const, last_read_seq: 0, joined_at: now }
          yield* commit(change(chat_id, at, { members: [{ ...joined, version: at.version + 1, removed: false }] }))
        }
        const sent: Array<MessageId> = []
        for (const i of [0, 1, 1, 1, 2, 0]) {
          sent.push(...(yield* send(groups[i]!.chat_id, groups[i]!.members[0]!, `in ${i}`)))
        }
        const stranger = yield* newGroup(1)
        yield* send(stranger.chat_id, stranger.members[0]!, "not mine")
        const recent = (limit: number) =>
          Effect.map(messages.recent(me, limit), (json) => decodeRecent(json).items.map((message) => message.id))
        const newest = sent.toReversed()
        assert.deepStrictEqual(yield* recent(10), newest)
        for (const limit of [1, 2, 3, 4, 5]) assert.deepStrictEqual(yield* recent(limit), newest.slice(0, limit))
        // One chat has nearly all of them.
        const busy = yield* chats.create({
          type: "group",
          name: "Busy",
          created_by: me,
          member_ids: [],
          created_at: now,
        })
        for (let i = 0; i < 4; i++) newest.unshift(...(yield* send(busy.chat_id, me, ...numbered(20))).toReversed())
        newest.unshift(...(yield* send(stranger.chat_id, stranger.members[0]!, "not mine either")).slice(1))
        for (const limit of [1, 7, 50, 80, 83, 200])
          assert.deepStrictEqual(yield* recent(limit), newest.slice(0, limit))
      }),
    )

    it.effect("a message's place names its chat, seq and sender", () =>
      Effect.gen(function* () {
        const messages = yield* MessageStore
        const { chat_id, members } = yield* newGroup(2)
        const [, id] = yield* send(chat_id, members[1]!, "1", "2")
        assert.deepStrictEqual(yield* messages.place(id!, members[0]!), {
          chat_id,
          seq: 2,
          sender_id: members[1]!,
        })
      }),
    )
  })
}
