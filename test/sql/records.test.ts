import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { ChatId, MessageId, UserId } from "../../src/domain/Ids.ts"
import { Changes } from "../../src/sql/changes/Changes.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { ExportStore } from "../../src/sql/exports/ExportStore.ts"
import { Journal, type RecordRow } from "../../src/sql/journal/Journal.ts"
import { MessageStore } from "../../src/sql/messages/MessageStore.ts"
import { RecordStore } from "../../src/sql/records/RecordStore.ts"
import { replayed } from "../support/chatLife.ts"
import { change, commit, databases, newGroup, now, send, standing } from "../support/sql.ts"

type Given = { readonly [emoji: string]: number }

const reacted = (message_id: MessageId, user_id: UserId, body: Given): Omit<RecordRow, "version"> => ({
  kind: "reaction",
  key: `${message_id}:${user_id}`,
  message_id,
  user_id,
  removed: Object.keys(body).length === 0,
  body,
})

const pinned = (message_id: MessageId, user_id: UserId, at: number, removed = false): Omit<RecordRow, "version"> => ({
  kind: "pin",
  key: `${message_id}`,
  message_id,
  user_id,
  removed,
  body: { at },
})

/** Commits the records, one version each. */
const record = Effect.fnUntraced(function* (chat_id: ChatId, ...rows: ReadonlyArray<Omit<RecordRow, "version">>) {
  const at = yield* standing(chat_id)
  const records = rows.map((row, i) => ({ ...row, version: at.version + 1 + i }))
  yield* commit(change(chat_id, at, { records, version: at.version + rows.length }))
})

const told = Effect.fnUntraced(function* (chat_id: ChatId, user_id: UserId, cursor: number) {
  return (yield* replayed(chat_id, user_id, cursor)).map(({ event }) =>
    event._tag === "Recorded"
      ? [event.version, event.kind, event.message_id, event.shown]
      : [event.version, event._tag],
  )
})

const one = Effect.fnUntraced(function* (id: MessageId, reader: UserId) {
  const messages = yield* MessageStore
  const [text] = yield* messages.byIds([id], reader)
  const { my_reactions, reactions, version } = JSON.parse(text ?? "{}")
  return { my_reactions, reactions, version }
})

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`RecordStore ${database.name}`, (it) => {
    it.effect("of a message are shown to each reader, with the version of their last change", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(3)
        const [a, b, c] = members as [UserId, UserId, UserId]
        const [id] = (yield* send(chat_id, a, "one", "two")) as [MessageId]
        assert.deepStrictEqual(yield* one(id, a), { my_reactions: undefined, reactions: undefined, version: 2 })
        yield* record(chat_id, reacted(id, b, { "❤️": 20, "👍": 30 }), reacted(id, c, { "👍": 10 }))
        const reactions = [
          { emoji: "👍", count: 2 },
          { emoji: "❤️", count: 1 },
        ]
        assert.deepStrictEqual(yield* one(id, a), { my_reactions: undefined, reactions, version: 5 })
        assert.deepStrictEqual(yield* one(id, b), { my_reactions: ["❤️", "👍"], reactions, version: 5 })
        const messages = yield* MessageStore
        const page = JSON.parse((yield* messages.page(chat_id, c, { limit: 10 })) ?? "")
        assert.deepStrictEqual(
          page.items.map((message: { my_reactions?: unknown; reactions?: unknown; version: number }) => [
            message.reactions,
            message.my_reactions,
            message.version,
          ]),
          [
            [reactions, ["👍"], 5],
            [undefined, undefined, 3],
          ],
        )
        yield* record(chat_id, reacted(id, b, {}), reacted(id, c, {}))
        assert.deepStrictEqual(yield* one(id, b), { my_reactions: undefined, reactions: undefined, version: 7 })
      }),
    )

    it.effect("are shown with the last message of a chat in the list", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        const [a, b] = members as [UserId, UserId]
        const chats = yield* ChatStore
        const [id] = (yield* send(chat_id, a, "one")) as [MessageId]
        const lastOf = Effect.fnUntraced(function* (user: UserId) {
          const last = (yield* chats.list(user, 10, undefined)).items[0]?.last_message
          return [
            last?.reactions,
            last?.my_reactions,
            last?.version,
            last !== undefined && last !== null && "reacted" in last,
          ]
        })
        assert.deepStrictEqual(yield* lastOf(a), [undefined, undefined, 2, false])
        yield* record(chat_id, reacted(id, b, { "👍": 1 }))
        assert.deepStrictEqual(yield* lastOf(a), [[{ emoji: "👍", count: 1 }], undefined, 3, false])
        assert.deepStrictEqual(yield* lastOf(b), [[{ emoji: "👍", count: 1 }], ["👍"], 3, false])
      }),
    )

    it.effect("are sent once each to devices that missed them, in their current state, and in order", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(3)
        const [a, b, c] = members as [UserId, UserId, UserId]
        const [id] = (yield* send(chat_id, a, "one")) as [MessageId]
        yield* record(chat_id, reacted(id, b, { "👍": 1 }), reacted(id, c, { "👍": 2 }), pinned(id, a, now))
        yield* record(chat_id, reacted(id, b, { "👍": 1, "🎉": 3 }))
        yield* record(chat_id, reacted(id, c, {}), pinned(id, b, now + 1, true))
        const reactions = [
          { emoji: "👍", count: 1 },
          { emoji: "🎉", count: 1 },
        ]
        const last = [
          [6, "reaction", id, { user_id: b, emojis: ["👍", "🎉"], reactions }],
          [7, "reaction", id, { user_id: c, emojis: [], reactions }],
          [8, "pin", id, { user_id: b, at: "2026-11-21T09:30:00.124Z", removed: true }],
        ]
        assert.deepStrictEqual(yield* told(chat_id, a, 1), [[2, "MessageSent"], ...last])
        assert.deepStrictEqual(yield* told(chat_id, a, 6), last.slice(1))
        assert.deepStrictEqual(yield* told(chat_id, a, 8), [])
        const changes = yield* Changes
        const hole = yield* changes.hole(chat_id, 5)
        assert.strictEqual(hole._tag, "Hole")
        if (hole._tag !== "Hole") return
        assert.deepStrictEqual(
          hole.events.map(({ event }) => event._tag === "Recorded" && event.version),
          [6, 7, 8],
        )
      }),
    )

    it.effect("are read by what a rule counts", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const { chat_id, members } = yield* newGroup(2)
        const [a, b] = members as [UserId, UserId]
        const [first, second] = (yield* send(chat_id, a, "one", "two")) as [MessageId, MessageId]
        const other = yield* newGroup(1)
        const [theirs] = (yield* send(other.chat_id, other.members[0]!, "one")) as [MessageId]
        yield* record(other.chat_id, pinned(theirs, other.members[0]!, 1))
        yield* record(chat_id, reacted(first, a, { "👍": 1 }), reacted(second, b, { "👎": 1 }), pinned(first, a, 1))
        yield* record(chat_id, pinned(second, b, 2), reacted(first, b, {}))
        const found = yield* journal.records(chat_id, [
          { kind: "pin", message_id: null },
          { kind: "reaction", message_id: first },
        ])
        assert.deepStrictEqual(
          found.map(({ kind, key, user_id }) => `${kind} ${key} ${user_id}`).sort(),
          [`pin ${first} ${a}`, `pin ${second} ${b}`, `reaction ${first}:${a} ${a}`].sort(),
        )
      }),
    )

    it.effect(
      "are removed with a deleted message if their kind says so; what the message shows is removed by an edit too",
      () =>
        Effect.gen(function* () {
          const journal = yield* Journal
          const { chat_id, members } = yield* newGroup(2)
          const [a, b] = members as [UserId, UserId]
          const [first, second] = (yield* send(chat_id, a, "one", "two")) as [MessageId, MessageId]
          yield* record(chat_id, reacted(first, a, { "👍": 1 }), pinned(first, a, 1), reacted(second, b, { "👎": 1 }))
          const at = yield* standing(chat_id)
          const edited = { edited_at: now, deleted: false, original_digest: "d", mentioned: null, detached: false }
          yield* commit(
            change(chat_id, at, {
              version: at.version + 4,
              messages: [
                {
                  id: first,
                  text: "",
                  version: at.version + 1,
                  edited_at: null,
                  deleted: true,
                  original_digest: "d",
                  mentioned: null,
                  detached: false,
                },
                { id: second, text: "2", version: at.version + 3, ...edited },
              ],
              records: [
                { ...pinned(first, a, 2, true), version: at.version + 2 },
                { ...reacted(second, a, { "👎": 5 }), version: at.version + 4 },
              ],
            }),
          )
          assert.deepStrictEqual(yield* one(first, a), {
            my_reactions: undefined,
            reactions: undefined,
            version: at.version + 1,
          })
          const { reactions, version } = yield* one(second, a)
          assert.deepStrictEqual([reactions, version], [[{ emoji: "👎", count: 2 }], at.version + 4])
          const [stored] = yield* journal.messages(chat_id, [second])
          assert.deepStrictEqual([stored?.text, stored?.records_version], ["2", at.version + 4])
          const left = yield* journal.records(chat_id, [
            { kind: "pin", message_id: null },
            { kind: "reaction", message_id: first },
          ])
          assert.deepStrictEqual(left, [])
          assert.deepStrictEqual(
            (yield* told(chat_id, b, at.version)).map(([version, kind]) => [version, kind]),
            [
              [at.version + 1, "MessageDeleted"],
              [at.version + 2, "pin"],
              [at.version + 3, "MessageUpdated"],
              [at.version + 4, "reaction"],
            ],
          )
        }),
    )

    it.effect("are listed for their user with all their data, page by page", () =>
      Effect.gen(function* () {
        const exports = yield* ExportStore
        const { chat_id, members } = yield* newGroup(2)
        const [a, b] = members as [UserId, UserId]
        const [first, second] = (yield* send(chat_id, a, "one", "two")) as [MessageId, MessageId]
        yield* record(chat_id, reacted(first, a, { "👍": 1 }), reacted(first, b, { "👎": 1 }), pinned(second, a, 7))
        yield* record(chat_id, reacted(second, a, {}))
        const found: Array<string> = []
        for (let after = ""; ; ) {
          const [one] = yield* exports.records(a, after, 1)
          if (one === undefined) break
          found.push(one.json)
          after = one.place
        }
        assert.deepStrictEqual(
          found.map((json) => JSON.parse(json)),
          [
            { kind: "pin", chat_id, message_id: second, kept: { at: 7 } },
            { kind: "reaction", chat_id, message_id: first, kept: { "👍": 1 } },
          ],
        )
      }),
    )

    it.effect("are listed newest first, page by page, and pins to members alone", () =>
      Effect.gen(function* () {
        const records = yield* RecordStore
        const { chat_id, members } = yield* newGroup(3)
        const [a, b, c] = members as [UserId, UserId, UserId]
        const [first, second] = (yield* send(chat_id, a, "one", "two")) as [MessageId, MessageId]
        assert.deepStrictEqual(yield* records.pins(chat_id, a), [])
        yield* record(chat_id, pinned(first, a, 10), pinned(second, b, 20))
        yield* record(chat_id, reacted(first, a, { "👍": 5, "🎉": 7 }), reacted(first, b, { "👍": 7 }))
        yield* record(chat_id, reacted(first, c, { "👍": 1 }))
        assert.deepStrictEqual(yield* records.pins(chat_id, c), [
          { message_id: second, user_id: b, at: 20 },
          { message_id: first, user_id: a, at: 10 },
        ])
        const { members: strangers } = yield* newGroup(1)
        assert.isUndefined(yield* records.pins(chat_id, strangers[0]!))
        const all = yield* records.reactions(first, undefined, undefined, 10)
        assert.deepStrictEqual(
          all.map(({ user, emoji, at }) => [user.id, emoji, at]),
          [
            [b, "👍", 7],
            [a, "🎉", 7],
            [a, "👍", 5],
            [c, "👍", 1],
          ],
        )
        let place: Parameters<typeof records.reactions>[2]
        const paged: Array<unknown> = []
        for (;;) {
          const page = yield* records.reactions(first, undefined, place, 1)
          const [last] = page
          if (last === undefined) break
          paged.push(...page)
          place = { at: last.at, user_id: last.user.id, emoji: last.emoji }
        }
        assert.deepStrictEqual(paged, [...all])
        const thumbs = yield* records.reactions(first, "👍", undefined, 10)
        assert.deepStrictEqual(
          thumbs.map(({ user }) => user.id),
          [b, a, c],
        )
      }),
    )
  })
}
