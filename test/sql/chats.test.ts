import { assert, layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Chat, Member } from "../../src/domain/Chat.ts"
import { decodeChatCursor } from "../../src/domain/ChatCursor.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { DeletionStore } from "../../src/sql/deletions/DeletionStore.ts"
import { Journal } from "../../src/sql/journal/Journal.ts"
import { MessageStore } from "../../src/sql/messages/MessageStore.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"
import { change, commit, databases, newGroup, newUser, now, send, sending, standing } from "../support/sql.ts"

const iso = "2026-11-21T09:30:00.123Z"
const nowhere = 999_999_999 as ChatId

const decodeChat = Schema.decodeUnknownSync(Chat, { onExcessProperty: "error" })
const decodeMember = Schema.decodeUnknownSync(Member, { onExcessProperty: "error" })

const openPrivate = Effect.fnUntraced(function* (created_by: UserId, peer: UserId) {
  const chats = yield* ChatStore
  return yield* chats.create({ type: "private", name: null, created_by, member_ids: [peer], created_at: now })
})

const allPositions = Effect.fnUntraced(function* (...user_ids: ReadonlyArray<UserId>) {
  const chats = yield* ChatStore
  return yield* chats.positionsOf(user_ids.map((user_id) => ({ user_id, after: 0, count: 100 })))
})

/** A tombstone of a message, as the actor writes it. */
const bury = Effect.fnUntraced(function* (chat_id: ChatId, seq: number) {
  const journal = yield* Journal
  const at = yield* standing(chat_id)
  const id = (yield* journal.messageIdAt(chat_id, seq))!
  const tombstone = {
    id,
    text: "",
    edited_at: null,
    deleted: true,
    original_digest: "d",
    version: at.version + 1,
    mentioned: null,
    detached: false,
  }
  yield* commit(change(chat_id, at, { messages: [tombstone] }))
})

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`ChatStore ${database.name}`, (it) => {
    it.effect("a new group is as its creator sees it", () =>
      Effect.gen(function* () {
        const chats = yield* ChatStore
        const { chat_id, members } = yield* newGroup(3)
        const chat = yield* chats.get(chat_id, members[0]!)
        assert.deepStrictEqual(chat, {
          id: chat_id,
          type: "group",
          name: "A group",
          created_by: members[0]!,
          created_at: iso,
          member_count: 3,
          version: 1,
          role: "owner",
          last_seq: 0,
          last_read_seq: 0,
          unread_count: 0,
          last_message: null,
          peer: null,
        })
        decodeChat(chat)
        assert.strictEqual((yield* chats.get(chat_id, members[2]!))?.role, "member")
        assert.isUndefined(yield* chats.get(chat_id, yield* newUser()))
        assert.isUndefined(yield* chats.get(nowhere, members[0]!))
      }),
    )

    it.effect("those who are named for a chat: who is there, gone, in it, or in too many", () =>
      Effect.gen(function* () {
        const chats = yield* ChatStore
        const departures = yield* DeletionStore
        const { chat_id, members } = yield* newGroup(2)
        const [owner, member] = members
        const [busy, gone, guest] = [yield* newUser(), yield* newUser(), yield* newUser()]
        for (const name of ["One", "Two"]) {
          yield* chats.create({ type: "group", name, created_by: busy, member_ids: [], created_at: now })
        }
        yield* departures.mark(gone, now)
        const ask = (max: number, chat?: ChatId) =>
          Effect.map(
            chats.candidates(guest, chat, [owner!, member!, busy, gone, guest, 999_999_999 as UserId], max),
            (found) => [...found].sort((a, b) => a.user_id - b.user_id),
          )
        const expected = (full: ReadonlyArray<UserId>, present: ReadonlyArray<UserId>) =>
          [owner!, member!, busy, gone, guest].map((user_id) => ({
            user_id,
            deleted: user_id === gone,
            present: present.includes(user_id),
            full: full.includes(user_id),
            blocked: false,
          }))
        assert.deepStrictEqual(yield* ask(1, chat_id), expected([owner!, member!, busy], [owner!, member!]))
        assert.deepStrictEqual(yield* ask(2, chat_id), expected([busy], [owner!, member!]))
        assert.deepStrictEqual(yield* ask(3), expected([], []))
        assert.deepStrictEqual(yield* ask(0), expected([], []))
        assert.deepStrictEqual(yield* chats.candidates(guest, chat_id, [], 1), [])
        assert.deepStrictEqual(
          [yield* chats.role(chat_id, owner!), yield* chats.role(chat_id, member!), yield* chats.role(chat_id, guest)],
          [{ role: "owner", type: "group" }, { role: "member", type: "group" }, undefined],
        )
        yield* commit(
          change(chat_id, yield* standing(chat_id), {
            members: [
              { user_id: member!, role: "member", last_read_seq: 0, joined_at: now, version: 2, removed: true },
            ],
          }),
        )
        assert.isUndefined(yield* chats.role(chat_id, member!))
        assert.deepStrictEqual(yield* chats.candidates(guest, chat_id, [member!], 1), [
          { user_id: member!, deleted: false, present: false, full: false, blocked: false },
        ])
      }),
    )

    it.effect("two users have one private chat, whoever creates it and however often", () =>
      Effect.gen(function* () {
        const chats = yield* ChatStore
        const users = yield* UserStore
        const [a, b] = [yield* newUser(), yield* newUser()]
        assert.isUndefined(yield* chats.privateChat(a, b))
        const first = yield* openPrivate(a, b)
        assert.isTrue(first.created)
        assert.deepStrictEqual(yield* openPrivate(b, a), { chat_id: first.chat_id, created: false })
        assert.strictEqual(yield* chats.privateChat(b, a), first.chat_id)
        const chat = yield* chats.get(first.chat_id, b)
        assert.deepInclude(chat, { type: "private", name: null, role: "member", member_count: 2, created_by: a })
        assert.deepStrictEqual(chat?.peer, (yield* users.byIds([a]))[0])
      }),
    )

    it.effect("a user has one saved chat, however often it is created, and it is no private chat", () =>
      Effect.gen(function* () {
        const chats = yield* ChatStore
        const [me, peer] = [yield* newUser(), yield* newUser()]
        assert.isUndefined(yield* chats.privateChat(me, me))
        const saved = { type: "saved", name: null, created_by: me, member_ids: [], created_at: now } as const
        const all = yield* Effect.all([chats.create(saved), chats.create(saved), chats.create(saved)], {
          concurrency: "unbounded",
        })
        const { chat_id } = all[0]!
        assert.deepStrictEqual(all.map((one) => [one.chat_id, one.created]).sort(), [
          [chat_id, false],
          [chat_id, false],
          [chat_id, true],
        ])
        assert.strictEqual(yield* chats.privateChat(me, me), chat_id)
        const chat = yield* chats.get(chat_id, me)
        assert.deepInclude(chat, { type: "saved", name: null, role: "owner", member_count: 1, peer: null })
        decodeChat(chat)
        assert.deepStrictEqual(yield* chats.role(chat_id, me), { role: "owner", type: "saved" })
        assert.isTrue((yield* openPrivate(me, peer)).created)
        assert.notStrictEqual((yield* chats.create({ ...saved, created_by: peer })).chat_id, chat_id)
      }),
    )

    it.effect("both open it at once: one makes it, both get it", () =>
      Effect.gen(function* () {
        const [a, b] = [yield* newUser(), yield* newUser()]
        const opened = yield* Effect.all([openPrivate(a, b), openPrivate(b, a), openPrivate(a, b), openPrivate(b, a)], {
          concurrency: "unbounded",
        })
        assert.strictEqual(new Set(opened.map((chat) => chat.chat_id)).size, 1)
        assert.strictEqual(opened.filter((chat) => chat.created).length, 1)
      }),
    )

    it.effect("thousands of deleted messages are left out of what is unread, wherever a member stands", () =>
      Effect.gen(function* () {
        const chats = yield* ChatStore
        const { chat_id, members } = yield* newGroup(2)
        const [sender, reader] = members as readonly [UserId, UserId]
        const length = 3_000
        const ids = yield* send(chat_id, sender, ...Array.from({ length }, () => "text"))
        /** Deletes these in one commit. */
        const buryAll = Effect.fnUntraced(function* (seqs: ReadonlyArray<number>) {
          const at = yield* standing(chat_id)
          const messages = seqs.map((seq, i) => ({
            id: ids[seq - 1]!,
            text: "",
            edited_at: null,
            deleted: true,
            original_digest: "d",
            version: at.version + i + 1,
            mentioned: null,
            detached: false,
          }))
          yield* commit(change(chat_id, at, { messages, version: at.version + seqs.length }))
        })
        const gone = Array.from({ length }, (_, i) => i + 1).filter(
          (seq) => seq % 3 === 0 || (seq > 1_000 && seq < 1_100),
        )
        yield* buryAll(gone.filter((seq) => seq % 2 === 0))
        yield* buryAll(gone.filter((seq) => seq % 2 === 1))
        for (const seq of [0, 1, 1_022, 1_023, 1_024, 1_025, 2_047, 2_048, 2_999, 3_000]) {
          const at = yield* standing(chat_id)
          const marks = [{ user_id: reader, last_read_seq: seq, read_version: at.version + 1 }]
          yield* commit(change(chat_id, at, { marks }))
          const unread_count = length - seq - gone.filter((one) => one > seq).length
          assert.deepInclude(yield* chats.get(chat_id, reader), { last_read_seq: seq, unread_count })
          assert.deepInclude((yield* chats.positions(reader, [chat_id]))[0], { last_read_seq: seq, unread_count })
        }
      }),
    )

    it.effect("unread are others' messages above the watermark that are not deleted", () =>
      Effect.gen(function* () {
        const chats = yield* ChatStore
        const { chat_id, members } = yield* newGroup(2)
        const [a, b] = members
        yield* send(chat_id, a!, "1", "2", "3", "4")
        yield* bury(chat_id, 3)
        const unread = (user: UserId) => Effect.map(chats.get(chat_id, user), (chat) => chat?.unread_count)
        assert.strictEqual(yield* unread(b!), 3)
        assert.strictEqual(yield* unread(a!), 0)
        const at = yield* standing(chat_id)
        const marks = [{ user_id: b!, last_read_seq: 2, read_version: at.version + 1 }]
        yield* commit(change(chat_id, at, { marks }))
        assert.strictEqual(yield* unread(b!), 1)
        assert.deepStrictEqual(yield* chats.positions(b!, [chat_id, nowhere]), [
          {
            chat_id,
            last_seq: 4,
            last_read_seq: 2,
            unread_count: 1,
            unread_mention_count: 0,
            version: at.version + 1,
            member_count: 2,
            delivered_seq: null,
          },
        ])
        assert.deepStrictEqual(yield* allPositions(b!), [
          { user_id: b!, ...(yield* chats.positions(b!, [chat_id]))[0]!, state_version: 0, is_blocked: false },
        ])
        yield* send(chat_id, b!, "5")
        assert.strictEqual(yield* unread(b!), 0)
        assert.strictEqual(yield* unread(a!), 1)
      }),
    )

    it.effect(
      "the last message is the one with the highest seq, its key for its sender alone, also as a tombstone",
      () =>
        Effect.gen(function* () {
          const chats = yield* ChatStore
          const { chat_id, members } = yield* newGroup(2)
          const [a, b] = members
          const [, id] = yield* send(chat_id, a!, "1", { text: "2 🦊", dedup_key: "key" })
          const last = {
            id: id!,
            chat_id,
            seq: 2,
            sender_id: a!,
            text: "2 🦊",
            created_at: iso,
            edited_at: null,
            deleted: false,
            reply_to: null,
            is_read: false,
            dedup_key: "key",
            version: 3,
          }
          const lastOf = (user: UserId) => Effect.map(chats.get(chat_id, user), (chat) => chat?.last_message)
          assert.deepStrictEqual(yield* lastOf(a!), last)
          assert.deepStrictEqual(yield* lastOf(b!), { ...last, dedup_key: null })
          yield* send(chat_id, b!, "3")
          yield* bury(chat_id, 3)
          assert.deepInclude(yield* lastOf(a!), { seq: 3, text: "", deleted: true, is_read: false })
        }),
    )

    it.effect("own chats are listed by newest activity, page by page, each once", () =>
      Effect.gen(function* () {
        const chats = yield* ChatStore
        const me = yield* newUser()
        const created = yield* Effect.forEach([0, 1, 2, 3, 4, 5, 6], (i) =>
          chats.create({
            type: "group",
            name: `Group ${i}`,
            created_by: me,
            member_ids: [],
            created_at: now + Math.min(i, 3),
          }),
        )
        const ids = created.map((chat) => chat.chat_id)
        yield* commit({ ...sending(ids[0]!, { version: 1, last_seq: 0 }, me, ["newest"]), at: now + 100 })
        const order = [0, 6, 5, 4, 3, 2, 1].map((i) => ids[i]!)
        const seen: Array<ChatId> = []
        let before: string | undefined
        for (let page = 0; page < 3; page++) {
          const { items, next } = yield* chats.list(me, 3, before)
          seen.push(...items.map((chat) => chat.id))
          if (next === null) break
          assert.isDefined(decodeChatCursor(next))
          before = next
        }
        assert.deepStrictEqual(seen, order)
        const whole = yield* chats.list(me, 7, undefined)
        assert.isNull(whole.next)
        assert.deepStrictEqual(whole.items[0], yield* chats.get(ids[0]!, me))
        for (const chat of whole.items) decodeChat(chat)
      }),
    )

    it.effect("reading does not move a chat up; a cursor that no page gave finds nothing", () =>
      Effect.gen(function* () {
        const chats = yield* ChatStore
        const me = yield* newUser()
        const group = (name: string, created_at: number) =>
          chats.create({ type: "group", name, created_by: me, member_ids: [], created_at })
        const [old, young] = [yield* group("Old", now), yield* group("Young", now + 1)]
        const marks = [{ user_id: me, last_read_seq: 0, read_version: 2 }]
        yield* commit({ ...change(old.chat_id, { version: 1, last_seq: 0 }, { marks }), at: now + 50 })
        const { items } = yield* chats.list(me, 10, undefined)
        assert.deepStrictEqual(
          items.map((chat) => chat.id),
          [young.chat_id, old.chat_id],
        )
        for (const before of ["", "x", "1", "1-", "-1-2", "1-2-3", "1e3-1", "9".repeat(30)]) {
          assert.isUndefined(decodeChatCursor(before))
          assert.deepStrictEqual(yield* chats.list(me, 10, before), { items: [], next: null })
        }
      }),
    )

    it.effect("members are listed longest-standing first, without those who left", () =>
      Effect.gen(function* () {
        const chats = yield* ChatStore
        const users = yield* UserStore
        const { chat_id, members } = yield* newGroup(3)
        const late = yield* newUser("Late")
        const at = yield* standing(chat_id)
        const row = { role: "member" as const, last_read_seq: 0, version: at.version + 1 }
        yield* commit(
          change(chat_id, at, {
            members: [
              { ...row, user_id: members[1]!, joined_at: now, removed: true },
              { ...row, user_id: late, joined_at: now + 5, removed: false },
            ],
          }),
        )
        const listed = (yield* chats.members(chat_id, { limit: 10 })).items
        assert.deepStrictEqual(
          listed.map((member) => member.user.id),
          [members[0]!, members[2]!, late],
        )
        assert.deepStrictEqual(listed[2], {
          user: (yield* users.byIds([late]))[0]!,
          role: "member",
          last_read_seq: 0,
          joined_at: "2026-11-21T09:30:00.128Z",
          version: at.version + 1,
        })
        for (const member of listed) decodeMember(member)
        assert.strictEqual((yield* chats.get(chat_id, members[0]!))?.member_count, 3)
        assert.isUndefined(yield* chats.get(chat_id, members[1]!))
        assert.isFalse(yield* chats.isMember(chat_id, members[1]!))
        assert.isTrue(yield* chats.isMember(chat_id, late))
        assert.deepStrictEqual(yield* chats.idsOf(late), [chat_id])
        assert.deepStrictEqual(yield* chats.idsOf(members[1]!), [])
        assert.deepStrictEqual(yield* chats.positions(members[1]!, [chat_id]), [])
        assert.deepStrictEqual(yield* allPositions(members[1]!), [])
        const other = yield* newGroup(2)
        yield* commit(
          change(other.chat_id, yield* standing(other.chat_id), {
            members: [{ ...row, version: 2, user_id: late, joined_at: now, removed: false }],
          }),
        )
        const all = yield* allPositions(late, members[1]!, members[0]!)
        const each = yield* Effect.forEach([late, members[0]!], (user_id) =>
          Effect.map(chats.positions(user_id, [chat_id, other.chat_id]), (positions) =>
            positions.map((position) => ({ user_id, ...position, state_version: 0, is_blocked: false })),
          ),
        )
        assert.sameDeepMembers([...all], each.flat())
        assert.strictEqual(all.length, 3)
      }),
    )

    it.effect("the positions of chats are read page by page, of several users at once", () =>
      Effect.gen(function* () {
        const chats = yield* ChatStore
        const { chat_id, members } = yield* newGroup(2)
        const [a, b] = members
        const ids = [chat_id]
        for (let i = 0; i < 4; i++) {
          const made = { type: "group", name: "More", created_by: a!, member_ids: [], created_at: now } as const
          ids.push((yield* chats.create(made)).chat_id)
        }
        const page = (user_id: UserId, after: number, count: number) => ({ user_id, after, count })
        const read = (...pages: ReadonlyArray<ReturnType<typeof page>>) =>
          Effect.map(chats.positionsOf(pages), (found) =>
            found.map((position) => `${position.user_id} ${position.chat_id}`).sort(),
          )
        const all = (user: UserId, ...of: ReadonlyArray<ChatId>) => of.map((id) => `${user} ${id}`)
        assert.deepStrictEqual(
          yield* read(page(a!, 0, 2), page(b!, 0, 2)),
          [...all(a!, ids[0]!, ids[1]!), ...all(b!, chat_id)].sort(),
        )
        assert.deepStrictEqual(yield* read(page(a!, ids[1]!, 2)), all(a!, ids[2]!, ids[3]!).sort())
        assert.deepStrictEqual(yield* read(page(a!, ids[3]!, 2), page(b!, chat_id, 2)), all(a!, ids[4]!))
        assert.deepStrictEqual(yield* read(page(a!, ids[4]!, 2)), [])
        assert.deepStrictEqual(yield* read(), [])
      }),
    )

    it.effect("chats above a known version are listed, also deleted ones and those that the user left", () =>
      Effect.gen(function* () {
        const chats = yield* ChatStore
        const [moved, still, deleted] = [yield* newGroup(1), yield* newGroup(1), yield* newGroup(1)]
        yield* send(moved.chat_id, moved.members[0]!, "1", "2")
        yield* commit(change(deleted.chat_id, yield* standing(deleted.chat_id), { deleted: true }))
        const known = [moved, still, deleted].map(({ chat_id }) => ({ chat_id, version: 1 }))
        const ahead = yield* chats.ahead([...known, { chat_id: nowhere, version: 7 }])
        assert.sameDeepMembers(
          [...ahead],
          [
            { chat_id: moved.chat_id, version: 3 },
            { chat_id: deleted.chat_id, version: 2 },
            { chat_id: nowhere, version: 8 },
          ],
        )
        assert.deepStrictEqual(yield* chats.ahead(ahead), [{ chat_id: nowhere, version: 9 }])
        assert.deepStrictEqual(yield* chats.ahead([]), [])
      }),
    )

    it.effect(
      "a large group's count and lowest mark are read as written, and a smaller one's mark from its members",
      () =>
        Effect.gen(function* () {
          const chats = yield* ChatStore
          const messages = yield* MessageStore
          const { chat_id, members } = yield* newGroup(203)
          const [owner, one, two, three] = members as [UserId, UserId, UserId, UserId]
          const read = Effect.gen(function* () {
            const shown = (yield* chats.get(chat_id, owner))!
            const page = JSON.parse((yield* messages.page(chat_id, owner, { limit: 10 }))!)
            const [recent] = JSON.parse(yield* messages.recent(owner, 1)).items
            const [byId] = yield* messages.byIds([recent.id], owner)
            const all = [shown.last_message, page.items.at(-1), recent, JSON.parse(byId!)].map(({ is_read }) => is_read)
            assert.strictEqual(new Set(all).size, 1)
            return [shown.member_count, all[0]]
          })
          const mark = Effect.fnUntraced(function* (
            seq: number,
            who: ReadonlyArray<UserId>,
            lowest_read_seq: number | null,
          ) {
            const at = yield* standing(chat_id)
            const marks = who.map((user_id, i) => ({ user_id, last_read_seq: seq, read_version: at.version + i + 1 }))
            yield* commit(change(chat_id, at, { marks, version: at.version + who.length, lowest_read_seq }))
          })
          yield* send(chat_id, one, "one")
          assert.deepStrictEqual(yield* read, [203, false])
          yield* mark(1, members, 1)
          assert.deepStrictEqual(yield* read, [203, true])
          assert.strictEqual((yield* chats.positions(owner, [chat_id]))[0]?.member_count, 203)
          assert.strictEqual((yield* chats.standing(chat_id, owner))?.chat.member_count, 203)
          yield* send(chat_id, one, "two")
          yield* mark(
            2,
            members.filter((id) => id !== two),
            null,
          )
          assert.deepStrictEqual(yield* read, [203, false])
          // A plain message that raises the lowest mark, of the last who had not read.
          yield* commit({ ...sending(chat_id, yield* standing(chat_id), two, ["three"]), lowest_read_seq: 2 })
          const page = JSON.parse((yield* messages.page(chat_id, owner, { limit: 10 }))!)
          assert.deepStrictEqual(
            page.items.map((item: { is_read: boolean }) => item.is_read),
            [true, true, false],
          )
          for (const [i, user_id] of [three, one, two].entries()) {
            const now = yield* standing(chat_id)
            const gone = { user_id, role: "member" as const, last_read_seq: 0, joined_at: 0, removed: true }
            yield* commit(
              change(chat_id, now, { members: [{ ...gone, version: now.version + 1 }], member_count: 202 - i }),
            )
            assert.deepStrictEqual(yield* read, [202 - i, false])
          }
          // With 200 members it is computed from their marks.
          yield* mark(
            3,
            members.filter((id) => ![one, two, three].includes(id)),
            null,
          )
          assert.deepStrictEqual(yield* read, [200, true])
        }),
    )

    it.effect("members are paged by user id, and found by the words of their names", () =>
      Effect.gen(function* () {
        const chats = yield* ChatStore
        const { chat_id, members } = yield* newGroup(3)
        const [jose, joan, other] = [
          yield* newUser("José Smith"),
          yield* newUser("Joan Smithers"),
          yield* newUser("José Smith"),
        ]
        const at = yield* standing(chat_id)
        const row = { role: "member" as const, last_read_seq: 0, joined_at: now, removed: false }
        const rows = [jose, joan].map((user_id, i) => ({ ...row, user_id, version: at.version + 1 + i }))
        yield* commit(change(chat_id, at, { version: at.version + 2, members: rows, member_count: 5 }))
        const page = Effect.fnUntraced(function* (limit: number, after?: number, query?: string) {
          const { items, next } = yield* chats.members(chat_id, { limit, after: after ?? 0, query: query ?? "" })
          return [items.map(({ user }) => user.id), next]
        })
        const all = [...members, jose, joan]
        assert.deepStrictEqual(yield* page(5), [all, null])
        assert.deepStrictEqual(yield* page(2), [all.slice(0, 2), all[1]!])
        assert.deepStrictEqual(yield* page(2, all[1]), [all.slice(2, 4), all[3]!])
        assert.deepStrictEqual(yield* page(2, all[3]), [[joan], null])
        assert.deepStrictEqual(yield* page(10, 0, "SMITH jos"), [[jose], null])
        assert.deepStrictEqual(yield* page(1, 0, "smith"), [[jose], jose])
        assert.deepStrictEqual(yield* page(1, jose, "smith"), [[joan], null])
        for (const none of ["mith", "jose joan", "!", "o'", "\\", "' | 'a"]) {
          assert.deepStrictEqual(yield* page(10, 0, none), [[], null], none)
        }
        assert.deepStrictEqual(yield* page(10, 0, "  "), [all, null])
        assert.deepStrictEqual(yield* chats.members(nowhere, { limit: 5 }), { items: [], next: null })
        assert.isFalse(yield* chats.isMember(chat_id, other))
      }),
    )

    it.effect("memberships are read for many users at once, with the version at which each began", () =>
      Effect.gen(function* () {
        const chats = yield* ChatStore
        const { chat_id, members } = yield* newGroup(2)
        const other = yield* newGroup(1)
        const [late, nobody] = [yield* newUser(), yield* newUser()]
        const at = yield* standing(chat_id)
        const row = { role: "member" as const, last_read_seq: 0, joined_at: now, version: at.version + 1 }
        yield* commit(
          change(chat_id, at, {
            members: [
              { ...row, user_id: late, removed: false },
              { ...row, user_id: members[1]!, removed: true },
            ],
          }),
        )
        assert.sameDeepMembers(
          [...(yield* chats.memberships([members[0]!, members[1]!, late, other.members[0]!, nobody]))],
          [
            { user_id: members[0]!, chat_id, joined_version: 1 },
            { user_id: late, chat_id, joined_version: 2 },
            { user_id: other.members[0]!, chat_id: other.chat_id, joined_version: 1 },
          ],
        )
        assert.deepStrictEqual(yield* chats.memberships([]), [])
      }),
    )

    it.effect("deleted chats are removed in small steps, the others stay", () =>
      Effect.gen(function* () {
        const chats = yield* ChatStore
        const messages = yield* MessageStore
        while ((yield* chats.purge(1000)) > 0);
        const [doomed, kept] = [yield* newGroup(2), yield* newGroup(1)]
        yield* send(doomed.chat_id, doomed.members[0]!, "1", "2", "3")
        const [id] = yield* send(kept.chat_id, kept.members[0]!, "kept")
        yield* commit(change(doomed.chat_id, yield* standing(doomed.chat_id), { deleted: true }))
        assert.deepStrictEqual(yield* chats.idsOf(doomed.members[1]!), [])
        assert.deepStrictEqual(yield* allPositions(doomed.members[1]!), [])
        assert.deepStrictEqual(
          [yield* chats.purge(2), yield* chats.purge(2), yield* chats.purge(2), yield* chats.purge(2)],
          [2, 1, 1, 0],
        )
        assert.isDefined(yield* messages.place(id!, kept.members[0]!))
        const next = yield* newGroup(1)
        assert.isAbove(next.chat_id, kept.chat_id)
      }),
    )
  })
}
