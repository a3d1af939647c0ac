// The rows of messages' attachments, as the journal writes and deletes them, and who may see a file by them, over each
// database.
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { File } from "../../src/domain/File.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { FileStore, releasedMillis, unusedMillis } from "../../src/sql/files/FileStore.ts"
import { Journal } from "../../src/sql/journal/Journal.ts"
import { edit, member, next, replayed } from "../support/chatLife.ts"
import { storedFile } from "../support/files.ts"
import { commit, databases, newGroup, newUser, now, send, sending, standing } from "../support/sql.ts"

const withFiles = (...attachments: ReadonlyArray<File>) => ({ text: "", parts: { attachments } })

/** `seq` and file of each attachment, the newest message first. */
const listed = Effect.fnUntraced(function* (chat_id: ChatId) {
  const { items } = yield* (yield* FileStore).inChat(chat_id, { limit: 200 })
  return items.map(({ file, seq }) => [seq, file.id])
})

const sees = Effect.fnUntraced(function* (reader: UserId, { id }: File) {
  return (yield* (yield* FileStore).find(id, reader)) !== undefined
})

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`Attachments ${database.name}`, (it) => {
    it.effect("have rows in the order of the message, by whatever statement it is sent", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        const other = yield* newGroup(1)
        const [a, b] = members as [UserId, UserId]
        const files = yield* Effect.forEach([..."abcdefg"], (name) => storedFile(a, { name }))
        const [one, two, three, four, five, six, seven] = files as [File, File, File, File, File, File, File]
        // The last message is certainly there, or not.
        yield* send(chat_id, a, withFiles(two, one))
        yield* send(chat_id, a, "plain", withFiles(three))
        // Beside messages of another chat.
        yield* commit(
          sending(chat_id, yield* standing(chat_id), a, [withFiles(four)]),
          sending(other.chat_id, yield* standing(other.chat_id), other.members[0]!, ["plain"]),
        )
        // With a read mark, and a mention.
        const marked = sending(chat_id, yield* standing(chat_id), a, [
          { text: "", parts: { attachments: [five], mentions: [b] } },
        ])
        const version = marked.version + 1
        const marks = [...marked.marks, { user_id: b, last_read_seq: 1, read_version: version }]
        yield* commit({ ...marked, version, marks })
        // With another name of the chat, and with a bound of its activity.
        const named = sending(chat_id, yield* standing(chat_id), a, [withFiles(six)])
        const summary = { name: "Renamed", info: {}, version: named.version + 1 }
        yield* commit({ ...named, version: named.version + 1, summary })
        const bounded = sending(chat_id, yield* standing(chat_id), a, [withFiles(seven)])
        yield* commit({ ...bounded, active_before: now + 1 })
        assert.deepStrictEqual(yield* listed(chat_id), [
          [7, seven.id],
          [6, six.id],
          [5, five.id],
          [4, four.id],
          [3, three.id],
          [1, two.id],
          [1, one.id],
        ])
        assert.deepStrictEqual(yield* listed(other.chat_id), [])
        const told = (yield* replayed(chat_id, b, 0)).flatMap(({ event }) =>
          event._tag === "MessageSent" ? [event.message.attachments] : [],
        )
        assert.deepStrictEqual(told, [[two, one], undefined, [three], [four], [five], [six], [seven]])
      }),
    )

    it.effect("of a message whose seq is taken are not written, and neither is the message", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(1)
        const a = members[0]!
        const [first, late] = [yield* storedFile(a), yield* storedFile(a)]
        const at = yield* standing(chat_id)
        yield* commit(sending(chat_id, at, a, [withFiles(first)]))
        const results = yield* (yield* Journal).commit([sending(chat_id, at, a, [withFiles(late)])])
        assert.deepStrictEqual(results, [{ _tag: "Stale" }])
        assert.deepStrictEqual(yield* listed(chat_id), [[1, first.id]])
      }),
    )

    it.effect("stay with an edit, and go with the message, in a commit with others too", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        const [a, b] = members as [UserId, UserId]
        const files = yield* Effect.forEach([..."abc"], () => storedFile(a))
        const [one, two, three] = files as [File, File, File]
        const [first, second] = yield* send(chat_id, a, withFiles(one, two), withFiles(one))
        yield* edit(chat_id, first!, "a caption")
        const all = [
          [2, one.id],
          [1, one.id],
          [1, two.id],
        ]
        assert.deepStrictEqual(yield* listed(chat_id), all)
        yield* edit(chat_id, second!, "mentions", {
          parts: { mentions: [b], attachments: [one] },
          added: [b],
          removed: [],
        })
        assert.deepStrictEqual(yield* listed(chat_id), all)
        // One commit deletes one message and sends another.
        const sent = sending(chat_id, yield* standing(chat_id), a, [withFiles(three)])
        const version = sent.version + 1
        const gone = { text: "", edited_at: null, deleted: true, original_digest: "d", mentioned: null, detached: true }
        yield* commit({ ...sent, version, messages: [{ id: first!, version, ...gone }] })
        assert.deepStrictEqual(yield* listed(chat_id), [
          [3, three.id],
          [2, one.id],
        ])
        const [deleted] = yield* replayed(chat_id, b, version - 1)
        assert.strictEqual(deleted?.event._tag, "MessageDeleted")
        assert.notProperty(deleted?.event, "attachments")
        assert.deepStrictEqual([yield* sees(b, one), yield* sees(b, two), yield* sees(a, two)], [true, false, true])
        yield* edit(chat_id, second!, "")
        assert.isFalse(yield* sees(b, one))
      }),
    )

    it.effect("show their file to the present members of the chats that have it, and to nobody else", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(3)
        const [a, b, former] = members as [UserId, UserId, UserId]
        const elsewhere = yield* newGroup(2)
        const stranger = yield* newUser()
        const [file, unsent] = [yield* storedFile(a), yield* storedFile(a)]
        assert.deepStrictEqual([yield* sees(a, file), yield* sees(b, file)], [true, false])
        const [id] = yield* send(chat_id, a, withFiles(file))
        yield* member(chat_id, former, { removed: true })
        const who = [a, b, former, ...elsewhere.members, stranger]
        const seen = () => Effect.forEach(who, (reader) => sees(reader, file))
        assert.deepStrictEqual(yield* seen(), [true, true, false, false, false, false])
        // Forwarded: the copy is of another sender.
        const [copy] = yield* send(elsewhere.chat_id, elsewhere.members[0]!, withFiles(file))
        assert.deepStrictEqual(yield* seen(), [true, true, false, true, true, false])
        yield* edit(chat_id, id!, "")
        assert.deepStrictEqual(yield* seen(), [true, false, false, true, true, false])
        yield* edit(elsewhere.chat_id, copy!, "")
        assert.deepStrictEqual(yield* seen(), [true, false, false, false, false, false])
        const { chat_id: pair } = yield* (yield* ChatStore).create({
          type: "private",
          name: null,
          created_by: a,
          member_ids: [stranger],
          created_at: now,
        })
        yield* send(pair, a, withFiles(file))
        assert.deepStrictEqual(yield* seen(), [true, false, false, false, false, true])
        assert.isFalse(yield* sees(stranger, unsent))
      }),
    )

    it.effect("keep a file from being deleted until their message or their chat is", () =>
      Effect.gen(function* () {
        const store = yield* FileStore
        const { chat_id, members } = yield* newGroup(2)
        const [a, b] = members as [UserId, UserId]
        const [one, two] = [yield* storedFile(a), yield* storedFile(a)]
        const [id] = yield* send(chat_id, a, withFiles(one, two))
        yield* send(chat_id, b, withFiles(two))
        const removals = () => Effect.forEach([one, two], (file) => store.remove(file.id, a, now))
        assert.deepStrictEqual(yield* removals(), ["InUse", "InUse"])
        yield* edit(chat_id, id!, "")
        assert.deepStrictEqual(yield* removals(), ["Removed", "InUse"])
        yield* next(chat_id, (version) => ({ deleted: true, version }))
        assert.deepStrictEqual([yield* sees(b, two), yield* store.remove(two.id, a, now)], [false, "Removed"])
      }),
    )

    it.effect("are deleted for good some time after their message or their chat, and so is a chat's avatar", () =>
      Effect.gen(function* () {
        const store = yield* FileStore
        const { chat_id, members } = yield* newGroup(1)
        const a = members[0]!
        const files = yield* Effect.forEach([..."abc"], () => storedFile(a, { at: now }))
        const [one, two, avatar] = files as [File, File, File]
        const [id] = yield* send(chat_id, a, withFiles(one), withFiles(two))
        yield* next(chat_id, (version) => ({ summary: { name: "A group", info: { avatar: avatar.id }, version } }))
        const expireAt = Effect.fnUntraced(function* (at: number) {
          while ((yield* store.expire(at, 100)) > 0);
          const left = yield* Effect.forEach(files, (file) => store.byId(file.id))
          return left.map((file) => file !== undefined)
        })
        const late = now + unusedMillis + 1
        assert.deepStrictEqual(yield* expireAt(late), [true, true, true])
        yield* edit(chat_id, id!, "")
        assert.deepStrictEqual(yield* expireAt(late), [true, true, true])
        const later = late + releasedMillis + 1
        assert.deepStrictEqual(yield* expireAt(later), [false, true, true])
        yield* next(chat_id, (version) => ({ deleted: true, version }))
        while ((yield* (yield* ChatStore).purge(100)) > 0);
        assert.deepStrictEqual(yield* expireAt(later), [false, true, true])
        assert.deepStrictEqual(yield* expireAt(later + releasedMillis + 1), [false, false, false])
      }),
    )

    it.effect("of a deleted chat go with its messages, few at a time, and hide and hold nothing meanwhile", () =>
      Effect.gen(function* () {
        const [store, chats] = [yield* FileStore, yield* ChatStore]
        const { chat_id, members } = yield* newGroup(2)
        const [a, b] = members as [UserId, UserId]
        const files = yield* Effect.forEach(Array.from({ length: 6 }), () => storedFile(a, { at: now }))
        for (const file of files) yield* send(chat_id, a, withFiles(file))
        const late = now + unusedMillis + 1
        while ((yield* store.expire(late, 100)) > 0);
        yield* next(chat_id, (version) => ({ deleted: true, version }))
        // Nothing of them was released by the commit, however many there are.
        assert.strictEqual(yield* store.expire(late, 100), 0)
        assert.isFalse(yield* sees(b, files[5]!))
        assert.strictEqual(yield* store.remove(files[5]!.id, a, late), "Removed")
        assert.strictEqual(yield* chats.purge(2), 2)
        const later = late + releasedMillis + 1
        while ((yield* store.expire(late, 100)) > 0);
        while ((yield* store.expire(later, 100)) > 0);
        const left = yield* Effect.forEach(files, ({ id }) => store.byId(id))
        assert.deepStrictEqual(left.slice(0, 2), [undefined, undefined])
        while ((yield* chats.purge(2)) > 0);
        while ((yield* store.expire(later, 100)) > 0);
        while ((yield* store.expire(later + releasedMillis + 1, 100)) > 0);
        assert.deepStrictEqual(
          (yield* Effect.forEach(files, ({ id }) => store.byId(id))).filter((file) => file !== undefined),
          [],
        )
      }),
    )
  })
}
