import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { AuditLog } from "../../src/sql/audit/AuditLog.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { ExportStore } from "../../src/sql/exports/ExportStore.ts"
import { exportPage, senderBlock } from "../../src/sql/exports/exportPage.ts"
import { change, commit, databases, newGroup, newUser, now, send, standing } from "../support/sql.ts"

interface Written {
  readonly id: number
  readonly seq: number
  readonly text: string
}

/** All pages of a chat, and how many they were. */
const written = Effect.fnUntraced(function* (user_id: UserId, chat_id: ChatId) {
  const exports = yield* ExportStore
  const chat = (yield* exports.chats(user_id, chat_id - 1, 1))[0]!
  const all: Array<Written> = []
  let pages = 0
  for (let after: number | null = 0; after !== null; pages++) {
    const page: { items: string; next: number | null } = yield* exports.messages(user_id, chat, after)
    all.push(...JSON.parse(`[${page.items}]`))
    after = page.next
  }
  return { all, pages }
})

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`ExportStore ${database.name}`, (it) => {
    it.effect("chats are listed as their member sees them, former ones without a name, in pages", () =>
      Effect.gen(function* () {
        const exports = yield* ExportStore
        const chats = yield* ChatStore
        const { chat_id, members } = yield* newGroup(2)
        const [me, peer] = members
        const made = { type: "private", name: null, created_by: peer!, member_ids: [me!], created_at: now } as const
        const pair = yield* chats.create(made)
        const left = yield* chats.create({ ...made, type: "group", name: "Left", member_ids: [me!] })
        const gone = yield* chats.create({ ...made, type: "group", name: "Gone", member_ids: [me!] })
        const row = { user_id: me!, role: "member", last_read_seq: 0, joined_at: now, version: 2 } as const
        const at = { version: 1, last_seq: 0 }
        yield* commit(
          change(left.chat_id, at, { members: [{ ...row, removed: true }] }),
          change(gone.chat_id, at, { deleted: true }),
        )
        const time = "2026-11-21T09:30:00.123Z"
        const common = { created_at: time, joined_at: time, last_read_seq: 0 }
        const user = (yield* chats.get(pair.chat_id, me!))?.peer
        const all = yield* exports.chats(me!, 0, 10)
        assert.deepStrictEqual(
          all.map((chat) => chat.chat_id),
          [chat_id, pair.chat_id, left.chat_id, gone.chat_id],
        )
        assert.deepStrictEqual(
          all.map(({ json }) => (json === null ? null : JSON.parse(json))),
          [
            { id: chat_id, type: "group", name: "A group", peer: null, member: true, role: "owner", ...common },
            { id: pair.chat_id, type: "private", name: null, peer: user, member: true, role: "member", ...common },
            { id: left.chat_id, type: "group", name: null, peer: null, member: false, role: null, ...common },
            null,
          ],
        )
        const paged = yield* exports.chats(me!, chat_id, 2)
        assert.deepStrictEqual(
          paged.map((chat) => chat.chat_id),
          [pair.chat_id, left.chat_id],
        )
      }),
    )

    it.effect("own messages of a long chat are listed once each, in order, a page at a time", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        const [me, peer] = members
        yield* send(chat_id, me!, { text: 'First, "quoted"\n\u2028', dedup_key: "k" })
        yield* send(chat_id, peer!, ...Array.from({ length: exportPage.places }, (_, i) => `theirs ${i}`))
        const mine = Array.from({ length: exportPage.messages + 1 }, (_, i) => `mine ${i}`)
        yield* send(chat_id, me!, ...mine)
        const { all, pages } = yield* written(me!, chat_id)
        assert.deepStrictEqual(
          all.map(({ text }) => text),
          ['First, "quoted"\n\u2028', ...mine],
        )
        assert.deepStrictEqual(
          all.map(({ seq }) => seq),
          [1, ...mine.map((_, i) => exportPage.places + 2 + i)],
        )
        assert.strictEqual(pages, 3)
        assert.deepStrictEqual(all[0], {
          id: all[0]!.id,
          chat_id,
          seq: 1,
          text: 'First, "quoted"\n\u2028',
          created_at: "2026-11-21T09:30:00.123Z",
          edited_at: null,
          deleted: false,
          reply_to: null,
          dedup_key: "k",
        } as Written)
      }),
    )

    it.effect("what was written since the last export is in the next one, from all who wrote", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(3)
        const [me, peer, third] = members
        const expected = new Map(members.map((user_id): [UserId, Array<string>] => [user_id, []]))
        const say = Effect.fnUntraced(function* (user_id: UserId, count: number) {
          const texts = Array.from({ length: count }, (_, i) => `${user_id} ${expected.get(user_id)!.length + i}`)
          expected.get(user_id)!.push(...texts)
          yield* send(chat_id, user_id, ...texts)
        })
        const compare = Effect.forEach(members, (user_id) =>
          Effect.map(written(user_id, chat_id), ({ all }) =>
            assert.deepStrictEqual(
              all.map(({ text }) => text),
              expected.get(user_id)!,
            ),
          ),
        )
        yield* say(me!, 1)
        yield* compare
        // Up to the end of a block, over it, exactly another one.
        for (const count of [senderBlock - 2, 1, 1, senderBlock, senderBlock - 1]) {
          yield* say(peer!, count)
          yield* compare
        }
        yield* say(third!, 1)
        yield* say(peer!, exportPage.places)
        yield* say(me!, exportPage.messages)
        yield* compare
      }),
    )

    it.effect("two exports of a long chat at once give each their own", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        const [me, peer] = members
        for (let block = 0; block < 7; block++) {
          yield* send(chat_id, me!, "mine")
          yield* send(chat_id, peer!, ...Array.from({ length: senderBlock - 1 }, () => "theirs"))
        }
        const both = yield* Effect.all([written(me!, chat_id), written(peer!, chat_id)], { concurrency: 2 })
        assert.deepStrictEqual(
          both.map(({ all }) => all.length),
          [7, 7 * (senderBlock - 1)],
        )
      }),
    )

    it.effect("what one wrote is there after leaving, and a chat without any gives nothing", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        const [, me] = members
        yield* send(chat_id, me!, "Mine")
        const { version, last_seq } = yield* standing(chat_id)
        const row = { user_id: me!, role: "member", last_read_seq: 1, joined_at: now } as const
        const members_ = [{ ...row, version: version + 1, removed: true }]
        yield* commit(change(chat_id, { version, last_seq }, { members: members_ }))
        assert.deepStrictEqual(
          (yield* written(me!, chat_id)).all.map(({ text }) => text),
          ["Mine"],
        )
        const empty = yield* newGroup(1)
        assert.deepStrictEqual((yield* written(empty.members[0]!, empty.chat_id)).all, [])
      }),
    )
  })

  layer(database.layer, { excludeTestServices: true })(`AuditLog ${database.name}`, (it) => {
    const entry = {
      at: now,
      event: "logged_in",
      user_id: null,
      session_id: null,
      address: "192.0.2.1",
      user_agent: null,
      request_id: "request-1",
      count: 1,
    }

    it.effect("gives each user theirs, in order and in pages, and forgets the oldest first", () =>
      Effect.gen(function* () {
        const log = yield* AuditLog
        const [me, other] = [yield* newUser(), yield* newUser()]
        const mine = [1, 2, 3].map((n) => ({ ...entry, user_id: me, at: now + n, event: `event ${n}`, count: n }))
        yield* log.append([mine[0]!, { ...entry, user_id: other, at: now + 9 }, mine[1]!, entry])
        yield* log.append([mine[2]!])
        yield* log.append([])
        const all = yield* log.ofUser(me, 0, 10)
        assert.deepStrictEqual(
          all.map(({ id: _, ...kept }) => kept),
          mine,
        )
        assert.deepStrictEqual(yield* log.ofUser(me, all[0]!.id, 1), [all[1]!])
        assert.strictEqual(yield* log.purge(now + 2, 1), 1)
        assert.strictEqual(yield* log.purge(now + 2, 10), 1)
        assert.strictEqual(yield* log.purge(now + 2, 10), 0)
        assert.deepStrictEqual(
          (yield* log.ofUser(me, 0, 10)).map(({ event }) => event),
          ["event 2", "event 3"],
        )
      }),
    )
  })
}
