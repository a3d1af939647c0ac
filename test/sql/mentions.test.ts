// Mentions and replies as they are stored, counted and listed, over each database.
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { ChatId, MessageId, UserId } from "../../src/domain/Ids.ts"
import type { MessageParts } from "../../src/domain/MessageParts.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { DeletionStore } from "../../src/sql/deletions/DeletionStore.ts"
import { type ChatChange, Journal } from "../../src/sql/journal/Journal.ts"
import { MessageStore } from "../../src/sql/messages/MessageStore.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"
import { edit, mark, member, next } from "../support/chatLife.ts"
import { change, commit, databases, newGroup, newUser, now, send, sending, standing } from "../support/sql.ts"

const of = (...mentions: ReadonlyArray<UserId>): { readonly parts: MessageParts } => ({ parts: { mentions } })
const ofAll = { parts: { mentions_all: true } } as const

const count = Effect.fnUntraced(function* (chat_id: ChatId, reader: UserId) {
  const chats = yield* ChatStore
  const chat = yield* chats.get(chat_id, reader)
  const [position] = yield* chats.positions(reader, [chat_id])
  assert.strictEqual(chat?.unread_mention_count ?? 0, position?.unread_mention_count)
  assert.notStrictEqual(chat?.unread_mention_count, 0)
  return position?.unread_mention_count
})

const listed = Effect.fnUntraced(function* (reader: UserId, limit = 50, before?: number) {
  return yield* (yield* MessageStore).mentions(reader, limit, before)
})

const partsOf = Effect.fnUntraced(function* (chat_id: ChatId, id: MessageId) {
  return (yield* (yield* Journal).messages(chat_id, [id]))[0]?.parts
})

const replyTo = (id: MessageId, replied_to: UserId | null, parts: MessageParts | null = null) => ({
  text: "a reply",
  reply_to: id,
  thread_id: id,
  replied_to,
  parts,
})

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`Mentions ${database.name}`, (it) => {
    it.effect("are counted while they are unread, once a message, and listed newest first", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(3)
        const [a, b, c] = members as [UserId, UserId, UserId]
        const [first] = yield* send(chat_id, b, "plain")
        const ids = yield* send(
          chat_id,
          a,
          of(b),
          "plain",
          { parts: { mentions: [b, c], mentions_all: true } },
          replyTo(first!, b, { mentions: [b] }),
          ofAll,
          of(c),
        )
        assert.deepStrictEqual([yield* count(chat_id, b), yield* count(chat_id, c)], [4, 3])
        assert.strictEqual(yield* count(chat_id, a), 0)
        assert.deepStrictEqual(yield* listed(b), [ids[4]!, ids[3]!, ids[2]!, ids[0]!])
        assert.deepStrictEqual(yield* listed(c), [ids[5]!, ids[4]!, ids[2]!])
        // The sender's own mention of all is none for them.
        assert.deepStrictEqual(yield* listed(a), [])
        yield* mark(chat_id, b, 4)
        assert.strictEqual(yield* count(chat_id, b), 2)
        yield* mark(chat_id, b, 7)
        assert.strictEqual(yield* count(chat_id, b), 0)
        assert.strictEqual((yield* listed(b)).length, 4)
        const [sent] = yield* send(chat_id, c, of(b))
        assert.deepStrictEqual([yield* count(chat_id, b), yield* count(chat_id, c)], [1, 0])
        assert.deepStrictEqual((yield* listed(b, 1))[0], sent)
      }),
    )

    it.effect("are listed in pages over all chats of the reader, and no others", () =>
      Effect.gen(function* () {
        const [one, two] = [yield* newGroup(1), yield* newGroup(1)]
        const [a, b] = [one.members[0]!, two.members[0]!]
        const me = yield* newUser()
        yield* member(one.chat_id, me)
        yield* member(two.chat_id, me)
        const ids: Array<MessageId> = []
        for (let i = 0; i < 3; i++) {
          ids.push(...(yield* send(one.chat_id, a, of(me), "plain", ofAll)))
          ids.push(...(yield* send(two.chat_id, b, of(me))))
        }
        const mine = ids.filter((_, i) => i % 4 !== 1).reverse()
        assert.deepStrictEqual(yield* listed(me), mine)
        assert.deepStrictEqual(yield* listed(me, 4), mine.slice(0, 4))
        assert.deepStrictEqual(yield* listed(me, 4, mine[3]), mine.slice(4, 8))
        assert.deepStrictEqual(yield* listed(me, 4, mine[7]), mine.slice(8))
        assert.deepStrictEqual(yield* listed(me, 4, mine[8]), [])
        yield* member(one.chat_id, me, { removed: true })
        assert.deepStrictEqual(yield* listed(me), [...ids.filter((_, i) => i % 4 === 3)].reverse())
        // Back again: what was for them is, mentions of all before are not.
        yield* member(one.chat_id, me)
        assert.deepStrictEqual(yield* listed(me), [...ids.filter((_, i) => i % 4 === 3 || i % 4 === 0)].reverse())
        yield* next(two.chat_id, () => ({ deleted: true }))
        assert.deepStrictEqual(yield* listed(me), [...ids.filter((_, i) => i % 4 === 0)].reverse())
      }),
    )

    it.effect("change with the text, and go with it; a reply stays one", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(3)
        const [a, b, c] = members as [UserId, UserId, UserId]
        const [first] = yield* send(chat_id, b, "plain")
        const [id, plain] = yield* send(chat_id, a, replyTo(first!, b, { mentions: [b, c], custom: { x: 1 } }), "plain")
        assert.deepStrictEqual([yield* count(chat_id, b), yield* count(chat_id, c)], [1, 1])
        yield* edit(chat_id, id!, "text", { parts: { custom: { x: 1 } }, added: [], removed: [b, c] })
        assert.deepStrictEqual([yield* count(chat_id, b), yield* count(chat_id, c)], [1, 0])
        assert.deepStrictEqual(yield* partsOf(chat_id, id!), { custom: { x: 1 } })
        yield* edit(chat_id, id!, "other text")
        assert.deepStrictEqual(yield* partsOf(chat_id, id!), { custom: { x: 1 } })
        const all = { mentions: [b], mentions_all: true } as const
        yield* edit(chat_id, id!, "@all", { parts: all, added: [b, 0], removed: [] })
        assert.deepStrictEqual(yield* partsOf(chat_id, id!), all)
        assert.deepStrictEqual([yield* count(chat_id, b), yield* count(chat_id, c)], [1, 1])
        assert.deepStrictEqual([yield* listed(b), yield* listed(c), yield* listed(a)], [[id!], [id!], []])
        yield* edit(chat_id, id!, "none", { parts: null, added: [], removed: [b, 0] })
        assert.strictEqual(yield* partsOf(chat_id, id!), null)
        assert.deepStrictEqual([yield* listed(b), yield* listed(c)], [[id!], []])
        yield* edit(chat_id, plain!, "now", { parts: { mentions: [c] }, added: [c], removed: [] })
        assert.deepStrictEqual([yield* listed(b), yield* listed(c)], [[id!], [plain!]])
        // One commit deletes one message, edits another and sends a third.
        const at = yield* standing(chat_id)
        const version = at.version + 3
        const tombstone = {
          id: id!,
          text: "",
          edited_at: null,
          deleted: true,
          original_digest: "d",
          mentioned: null,
          detached: false,
        }
        const edited = { id: plain!, text: "b", edited_at: now, deleted: false, original_digest: "d", detached: false }
        const mentioned = { parts: { mentions: [b] }, added: [b], removed: [c] }
        const sent = sending(chat_id, at, a, [replyTo(first!, b, { mentions: [c] })])
        const messages = [
          { ...tombstone, version: version - 1 },
          { ...edited, mentioned, version },
        ]
        const result = yield* (yield* Journal).commit([{ ...sent, version, messages }])
        const third = result[0]?._tag === "Committed" ? result[0].ids[0] : undefined
        assert.deepStrictEqual([yield* listed(b), yield* listed(c)], [[third!, plain!], [third!]])
        assert.deepStrictEqual([yield* count(chat_id, b), yield* count(chat_id, c)], [2, 1])
        yield* edit(chat_id, third!, "")
        yield* edit(chat_id, plain!, "")
        assert.deepStrictEqual([yield* listed(b), yield* listed(c)], [[], []])
        assert.deepStrictEqual([yield* count(chat_id, b), yield* count(chat_id, c)], [0, 0])
      }),
    )

    it.effect("are stored by every form of a commit, with several chats, and not by a refused one", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const [one, two] = [yield* newGroup(2), yield* newGroup(2)]
        const [a, b] = one.members as [UserId, UserId]
        const [c, d] = two.members as [UserId, UserId]
        const [at1, at2] = [yield* standing(one.chat_id), yield* standing(two.chat_id)]
        const stale = sending(one.chat_id, { ...at1, version: 9 }, a, [of(b)])
        assert.deepStrictEqual(
          (yield* journal.commit([stale, sending(two.chat_id, at2, c, ["plain", of(d)])])).map(({ _tag }) => _tag),
          ["Stale", "Committed"],
        )
        assert.deepStrictEqual([yield* count(one.chat_id, b), yield* count(two.chat_id, d)], [0, 1])
        // With a mark that folds, and with a summary.
        const read = (sent: ChatChange, user_id: UserId): ChatChange => ({
          ...sent,
          version: sent.version + 1,
          marks: [...sent.marks, { user_id, last_read_seq: 1, read_version: sent.version + 1 }],
        })
        const again = sending(one.chat_id, yield* standing(one.chat_id), a, ["plain", of(b)])
        yield* commit(read(again, b))
        assert.strictEqual(yield* count(one.chat_id, b), 1)
        const named = sending(one.chat_id, yield* standing(one.chat_id), a, [of(b)])
        const version = named.version + 1
        yield* commit({ ...named, version, summary: { name: "B", info: {}, version } })
        assert.strictEqual(yield* count(one.chat_id, b), 2)
        // A mention of an edited message of another chat is refused.
        const foreign = (yield* listed(b))[0]!
        const mentioned = { parts: null, added: [d], removed: [b] }
        yield* edit(two.chat_id, foreign, "never", mentioned)
        assert.deepStrictEqual([yield* count(one.chat_id, b), yield* count(two.chat_id, d)], [2, 1])
      }),
    )

    it.effect("go with a deleted account, and with a deleted chat", () =>
      Effect.gen(function* () {
        const chats = yield* ChatStore
        const deletions = yield* DeletionStore
        const { chat_id, members } = yield* newGroup(3)
        const [a, b, c] = members as [UserId, UserId, UserId]
        yield* send(chat_id, a, of(b, c))
        yield* deletions.mark(b, now)
        yield* deletions.finish(b, now)
        assert.deepStrictEqual([yield* count(chat_id, b), yield* count(chat_id, c)], [0, 1])
        yield* commit(change(chat_id, yield* standing(chat_id), { deleted: true }))
        while ((yield* chats.purge(1000)) > 0);
        assert.deepStrictEqual(yield* listed(c), [])
      }),
    )

    it.effect("are looked up by user names, which deleted accounts do not have", () =>
      Effect.gen(function* () {
        const users = yield* UserStore
        const [a, b] = [yield* newUser(), yield* newUser()]
        const [first, second] = yield* users.byIds([a, b])
        const names = [first!, second!].map(({ username }) => username)
        const found = yield* users.byNames([...names, "nobody-has-this", "Ünknown"])
        assert.deepStrictEqual(
          [...found].sort((x, y) => x.id - y.id),
          [first!, second!].map(({ id, username }) => ({ id, name: username })).sort((x, y) => x.id - y.id),
        )
        yield* (yield* DeletionStore).mark(first!.id, now)
        assert.deepStrictEqual(yield* users.byNames(names), [{ id: second!.id, name: second!.username }])
        assert.deepStrictEqual(yield* users.byNames([]), [])
      }),
    )
  })
}
