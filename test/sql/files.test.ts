import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import type { Unavailable } from "../../src/domain/errors.ts"
import type { File, FileId, FileKind } from "../../src/domain/File.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { Database } from "../../src/sql/database/Database.ts"
import { number, text } from "../../src/sql/database/params.ts"
import { DeletionStore } from "../../src/sql/deletions/DeletionStore.ts"
import {
  type FileAdded,
  FileStore,
  heldMillis,
  releasedMillis,
  reservedMillis,
  unusedMillis,
} from "../../src/sql/files/FileStore.ts"
import { attachmentKey, Tables } from "../../src/sql/memory/Tables.ts"
import { StateStore } from "../../src/sql/state/StateStore.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"
import {
  change,
  commit,
  embedded,
  newGroup,
  newUser,
  now,
  postgres,
  repositories,
  repositoriesInMemory,
  send,
  standing,
} from "../support/sql.ts"

let blobs = 0

const newBlob = (size = 3) => ({
  id: crypto.randomUUID(),
  sha256: (++blobs).toString(16).padStart(64, "0"),
  size,
})

const photo = { width: 640, height: 480, thumbhash: "1QcSHQRnh493V4dIh4eXh1h4kJUI" }

const add = Effect.fnUntraced(function* (
  owner_id: UserId,
  { kind = "photo" as FileKind, name = "sea.jpg", size = 3, quota = null as number | null, at = now } = {},
) {
  const files = yield* FileStore
  const [blob, thumb] = [newBlob(size), newBlob()]
  yield* files.reserve([blob, thumb], at)
  const about = kind === "photo" ? photo : {}
  const type = kind === "photo" ? "image/jpeg" : "application/octet-stream"
  const fields = { owner_id, blob: blob.id, thumb: thumb.id, kind, name, type, size, about, created_at: at }
  return { added: yield* files.add(fields, quota), blob, thumb, fields }
})

const idOf = (added: FileAdded): FileId => {
  if (added._tag !== "Added") throw new Error(`Not added: ${added._tag}`)
  return added.id
}

const newFile = (owner_id: UserId, fields: Parameters<typeof add>[1] = {}) =>
  Effect.map(add(owner_id, fields), ({ added }) => idOf(added))

interface Attached {
  readonly chat_id: ChatId
  readonly seq: number
}

/** The rows of a message's files, as the journal writes and deletes them. */
class Attachments extends Context.Service<
  Attachments,
  {
    insert(
      row: Attached & { readonly place: number; readonly file_id: FileId; readonly kind: FileKind },
    ): Effect.Effect<void, Unavailable>
    remove(message: Attached): Effect.Effect<void, Unavailable>
  }
>()("test/sql/Attachments") {
  static readonly layer = Layer.effect(
    Attachments,
    Effect.map(Database, ({ query }) =>
      Attachments.of({
        insert: ({ chat_id, file_id, kind, place, seq }) =>
          Effect.asVoid(
            query(
              `insert into attachments (chat_id, seq, place, file_id, kind)
               values ($1::bigint, $2::bigint, $3::smallint, $4::bigint, $5::text)`,
              [number(chat_id), number(seq), number(place), number(file_id), text(kind)],
            ),
          ),
        remove: ({ chat_id, seq }) =>
          Effect.asVoid(
            query(`delete from attachments where chat_id = $1::bigint and seq = $2::bigint`, [
              number(chat_id),
              number(seq),
            ]),
          ),
      }),
    ),
  )

  static readonly layerMemory = Layer.effect(
    Attachments,
    Effect.map(Tables, ({ attachments }) =>
      Attachments.of({
        insert: (row) => Effect.sync(() => void attachments.set(attachmentKey(row), row)),
        remove: ({ chat_id, seq }) =>
          Effect.sync(() => {
            for (const [key, row] of attachments)
              if (row.chat_id === chat_id && row.seq === seq) attachments.delete(key)
          }),
      }),
    ),
  )
}

const inDatabase = Layer.mergeAll(repositories, Attachments.layer)

const databases = [
  {
    name: "in memory",
    layer: Layer.mergeAll(repositoriesInMemory, Attachments.layerMemory.pipe(Layer.provide(Tables.layer))),
  },
  { name: "on PGlite", layer: inDatabase.pipe(Layer.provide(embedded)) },
  { name: "on PostgreSQL", layer: inDatabase.pipe(Layer.provide(postgres)) },
] as const

const detach = Effect.fnUntraced(function* (chat_id: ChatId, seq: number) {
  yield* (yield* Attachments).remove({ chat_id, seq })
})

const sent = Effect.fnUntraced(function* (
  chat_id: ChatId,
  by: UserId,
  ...files: ReadonlyArray<readonly [FileId, FileKind]>
) {
  const [message_id] = yield* send(chat_id, by, "")
  const seq = (yield* standing(chat_id)).last_seq
  const attachments = yield* Attachments
  for (const [place, [file_id, kind]] of files.entries()) {
    yield* attachments.insert({ chat_id, seq, place, file_id, kind })
  }
  return { message_id: message_id!, seq }
})

const sees = (reader: UserId, id: FileId) =>
  Effect.map(
    Effect.flatMap(FileStore, (files) => files.find(id, reader)),
    (found) => found !== undefined,
  )

/** Until nothing is due. */
const expire = Effect.fnUntraced(function* (at: number) {
  const files = yield* FileStore
  while ((yield* files.expire(at, 2)) > 0);
})

const doomed = (at: number) => Effect.flatMap(FileStore, (files) => files.doom(at, 1_000))

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`FileStore ${database.name}`, (it) => {
    it.effect("a file is seen by its owner, and by nobody else before it is sent", () =>
      Effect.gen(function* () {
        const [me, other] = [yield* newUser(), yield* newUser()]
        const files = yield* FileStore
        const { added, blob, fields, thumb } = yield* add(me, { size: 5_000_000_000 })
        const id = idOf(added)
        const file: File = { id, kind: "photo", name: "sea.jpg", type: "image/jpeg", size: 5_000_000_000, ...photo }
        const stored = { file, owner_id: me, blob: blob.id, thumb: thumb.id, created_at: fields.created_at }
        assert.deepStrictEqual(yield* files.find(id, me), stored)
        assert.deepStrictEqual(yield* files.byId(id), stored)
        assert.isFalse(yield* sees(other, id))
        assert.isUndefined(yield* files.find((id + 1_000) as FileId, me))
      }),
    )

    it.effect("is seen by present members of a chat with a message that has it, until that is deleted", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(3)
        const [me, member, leaver] = members as [UserId, UserId, UserId]
        const stranger = yield* newUser()
        const id = yield* newFile(me)
        const { seq } = yield* sent(chat_id, me, [id, "photo"])
        assert.deepStrictEqual(yield* Effect.forEach([me, member, leaver, stranger], (reader) => sees(reader, id)), [
          true,
          true,
          true,
          false,
        ])
        const at = yield* standing(chat_id)
        const left = { user_id: leaver, role: "member" as const, removed: true, version: at.version + 1 }
        yield* commit(
          change(chat_id, at, { members: [{ ...left, joined_at: now, last_read_seq: 0 }], member_count: 2 }),
        )
        assert.isFalse(yield* sees(leaver, id))
        yield* detach(chat_id, seq)
        assert.deepStrictEqual([yield* sees(member, id), yield* sees(me, id)], [false, true])
      }),
    )

    it.effect("is no longer seen in a deleted chat, and is let go of with its messages", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        const [me, member] = members as [UserId, UserId]
        const [files, chats] = [yield* FileStore, yield* ChatStore]
        const id = yield* newFile(me)
        yield* sent(chat_id, me, [id, "photo"])
        yield* expire(now + unusedMillis + 1)
        yield* commit(change(chat_id, yield* standing(chat_id), { deleted: true }))
        assert.deepStrictEqual([yield* sees(member, id), yield* sees(me, id)], [false, true])
        while ((yield* chats.purge(100)) > 0);
        const later = now + 2 * unusedMillis
        yield* expire(later)
        assert.isDefined(yield* files.byId(id), "it could be sent again just now")
        yield* expire(later + releasedMillis + 1)
        assert.isUndefined(yield* files.byId(id))
      }),
    )

    it.effect("an avatar is seen by everyone, and let go of when it is replaced", () =>
      Effect.gen(function* () {
        const [me, other] = [yield* newUser(), yield* newUser()]
        const [files, users] = [yield* FileStore, yield* UserStore]
        const id = yield* newFile(me)
        const info = { custom: {}, avatar: id }
        yield* users.change(me, { display_name: "Me", info })
        assert.isTrue(yield* sees(other, id))
        assert.strictEqual(yield* files.remove(id, me, now), "InUse")
        yield* expire(now + unusedMillis + 1)
        yield* expire(now + 9 * unusedMillis)
        assert.isDefined(yield* files.byId(id))
        yield* users.change(me, { display_name: "Me", info: {} })
        assert.isFalse(yield* sees(other, id))
        yield* expire(now + 10 * unusedMillis)
        yield* expire(now + 10 * unusedMillis + releasedMillis + 1)
        assert.isUndefined(yield* files.byId(id))
      }),
    )

    it.effect("counts the bytes of a user, and refuses what would be too much, also of uploads at once", () =>
      Effect.gen(function* () {
        const me = yield* newUser()
        const files = yield* FileStore
        const quota = 10
        const first = yield* newFile(me, { size: 4, quota })
        const more = yield* Effect.all(
          Array.from({ length: 5 }, () => add(me, { size: 3, quota })),
          { concurrency: "unbounded" },
        )
        assert.strictEqual(more.filter(({ added }) => added._tag === "Added").length, 2)
        assert.deepInclude(
          more.map(({ added }) => added),
          { _tag: "QuotaExceeded", used_bytes: 10 },
        )
        assert.strictEqual(yield* files.usedBytes(me), 10)
        assert.strictEqual(yield* files.remove(first, me, now), "Removed")
        assert.strictEqual(yield* files.usedBytes(me), 6)
        assert.strictEqual((yield* add(me, { size: 4, quota })).added._tag, "Added")
        assert.strictEqual((yield* add(me, { size: 1, quota: null })).added._tag, "Added")
      }),
    )

    it.effect("is listed, the newest first, and held in the order of the ids", () =>
      Effect.gen(function* () {
        const [me, other] = [yield* newUser(), yield* newUser()]
        const files = yield* FileStore
        const ids = [
          yield* newFile(me),
          yield* newFile(me, { kind: "file", name: "a.txt" }),
          yield* newFile(me),
        ] as const
        const [a, b, c] = ids
        const others = yield* newFile(other)
        const list = (range: Parameters<typeof files.list>[1]) =>
          Effect.map(files.list(me, range), (rows) => rows.map(({ file }) => file.id))
        assert.deepStrictEqual(yield* list({ limit: 10 }), [c, b, a])
        assert.deepStrictEqual(yield* list({ limit: 2 }), [c, b])
        assert.deepStrictEqual(yield* list({ limit: 2, before: b }), [a])
        const held = yield* files.hold([b, others, a], me, now)
        assert.deepStrictEqual(
          held.map(({ id, kind }) => [id, kind]),
          [
            [b, "file"],
            [a, "photo"],
          ],
        )
        assert.deepStrictEqual(
          (yield* files.hold([others, c], undefined, now)).map(({ id }) => id),
          [others, c],
        )
      }),
    )

    it.effect("is listed by chat and kind, with all files of a message together", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        const me = members[0]!
        const files = yield* FileStore
        const [a, b, c, d] = [
          yield* newFile(me),
          yield* newFile(me),
          yield* newFile(me, { kind: "file" }),
          yield* newFile(me),
        ]
        const first = yield* sent(chat_id, me, [a!, "photo"])
        const second = yield* sent(chat_id, me, [b!, "photo"], [c!, "file"])
        const third = yield* sent(chat_id, me, [d!, "photo"], [a!, "photo"])
        yield* sent((yield* newGroup(1)).chat_id, me, [a!, "photo"])
        const page = (range: Parameters<typeof files.inChat>[1]) =>
          Effect.map(files.inChat(chat_id, range), ({ has_more, items }) => [
            ...items.map(({ file, seq }) => `${seq}:${file.id}`),
            has_more,
          ])
        const shown = (at: { readonly seq: number }, id: FileId | undefined) => `${at.seq}:${id}`
        assert.deepStrictEqual(yield* page({ limit: 10 }), [
          shown(third, d),
          shown(third, a),
          shown(second, b),
          shown(second, c),
          shown(first, a),
          false,
        ])
        assert.deepStrictEqual(yield* page({ limit: 1 }), [shown(third, d), shown(third, a), true])
        assert.deepStrictEqual(yield* page({ limit: 3, before: third.seq }), [
          shown(second, b),
          shown(second, c),
          shown(first, a),
          false,
        ])
        assert.deepStrictEqual(yield* page({ limit: 10, kind: "file" }), [shown(second, c), false])
        assert.deepStrictEqual(yield* page({ limit: 1, kind: "photo", before: third.seq }), [shown(second, b), true])
        assert.deepStrictEqual(yield* page({ limit: 10, kind: "voice" }), [false])
        const [item] = (yield* files.inChat(chat_id, { limit: 10, kind: "file" })).items
        assert.deepInclude(item, {
          message_id: second.message_id,
          sender_id: me,
          created_at: "2026-11-21T09:30:00.123Z",
        })
      }),
    )

    it.effect("is deleted by its owner alone, and not while a message has it or is about to", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        const [me, other] = members as [UserId, UserId]
        const files = yield* FileStore
        const id = yield* newFile(me)
        assert.strictEqual(yield* files.remove(id, other, now), "NotFound")
        yield* files.hold([id], me, now)
        assert.strictEqual(yield* files.remove(id, me, now + heldMillis), "InUse")
        const { seq } = yield* sent(chat_id, me, [id, "photo"])
        assert.strictEqual(yield* files.remove(id, me, now + heldMillis + 1), "InUse")
        yield* detach(chat_id, seq)
        assert.strictEqual(yield* files.remove(id, me, now + heldMillis + 1), "Removed")
        assert.strictEqual(yield* files.remove(id, me, now + heldMillis + 1), "NotFound")
      }),
    )

    it.effect("goes after a day if nothing uses it, and stays in messages and drafts", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        const me = members[0]!
        const [files, state] = [yield* FileStore, yield* StateStore]
        const [unused, used, drafted] = [yield* newFile(me), yield* newFile(me), yield* newFile(me)]
        yield* sent(chat_id, me, [used, "photo"])
        const key = `draft:${chat_id}`
        yield* state.write({ user_id: me, key, value: `{"attachments":[1,${drafted}]}`, chat_id })
        const left = Effect.map(files.list(me, { limit: 10 }), (rows) => rows.map(({ file }) => file.id))
        yield* expire(now + unusedMillis)
        assert.deepStrictEqual(yield* left, [drafted, used, unused])
        yield* expire(now + unusedMillis + 1)
        assert.deepStrictEqual(yield* left, [drafted, used])
        yield* state.write({ user_id: me, key, value: null, chat_id })
        yield* expire(now + 2 * unusedMillis)
        assert.deepStrictEqual(yield* left, [drafted, used])
        yield* expire(now + 2 * unusedMillis + 2)
        assert.deepStrictEqual(yield* left, [used])
      }),
    )

    it.effect("goes soon after the message that had it, unless it is sent again in between", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        const me = members[0]!
        const files = yield* FileStore
        const [gone, again] = [yield* newFile(me), yield* newFile(me)]
        const { seq } = yield* sent(chat_id, me, [gone, "photo"], [again, "photo"])
        yield* detach(chat_id, seq)
        // In memory this is found without a trigger, once it was seen in use.
        if (database.name === "in memory") yield* expire(now + unusedMillis - 2 * releasedMillis)
        else yield* expire(now)
        yield* files.hold([again], me, now + 1)
        yield* sent(chat_id, me, [again, "photo"])
        yield* expire(now + unusedMillis + 2 * releasedMillis)
        assert.isUndefined(yield* files.byId(gone))
        assert.isDefined(yield* files.byId(again))
      }),
    )

    it.effect("is let go of with the account, if no message has it", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        const [me, member] = members as [UserId, UserId]
        const [files, deletions] = [yield* FileStore, yield* DeletionStore]
        const [unused, used] = [yield* newFile(me), yield* newFile(me)]
        yield* sent(chat_id, me, [used, "photo"])
        yield* deletions.mark(me, now + 1)
        yield* deletions.finish(me, now + 2)
        yield* expire(now + 3)
        assert.isUndefined(yield* files.byId(unused))
        assert.isTrue(yield* sees(member, used))
        assert.strictEqual((yield* add(me)).added._tag, "NoOwner")
      }),
    )

    it.effect("two files can have the same bytes, which go with the last of them", () =>
      Effect.gen(function* () {
        const [me, other] = [yield* newUser(), yield* newUser()]
        const files = yield* FileStore
        const mine = yield* add(me)
        const { blob, fields, thumb } = mine
        const bytes = { sha256: blob.sha256, size: blob.size }
        assert.strictEqual(yield* files.sameBytes(bytes), blob.id)
        assert.isUndefined(yield* files.sameBytes({ ...bytes, size: 4 }))
        const theirs = idOf(yield* files.add({ ...fields, owner_id: other }, null))
        yield* files.remove(idOf(mine.added), me, now)
        assert.notInclude(yield* doomed(now), blob.id)
        yield* files.remove(theirs, other, now)
        assert.includeMembers([...(yield* doomed(now))], [blob.id, thumb.id])
        // From here on the bytes may be gone.
        assert.isUndefined(yield* files.sameBytes(bytes))
        assert.strictEqual((yield* files.add(fields, null))._tag, "Gone")
        assert.includeMembers([...(yield* doomed(now))], [blob.id, thumb.id], "until they are deleted")
        yield* files.forget([blob.id, thumb.id])
        assert.notInclude(yield* doomed(now), blob.id)
        assert.strictEqual((yield* files.add(fields, null))._tag, "Gone")
      }),
    )

    it.effect("what was reserved for an upload that never ended goes after a day", () =>
      Effect.gen(function* () {
        const files = yield* FileStore
        const blob = newBlob()
        yield* files.reserve([blob], now)
        yield* files.forget([blob.id])
        assert.notInclude(yield* doomed(now + reservedMillis - 1), blob.id)
        assert.include(yield* doomed(now + reservedMillis), blob.id)
      }),
    )
  })
}
