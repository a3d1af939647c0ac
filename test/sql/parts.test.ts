// What messages show beyond their text, and the threads that they belong to, over each database.
import { PgClient } from "@effect/sql-pg"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient } from "effect/sql"
import type { MessageId, UserId } from "../../src/domain/Ids.ts"
import type { MessageParts } from "../../src/domain/MessageParts.ts"
import { Changes } from "../../src/sql/changes/Changes.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { Database } from "../../src/sql/database/Database.ts"
import { ExportStore } from "../../src/sql/exports/ExportStore.ts"
import { Journal } from "../../src/sql/journal/Journal.ts"
import { MessageStore, type ThreadRange } from "../../src/sql/messages/MessageStore.ts"
import messageParts from "../../src/sql/migrations/0011_message_parts.ts"
import { edit, replayed } from "../support/chatLife.ts"
import { commit, databases, newDatabase, newGroup, now, send, sending, standing } from "../support/sql.ts"

/** A time as the database itself might write it, which is the client's and stays as it is. */
const custom = { a_at: "2026-01-01T00:00:00", at: 'x_at":"2026-01-01T00:00:00', n: [1, null, { deep: "é" }] }
const parts: MessageParts = {
  custom,
  forwarded: { sender_id: 7 as UserId, created_at: "2026-11-21T09:30:00.000Z" },
}

const shown = Effect.fnUntraced(function* (id: MessageId, reader: UserId) {
  const messages = yield* MessageStore
  const [text] = yield* messages.byIds([id], reader)
  const { custom, forwarded, thread_id, created_at }: Record<string, unknown> = JSON.parse(text ?? "{}")
  const fields: Record<string, unknown> = { custom, forwarded, thread_id, created_at }
  return fields
})

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`What messages show ${database.name}`, (it) => {
    it.effect("is there in every way in which they are sent, and nothing of it in plain ones", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const { chat_id, members } = yield* newGroup(2)
        const other = yield* newGroup(2)
        const [a, b] = members as [UserId, UserId]
        const root = (yield* send(chat_id, a, "plain"))[0]!
        const [alone] = yield* send(chat_id, a, { parts, reply_to: root, thread_id: root, original_digest: "d.1" })
        const [plain, second] = yield* send(chat_id, a, "plain", { parts })
        const two = [sending(chat_id, yield* standing(chat_id), a, [{ reply_to: root, thread_id: root }])]
        two.push(sending(other.chat_id, yield* standing(other.chat_id), other.members[0]!, ["plain"]))
        const [reply, elsewhere] = yield* commit(...two)
        const at = yield* standing(chat_id)
        const folded = sending(chat_id, at, a, [{ parts }])
        const version = folded.version + 1
        const marks = [...folded.marks, { user_id: b, last_read_seq: 1, read_version: version }]
        const [read] = yield* commit({ ...folded, version, marks })
        const beside = sending(chat_id, yield* standing(chat_id), a, [{ parts }])
        const renamed = { name: "Renamed", version: beside.version + 1 }
        const [last] = yield* commit({ ...beside, version: beside.version + 1, renamed })

        const ids = [root, alone, plain, second, reply, read, last].map((id) => id!)
        const stored = (yield* journal.messages(chat_id, ids)).toSorted((x, y) => x.seq - y.seq)
        assert.deepStrictEqual(
          stored.map(({ original_digest, parts, thread_id }) => [thread_id, parts, original_digest]),
          [
            [null, null, null],
            [root, parts, "d.1"],
            [null, null, null],
            [null, parts, null],
            [root, null, null],
            [null, parts, null],
            [null, parts, null],
          ],
        )
        const created_at = "2026-11-21T09:30:00.123Z"
        const nothing: Record<string, unknown> = {
          custom: undefined,
          forwarded: undefined,
          thread_id: undefined,
          created_at,
        }
        assert.deepStrictEqual(yield* shown(root, b), nothing)
        assert.deepStrictEqual(yield* shown(elsewhere!, other.members[0]!), nothing)
        assert.deepStrictEqual(yield* shown(alone!, b), { ...parts, thread_id: root, created_at })
        assert.deepStrictEqual(yield* shown(reply!, b), { ...nothing, thread_id: root })
        const chat = yield* (yield* ChatStore).get(chat_id, b)
        assert.deepStrictEqual([chat?.last_message?.custom, chat?.last_message?.forwarded], [custom, parts.forwarded])
        assert.notProperty(chat?.last_message, "thread_id")
        const { items } = yield* (yield* ExportStore).messages(a, { chat_id, last_seq: 99, json: null }, 0)
        assert.deepStrictEqual(
          JSON.parse(`[${items}]`).map((one: Record<string, unknown>) => [one.thread_id, one.custom]),
          stored.map(({ parts, thread_id }) => [thread_id ?? undefined, parts?.custom]),
        )
        const told = (yield* replayed(chat_id, b, 0)).flatMap(({ event }) =>
          event._tag === "MessageSent" ? [event.message] : [],
        )
        assert.deepStrictEqual(
          told.map(({ custom, forwarded, thread_id }) => ({ custom, forwarded, thread_id })),
          stored.map(({ parts, thread_id }) => ({
            custom: parts?.custom,
            forwarded: parts?.forwarded,
            thread_id: thread_id ?? undefined,
          })),
        )
        assert.notProperty(told[0], "parts")
        assert.notProperty(told[0], "thread_id")
      }),
    )

    it.effect("is kept by an edit and removed by a deletion, except for the thread", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        const [a, b] = members as [UserId, UserId]
        const root = (yield* send(chat_id, a, "root"))[0]!
        const [id] = yield* send(chat_id, a, { parts, reply_to: root, thread_id: root })
        yield* edit(chat_id, id!, "edited")
        assert.deepStrictEqual((yield* shown(id!, b)).custom, custom)
        const before = (yield* standing(chat_id)).version
        yield* edit(chat_id, id!, "")
        const { custom: gone, forwarded, thread_id } = yield* shown(id!, b)
        assert.deepStrictEqual([gone, forwarded, thread_id], [undefined, undefined, root])
        const [deleted] = yield* replayed(chat_id, b, before)
        assert.strictEqual(deleted?.event._tag, "MessageDeleted")
        assert.notProperty(deleted?.event, "custom")
      }),
    )

    it.effect("counts for the size of a page of a replay", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        const [a, b] = members as [UserId, UserId]
        const large = { parts: { custom: { x: "x".repeat(4_000) } } }
        const { version } = yield* standing(chat_id)
        yield* send(chat_id, a, large, large, large)
        const small = yield* replayed(chat_id, b, version, { events: 100, bytes: 5_000 })
        assert.strictEqual(small.length, 3)
        const first = yield* (yield* Changes).since(chat_id, b, version, undefined, { events: 100, bytes: 5_000 })
        assert.strictEqual(first._tag === "Replay" ? first.events.length : 0, 1)
      }),
    )

    it.effect("threads are read from any of their messages, a page at a time, by members alone", () =>
      Effect.gen(function* () {
        const messages = yield* MessageStore
        const { chat_id, members } = yield* newGroup(2)
        const stranger = (yield* newGroup(1)).members[0]!
        const [a, b] = members as [UserId, UserId]
        const [root, aside] = yield* send(chat_id, a, "root", "aside")
        const thread_id = root!
        const replies = yield* send(chat_id, b, ...Array.from({ length: 5 }, () => ({ reply_to: root!, thread_id })))
        yield* send(chat_id, a, { reply_to: aside!, thread_id: aside! })
        yield* edit(chat_id, replies[1]!, "")
        const read = (id: MessageId, range: ThreadRange) =>
          Effect.map(messages.thread(id, a, range), (json) => {
            const { root, count, items, has_more } = JSON.parse(json ?? "null")
            const seqs = items.map(({ seq }: { seq: number }) => seq)
            return {
              root: root.id,
              count,
              seqs,
              has_more,
              deleted: items.filter((one: { deleted: boolean }) => one.deleted).length,
            }
          })
        const whole = { root: thread_id, count: 5, seqs: [3, 4, 5, 6, 7], has_more: false, deleted: 1 }
        for (const id of [thread_id, replies[3]!]) assert.deepStrictEqual(yield* read(id, { limit: 5 }), whole)
        const page = { ...whole, has_more: true }
        assert.deepStrictEqual(yield* read(thread_id, { limit: 2 }), { ...page, seqs: [6, 7], deleted: 0 })
        assert.deepStrictEqual(yield* read(thread_id, { limit: 2, before: 6 }), { ...page, seqs: [4, 5] })
        assert.deepStrictEqual(yield* read(thread_id, { limit: 2, before: 4 }), {
          ...whole,
          seqs: [3],
          deleted: 0,
        })
        assert.deepStrictEqual(yield* read(thread_id, { limit: 2, after: 0 }), { ...page, seqs: [3, 4] })
        assert.deepStrictEqual(yield* read(thread_id, { limit: 2, after: 5 }), { ...whole, seqs: [6, 7], deleted: 0 })
        const [lonely] = yield* send(chat_id, a, "lonely")
        assert.deepStrictEqual(yield* read(lonely!, { limit: 2 }), {
          root: lonely,
          count: 0,
          seqs: [],
          has_more: false,
          deleted: 0,
        })
        assert.strictEqual(yield* messages.thread(thread_id, stranger, { limit: 2 }), undefined)
        assert.strictEqual(yield* messages.thread(987_654_321 as MessageId, a, { limit: 2 }), undefined)
      }),
    )
  })
}

describe("Replies from before there were threads", () => {
  it.effect("get theirs, however long their chains are", () =>
    Effect.gen(function* () {
      const url = yield* newDatabase
      yield* Layer.build(Database.layerPostgres({ url, maxConnections: 2 }))
      const sql = yield* PgClient.make({ url, maxConnections: 1 })
      yield* sql`alter table messages drop column thread_id, drop column parts`
      // A chain over more than two steps, a tree, a plain message, and an answer to one that is not there.
      yield* sql`
        insert into messages (chat_id, seq, sender_id, created_version, version, created_at, reply_to, text)
        select 1, n, 1, n, n, ${new Date(now)}, case when n > 1 then n - 1 end, '' from generate_series(1, 21000) n`
      yield* sql`
        insert into messages (chat_id, seq, sender_id, created_version, version, created_at, reply_to, text)
        values (2, 1, 1, 1, 1, now(), null, ''), (2, 2, 1, 2, 2, now(), 21001, ''), (2, 3, 1, 3, 3, now(), 21001, ''),
          (2, 4, 1, 4, 4, now(), 21003, ''), (2, 5, 1, 5, 5, now(), null, ''), (2, 6, 1, 6, 6, now(), 21002, '')`
      yield* sql.withTransaction(Effect.provideService(messageParts, SqlClient.SqlClient, sql))
      assert.deepStrictEqual(
        yield* sql`select thread_id::float8 as root, count(*)::float8 as replies from messages group by 1 order by 1`,
        [
          { root: 1, replies: 20_999 },
          { root: 21_001, replies: 4 },
          { root: null, replies: 3 },
        ],
      )
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)),
  )
})
