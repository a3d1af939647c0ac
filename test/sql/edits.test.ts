// The former texts of messages, over each database.
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { editsShown } from "../../src/domain/EditHistory.ts"
import type { ChatId, MessageId, UserId } from "../../src/domain/Ids.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { ExportStore, noEdit } from "../../src/sql/exports/ExportStore.ts"
import { type ChatChange, type FormerText, Journal } from "../../src/sql/journal/Journal.ts"
import { MessageStore } from "../../src/sql/messages/MessageStore.ts"
import { edit, next } from "../support/chatLife.ts"
import { change, commit, databases, newGroup, newUser, now, send, standing } from "../support/sql.ts"

const iso = "2026-11-21T09:30:00.123Z"
/** Text that would break JSON or a text array if it were not quoted. */
const odd = 'é "quoted" \\ {,} _at":"2026-01-01T00:00:00"\n'

const edited = (message_id: MessageId, version: number, ...texts: ReadonlyArray<string>) => ({
  messages: [
    {
      id: message_id,
      text: "now",
      edited_at: now,
      deleted: false,
      original_digest: "d",
      version,
      mentioned: null,
      detached: false,
    },
  ],
  former: texts.map(
    (text, i): FormerText => ({ message_id, version: version - texts.length + i + 1, text, at: now + i }),
  ),
})

const shown = Effect.fnUntraced(function* (id: MessageId, reader: UserId) {
  const history = yield* (yield* MessageStore).edits(id, reader)
  return history && { ...history, items: JSON.parse(history.items) }
})

const commitOne = Effect.fnUntraced(function* (
  chat_id: ChatId,
  more: number,
  fields: (version: number) => Partial<ChatChange>,
) {
  const at = yield* standing(chat_id)
  const version = at.version + more
  yield* commit(change(chat_id, at, { version, ...fields(version) }))
})

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`Former texts ${database.name}`, (it) => {
    it.effect("are kept by the commit of the edits, in order, each with its time", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        const [owner, member] = members as [UserId, UserId]
        const [id, other] = yield* send(chat_id, member, "now", "now")
        const [first, second, third] = [odd, "second", "third"].map((text, i) => ({
          text,
          at: i === 1 ? iso.replace("123", "124") : iso,
        }))
        assert.deepStrictEqual(yield* shown(id!, owner), { sender_id: member, role: "owner", items: [] })
        yield* commitOne(chat_id, 2, (version) => edited(id!, version, odd, "second"))
        yield* commitOne(chat_id, 1, (version) => edited(id!, version, "third"))
        const whole = { sender_id: member, role: "owner" as const, items: [first, second, third] }
        assert.deepStrictEqual(yield* shown(id!, owner), whole)
        assert.deepStrictEqual(yield* shown(id!, member), { ...whole, role: "member" as const })
        assert.deepStrictEqual((yield* shown(other!, owner))?.items, [])
        assert.isUndefined(yield* shown(id!, yield* newUser()))
        assert.isUndefined(yield* shown(987_654_321 as MessageId, owner))
      }),
    )

    it.effect("go with the text of a deleted message, and others stay", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(1)
        const [me] = members as [UserId]
        const [id, other] = yield* send(chat_id, me, "now", "now")
        yield* commitOne(chat_id, 1, (version) => edited(id!, version, "a secret"))
        // The same commit deletes one and edits another.
        yield* commitOne(chat_id, 2, (version) => {
          const { former, messages } = edited(other!, version, "kept")
          const tombstone = {
            id: id!,
            text: "",
            edited_at: null,
            deleted: true,
            original_digest: "d",
            mentioned: null,
            detached: false,
          }
          return { former, messages: [{ ...tombstone, version: version - 1 }, ...messages] }
        })
        assert.deepStrictEqual((yield* shown(id!, me))?.items, [])
        assert.deepStrictEqual((yield* shown(other!, me))?.items, [{ text: "kept", at: iso }])
        yield* edit(chat_id, other!, "")
        assert.deepStrictEqual((yield* shown(other!, me))?.items, [])
      }),
    )

    it.effect("are not kept by a refused commit, nor of a message of another chat", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const [one, two] = [yield* newGroup(1), yield* newGroup(1)]
        const [me, you] = [one.members[0]!, two.members[0]!]
        const [id] = yield* send(one.chat_id, me, "now")
        const at = yield* standing(one.chat_id)
        const stale = change(one.chat_id, { ...at, version: at.version - 1 }, edited(id!, at.version, "never"))
        yield* next(two.chat_id, (version) => ({ summary: { name: "Two", info: {}, version } }))
        const there = yield* standing(two.chat_id)
        const [refused, done] = yield* journal.commit([
          stale,
          change(two.chat_id, there, { former: [{ message_id: 1 as MessageId, version: 1, text: "x", at: now }] }),
        ])
        assert.deepStrictEqual([refused?._tag, done?._tag], ["Stale", "Committed"])
        assert.deepStrictEqual((yield* shown(id!, me))?.items, [])
        assert.deepStrictEqual(yield* (yield* ExportStore).edits(you, noEdit, 10), [])
      }),
    )

    it.effect("are shown up to a number, the newest of them", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(1)
        const [id] = yield* send(chat_id, members[0]!, "now")
        const texts = Array.from({ length: editsShown + 2 }, (_, i) => `text ${i}`)
        yield* commitOne(chat_id, texts.length, (version) => edited(id!, version, ...texts))
        const items: ReadonlyArray<{ readonly text: string }> = (yield* shown(id!, members[0]!))?.items
        assert.deepStrictEqual(
          items.map(({ text }) => text),
          texts.slice(2),
        )
      }),
    )

    it.effect("are exported to who wrote them, in pages, and removed with deleted chats", () =>
      Effect.gen(function* () {
        const exports = yield* ExportStore
        const chats = yield* ChatStore
        while ((yield* chats.purge(1000)) > 0);
        const [kept, doomed] = [yield* newGroup(2), yield* newGroup(1)]
        const [me, you] = kept.members as [UserId, UserId]
        const [id, yours] = [(yield* send(kept.chat_id, me, "now"))[0]!, (yield* send(kept.chat_id, you, "now"))[0]!]
        const [gone] = yield* send(doomed.chat_id, doomed.members[0]!, "now")
        yield* commitOne(kept.chat_id, 3, (version) => edited(id, version, odd, "two", "three"))
        yield* commitOne(kept.chat_id, 1, (version) => edited(yours, version, "yours"))
        yield* commitOne(doomed.chat_id, 1, (version) => edited(gone!, version, "gone"))
        const all = yield* exports.edits(me, noEdit, 10)
        assert.deepStrictEqual(
          all.map(({ json }) => JSON.parse(json)),
          [odd, "two", "three"].map((text, i) => ({ message_id: id, text, at: iso.replace("123", `${123 + i}`) })),
        )
        assert.deepStrictEqual(yield* exports.edits(me, all[0]!, 1), [all[1]!])
        assert.deepStrictEqual(yield* exports.edits(me, all[2]!, 1), [])
        assert.strictEqual((yield* exports.edits(doomed.members[0]!, noEdit, 10)).length, 1)
        yield* commit(change(doomed.chat_id, yield* standing(doomed.chat_id), { deleted: true }))
        assert.deepStrictEqual(yield* exports.edits(doomed.members[0]!, noEdit, 10), [])
        while ((yield* chats.purge(1000)) > 0);
        assert.strictEqual((yield* exports.edits(me, noEdit, 10)).length, 3)
      }),
    )
  })
}
