import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { ChatId, MessageId, UserId } from "../../src/domain/Ids.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { type ChatChange, type ChatSnapshot, Journal } from "../../src/sql/journal/Journal.ts"
import { MessageStore } from "../../src/sql/messages/MessageStore.ts"
import { change, commit, databases, newGroup, newUser, now, send, sending, standing } from "../support/sql.ts"

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`Journal ${database.name}`, (it) => {
    it.effect(
      "nothing that was decided before a private chat's fence is committed, be it alone or with other chats",
      () =>
        Effect.gen(function* () {
          const [journal, chats] = [yield* Journal, yield* ChatStore]
          const [a, b] = [yield* newUser(), yield* newUser()]
          const pair = { type: "private", name: null, created_by: a, member_ids: [b], created_at: now } as const
          const { chat_id } = yield* chats.create(pair)
          const group = yield* newGroup(1)
          assert.strictEqual(yield* journal.fencedVersion(chat_id), 1)
          assert.strictEqual(yield* chats.fence(b, a), chat_id)
          assert.isUndefined(yield* chats.fence(a, group.members[0]!))
          assert.strictEqual(yield* journal.fencedVersion(chat_id), 2)
          const { fence, ...at } = yield* standing(chat_id)
          assert.deepInclude({ fence, ...at }, { fence: 1, version: 1, last_seq: 0 })
          const marks = [{ user_id: a, last_read_seq: 0, read_version: 2 }]
          const message = sending(chat_id, at, a, ["text"])
          const beside = sending(group.chat_id, yield* standing(group.chat_id), group.members[0]!, ["beside"])
          const tags = Effect.fnUntraced(function* (...changes: ReadonlyArray<ChatChange>) {
            return (yield* journal.commit(changes)).map(({ _tag }) => _tag)
          })
          for (const stale of [message, sending(chat_id, at, a, ["one", "two"]), change(chat_id, at, { marks })]) {
            assert.deepStrictEqual(yield* tags(stale), ["Stale"])
          }
          assert.deepStrictEqual(yield* tags(message, beside), ["Stale", "Committed"])
          assert.deepStrictEqual(yield* tags({ ...message, fence }), ["Committed"])
          // The statement for messages after one's own, which does not look for the last one.
          yield* chats.fence(a, b)
          const next = sending(chat_id, yield* standing(chat_id), a, ["next"])
          assert.deepStrictEqual(yield* tags({ ...next, fence }), ["Stale"])
          assert.deepStrictEqual(yield* tags({ ...next, fence: 2 }), ["Committed"])
          assert.deepInclude(yield* standing(chat_id), { version: 3, last_seq: 2, fence: 2 })
        }),
    )

    it.effect("a new chat is loaded as it was created", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(3)
        const { members: rows, ...chat } = yield* standing(chat_id)
        assert.deepStrictEqual(chat, {
          id: chat_id,
          type: "group",
          name: "A group",
          info: {},
          created_by: members[0]!,
          created_at: now,
          version: 1,
          last_seq: 0,
          departed: null,
          blockers: [],
          fence: 0,
          active_before: null,
        })
        assert.deepStrictEqual(
          rows,
          members.map((user_id, i) => ({
            user_id,
            role: i === 0 ? "owner" : "member",
            last_read_seq: 0,
            joined_at: now,
            version: 1,
          })),
        )
      }),
    )

    it.effect("sent messages get ids in their order and are there as they were sent", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const { chat_id, members } = yield* newGroup(2)
        const [a] = members
        const text = `"quoted" \\ 🦊\n\t{null} , ' é \u2028`
        const [first] = yield* send(chat_id, a!, { text, dedup_key: "k'1,{}\"" })
        const [second, third] = yield* send(chat_id, a!, { text: "NULL", reply_to: first! }, "")
        assert.isBelow(first!, second!)
        assert.isBelow(second!, third!)
        const stored = yield* journal.messages(chat_id, [third!, first!])
        assert.deepStrictEqual(
          stored.toSorted((x, y) => x.seq - y.seq),
          [
            {
              id: first!,
              chat_id,
              seq: 1,
              sender_id: a!,
              text,
              dedup_key: "k'1,{}\"",
              reply_to: null,
              created_at: now,
              edited_at: null,
              deleted: false,
              version: 2,
              original_digest: null,
              records_version: null,
              thread_id: null,
              parts: null,
            },
            {
              id: third!,
              chat_id,
              seq: 3,
              sender_id: a!,
              text: "",
              dedup_key: null,
              reply_to: null,
              created_at: now,
              edited_at: null,
              deleted: false,
              version: 4,
              original_digest: null,
              records_version: null,
              thread_id: null,
              parts: null,
            },
          ],
        )
        assert.strictEqual((yield* journal.messages(chat_id, [second!]))[0]?.reply_to, first)
        const chat = yield* standing(chat_id)
        assert.deepInclude(chat, { version: 4, last_seq: 3 })
        assert.strictEqual(chat.members[0]?.last_read_seq, 3)
        assert.strictEqual(yield* journal.messageIdAt(chat_id, 2), second)
        assert.isUndefined(yield* journal.messageIdAt(chat_id, 4))
      }),
    )

    it.effect("messages and keys of another chat are not found through this one", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const [one, two] = [yield* newGroup(1), yield* newGroup(1)]
        const [id] = yield* send(one.chat_id, one.members[0]!, { dedup_key: "k" })
        assert.deepStrictEqual(yield* journal.messages(two.chat_id, [id!]), [])
        const key = { sender_id: one.members[0]!, dedup_key: "k" }
        assert.deepStrictEqual(yield* journal.byDedupKeys(two.chat_id, [key]), [])
        assert.deepStrictEqual(
          (yield* journal.byDedupKeys(one.chat_id, [key, { ...key, dedup_key: "other" }])).map((row) => row.id),
          [id],
        )
      }),
    )

    it.effect("of a batch, stale chats are left as they were and the others go through", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const groups = [yield* newGroup(2), yield* newGroup(2), yield* newGroup(2)]
        const [a, b, c] = groups.map((group) => ({ chat_id: group.chat_id, sender: group.members[0]! }))
        yield* send(b!.chat_id, b!.sender, "the twin was faster")
        const start = { version: 1, last_seq: 0 }
        const results = yield* journal.commit([
          sending(c!.chat_id, start, c!.sender, ["c1", "c2"]),
          sending(b!.chat_id, start, b!.sender, ["b1"]),
          sending(a!.chat_id, start, a!.sender, ["a1"]),
          sending(999_999_999 as ChatId, start, a!.sender, ["nowhere"]),
        ])
        assert.deepStrictEqual(
          results.map((result) => result._tag),
          ["Committed", "Stale", "Committed", "Stale"],
        )
        const texts = Effect.fnUntraced(function* (chat_id: ChatId, ids: ReadonlyArray<MessageId>) {
          const rows = yield* journal.messages(chat_id, ids)
          return ids.map((id) => rows.find((row) => row.id === id)?.text)
        })
        const [inC, , inA] = results
        assert(inC?._tag === "Committed" && inA?._tag === "Committed")
        assert.deepStrictEqual(yield* texts(c!.chat_id, inC.ids), ["c1", "c2"])
        assert.deepStrictEqual(yield* texts(a!.chat_id, inA.ids), ["a1"])
        assert.deepInclude(yield* standing(b!.chat_id), { version: 2, last_seq: 1 })
      }),
    )

    it.effect("of a stale chat nothing at all is written: no mark, no member, no edit, no name", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const { chat_id, members } = yield* newGroup(2)
        const [id] = yield* send(chat_id, members[0]!, "first")
        const before = yield* standing(chat_id)
        const newcomer = yield* newUser()
        const stale = change(
          chat_id,
          { version: 1, last_seq: 1 },
          {
            messages: [
              {
                id: id!,
                text: "edited",
                edited_at: now,
                deleted: false,
                original_digest: "d",
                version: 2,
                mentioned: null,
                detached: false,
              },
            ],
            marks: [{ user_id: members[1]!, last_read_seq: 1, read_version: 2 }],
            members: [
              { user_id: newcomer, role: "member", last_read_seq: 1, joined_at: now, version: 2, removed: false },
            ],
            summary: { name: "Other", info: { description: "About others", custom: { b: [1, null] } }, version: 2 },
          },
        )
        assert.deepStrictEqual(yield* journal.commit([stale]), [{ _tag: "Stale" }])
        assert.deepStrictEqual(yield* standing(chat_id), before)
        assert.strictEqual((yield* journal.messages(chat_id, [id!]))[0]?.text, "first")
      }),
    )

    it.effect("a change whose seq would leave a gap, or take a place twice, is stale", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const { chat_id, members } = yield* newGroup(1)
        yield* send(chat_id, members[0]!, "first")
        const { version } = yield* standing(chat_id)
        const gap = sending(chat_id, { version, last_seq: 2 }, members[0]!, ["gap"])
        const twice = sending(chat_id, { version, last_seq: 0 }, members[0]!, ["twice"])
        assert.deepStrictEqual(yield* journal.commit([gap]), [{ _tag: "Stale" }])
        assert.deepStrictEqual(yield* journal.commit([twice]), [{ _tag: "Stale" }])
      }),
    )

    it.effect("a used key refuses its chat alone; another sender, another chat may use it", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const [one, two] = [yield* newGroup(2), yield* newGroup(1)]
        const [a, b] = one.members
        yield* send(one.chat_id, a!, { dedup_key: "key" })
        yield* send(one.chat_id, b!, { dedup_key: "key" })
        const before = yield* standing(one.chat_id)
        const results = yield* journal.commit([
          sending(one.chat_id, before, a!, ["new", { dedup_key: "key" }]),
          sending(two.chat_id, { version: 1, last_seq: 0 }, two.members[0]!, [{ dedup_key: "key" }]),
        ])
        assert.deepStrictEqual(results[0], { _tag: "KeyTaken" })
        assert.strictEqual(results[1]?._tag, "Committed")
        assert.deepStrictEqual(yield* standing(one.chat_id), before)
        const twice = [{ dedup_key: "new" }, { dedup_key: "new" }]
        assert.deepStrictEqual(yield* journal.commit([sending(one.chat_id, before, a!, twice)]), [{ _tag: "KeyTaken" }])
      }),
    )

    it.effect("a key stays taken after its message was edited and deleted", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const { chat_id, members } = yield* newGroup(1)
        const [id] = yield* send(chat_id, members[0]!, { text: "secret", dedup_key: "for ever" })
        const tombstone = {
          id: id!,
          text: "",
          edited_at: null,
          deleted: true,
          original_digest: "digest",
          mentioned: null,
          detached: false,
        }
        yield* commit(change(chat_id, { version: 2, last_seq: 1 }, { messages: [{ ...tombstone, version: 3 }] }))
        const at = yield* standing(chat_id)
        assert.deepStrictEqual(
          yield* journal.commit([sending(chat_id, at, members[0]!, [{ dedup_key: "for ever" }])]),
          [{ _tag: "KeyTaken" }],
        )
        const [stored] = yield* journal.byDedupKeys(chat_id, [{ sender_id: members[0]!, dedup_key: "for ever" }])
        assert.deepInclude(stored, { id: id!, text: "", deleted: true, original_digest: "digest", version: 3 })
      }),
    )

    it.effect("watermarks only rise", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        const [a, b] = members
        yield* send(chat_id, a!, "1", "2", "3")
        const mark = Effect.fnUntraced(function* (last_read_seq: number) {
          const at = yield* standing(chat_id)
          const marks = [{ user_id: b!, last_read_seq, read_version: at.version + 1 }]
          yield* commit(change(chat_id, at, { marks }))
          return (yield* standing(chat_id)).members.find((member) => member.user_id === b)?.last_read_seq
        })
        assert.strictEqual(yield* mark(2), 2)
        assert.strictEqual(yield* mark(1), 2)
      }),
    )

    it.effect("a member's version is that of the membership or of the mark, whichever is later; sending has none", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const chats = yield* ChatStore
        const { chat_id, members } = yield* newGroup(2)
        const [a, b] = members
        const versions = Effect.gen(function* () {
          const loaded = (yield* journal.load(chat_id))?.members.map(({ version }) => version)
          const { items } = yield* chats.members(chat_id, { limit: 9 })
          assert.deepStrictEqual(
            items.map(({ version }) => version),
            loaded,
          )
          return loaded
        })
        const marked = Effect.fnUntraced(function* () {
          const at = yield* standing(chat_id)
          const mark = { user_id: b!, last_read_seq: at.last_seq, read_version: at.version + 1 }
          yield* commit(change(chat_id, at, { marks: [mark] }))
        })
        assert.deepStrictEqual(yield* versions, [1, 1])
        yield* send(chat_id, a!, "1", "2")
        yield* send(chat_id, b!, "3")
        assert.deepStrictEqual(yield* versions, [1, 1])
        yield* send(chat_id, a!, "4")
        yield* marked()
        assert.deepStrictEqual(yield* versions, [1, 6])
        const at = yield* standing(chat_id)
        const admin = { user_id: b!, role: "admin" as const, last_read_seq: 4, joined_at: now, removed: false }
        yield* commit(change(chat_id, at, { members: [{ ...admin, version: 7 }] }))
        assert.deepStrictEqual(yield* versions, [1, 7])
        yield* send(chat_id, a!, "5")
        yield* marked()
        assert.deepStrictEqual(yield* versions, [1, 9])
      }),
    )

    it.effect("members are added, change their role, leave and return", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const { chat_id, members } = yield* newGroup(1)
        const user_id = yield* newUser()
        const member = { user_id, role: "member" as const, last_read_seq: 0, joined_at: now + 1, removed: false }
        const set = Effect.fnUntraced(function* (fields: Partial<typeof member> | { role: "admin" }) {
          const at = yield* standing(chat_id)
          yield* commit(change(chat_id, at, { members: [{ ...member, ...fields, version: at.version + 1 }] }))
          return (yield* standing(chat_id)).members.find((row) => row.user_id === user_id)
        })
        const row = { user_id, role: "member" as const, last_read_seq: 0, joined_at: now + 1 }
        assert.deepStrictEqual(yield* set({}), { ...row, version: 2 })
        assert.deepStrictEqual(yield* set({ role: "admin" }), { ...row, role: "admin", version: 3 })
        assert.isUndefined(yield* set({ removed: true }))
        assert.deepStrictEqual(yield* set({ joined_at: now + 9 }), { ...row, joined_at: now + 9, version: 5 })
        assert.strictEqual((yield* journal.load(chat_id))?.members.length, members.length + 1)
      }),
    )

    it.effect("a deleted chat is gone for good, with all its members", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const messages = yield* MessageStore
        const { chat_id, members } = yield* newGroup(3)
        const [id] = yield* send(chat_id, members[0]!, "last words")
        const at = yield* standing(chat_id)
        const left = { user_id: members[0]!, role: "owner" as const, last_read_seq: 1, joined_at: now }
        const deletion = change(chat_id, at, {
          members: [{ ...left, version: at.version + 1, removed: true }],
          deleted: true,
        })
        yield* commit(deletion)
        assert.isUndefined(yield* journal.load(chat_id))
        assert.isUndefined(yield* messages.place(id!, members[1]!))
        const after = { ...at, version: at.version + 1 }
        assert.deepStrictEqual(yield* journal.commit([sending(chat_id, after, members[0]!, ["ghost"])]), [
          { _tag: "Stale" },
        ])
      }),
    )

    it.effect("a chat that is named twice in a batch is changed once", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const { chat_id, members } = yield* newGroup(1)
        const first = sending(chat_id, { version: 1, last_seq: 0 }, members[0]!, ["first"])
        const second = sending(chat_id, { version: 1, last_seq: 0 }, members[0]!, ["second"])
        const results = yield* journal.commit([first, second])
        assert.deepStrictEqual(
          results.map((result) => result._tag),
          ["Committed", "Stale"],
        )
        assert.deepStrictEqual(yield* journal.commit([]), [])
      }),
    )

    it.effect("each sender's newest message in a range is found", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const { chat_id, members } = yield* newGroup(2)
        const [a, b] = members
        yield* send(chat_id, a!, "1", "2")
        const [third] = yield* send(chat_id, b!, "3")
        const [fourth] = yield* send(chat_id, a!, "4")
        yield* send(chat_id, b!, "5")
        const newest = yield* journal.newestPerSender(chat_id, 1, 4)
        assert.deepStrictEqual(
          newest.toSorted((x, y) => x.seq - y.seq),
          [
            { sender_id: b!, seq: 3, id: third! },
            { sender_id: a!, seq: 4, id: fourth! },
          ],
        )
        assert.deepStrictEqual(yield* journal.newestPerSender(chat_id, 5, 5), [])
      }),
    )

    it.effect("of two actors of one chat, whatever they try at once, one commits each version", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const groups = yield* Effect.forEach(Array.from({ length: 8 }), () => newGroup(2))
        const committed = new Map<ChatId, number>()
        const twin = Effect.fnUntraced(function* (reverse: boolean) {
          for (let round = 0; round < 12; round++) {
            const changes = yield* Effect.forEach(groups, ({ chat_id, members }) =>
              Effect.map(standing(chat_id), (at) => sending(chat_id, at, members[0]!, ["one", "two"])),
            )
            const results = yield* journal.commit(reverse ? changes.toReversed() : changes)
            for (const [i, result] of (reverse ? results.toReversed() : results).entries()) {
              if (result._tag !== "Committed") continue
              const { chat_id } = groups[i]!
              committed.set(chat_id, (committed.get(chat_id) ?? 0) + result.ids.length)
            }
          }
        })
        yield* Effect.all([twin(false), twin(true), twin(false)], { concurrency: "unbounded" })
        for (const { chat_id } of groups) {
          const { last_seq, version } = yield* standing(chat_id)
          assert.strictEqual(last_seq, committed.get(chat_id))
          assert.strictEqual(version, last_seq + 1)
          assert.isAtLeast(last_seq, 24)
          const ids = yield* Effect.forEach(Array.from({ length: last_seq }), (_, i) =>
            journal.messageIdAt(chat_id, i + 1),
          )
          assert.notInclude(ids, undefined)
          assert.deepStrictEqual(
            ids,
            ids.toSorted((x, y) => x! - y!),
          )
        }
      }),
    )

    it.effect("of two actors of one chat, one that only sends and one that does not commit each version once", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const groups = yield* Effect.forEach(Array.from({ length: 6 }), () => newGroup(2))
        const taken = new Map<ChatId, number>()
        const twin = Effect.fnUntraced(function* (decide: (at: ChatSnapshot) => ChatChange) {
          for (let round = 0; round < 20; round++) {
            const changes = yield* Effect.forEach(groups, ({ chat_id }) => Effect.map(standing(chat_id), decide))
            for (const [i, { _tag }] of (yield* journal.commit(changes)).entries()) {
              const { chat_id, expected_version, version } = changes[i]!
              if (_tag === "Committed") taken.set(chat_id, (taken.get(chat_id) ?? 0) + version - expected_version)
            }
          }
        })
        const reading = (at: ChatSnapshot) =>
          change(at.id, at, {
            marks: [{ user_id: at.members[1]!.user_id, last_read_seq: at.last_seq, read_version: at.version + 1 }],
          })
        const renaming = (at: ChatSnapshot) =>
          change(at.id, at, { summary: { name: `Version ${at.version + 1}`, info: {}, version: at.version + 1 } })
        const oneText = (at: ChatSnapshot) => sending(at.id, at, at.members[0]!.user_id, ["one"])
        const twoTexts = (at: ChatSnapshot) => sending(at.id, at, at.members[0]!.user_id, ["one", "two"])
        yield* Effect.all([oneText, reading, renaming, twoTexts].map(twin), { concurrency: "unbounded" })
        for (const { chat_id } of groups) {
          assert.strictEqual((yield* standing(chat_id)).version, 1 + (taken.get(chat_id) ?? 0))
        }
      }),
    )

    it.effect("a chat that only sends has the right state after every message, and so do its members", () =>
      Effect.gen(function* () {
        const [chats, messages] = [yield* ChatStore, yield* MessageStore]
        const { chat_id, members } = yield* newGroup(3)
        const [a, b, c] = members as [UserId, UserId, UserId]
        const read = new Map(members.map((user_id) => [user_id, 0]))
        for (let seq = 1; seq <= 150; seq++) {
          const sender = seq % 7 === 0 ? b : a
          yield* send(chat_id, sender, `${seq}`)
          read.set(sender, seq)
          if (seq === 100) {
            const at = yield* standing(chat_id)
            yield* commit(
              change(chat_id, at, { marks: [{ user_id: c, last_read_seq: 90, read_version: at.version + 1 }] }),
            )
            read.set(c, 90)
          }
          // Each message is a commit of its own; where they are folded is the journal's affair.
          if (seq % 9 !== 0 && ![63, 64, 65, 127, 128, 129].includes(seq)) continue
          const at = yield* standing(chat_id)
          assert.deepInclude(at, { version: 1 + seq + (seq >= 100 ? 1 : 0), last_seq: seq })
          const [position] = yield* chats.positions(b, [chat_id])
          const behind = seq - read.get(b)!
          assert.deepInclude(position, {
            version: at.version,
            last_seq: seq,
            last_read_seq: read.get(b)!,
            unread_count: behind,
          })
          const chat = yield* chats.get(chat_id, b)
          assert.deepInclude(chat, { last_seq: seq, last_read_seq: read.get(b)!, unread_count: behind })
          assert.strictEqual(chat?.last_message?.seq, seq)
          for (const { user, last_read_seq } of (yield* chats.members(chat_id, { limit: 10 })).items) {
            assert.strictEqual(last_read_seq, read.get(user.id))
          }
          for (const { user_id, last_read_seq } of at.members) assert.strictEqual(last_read_seq, read.get(user_id))
          const lowest = Math.min(...read.values())
          const { items }: { items: ReadonlyArray<{ seq: number; is_read: boolean }> } = JSON.parse(
            (yield* messages.page(chat_id, b, { limit: 200 }))!,
          )
          assert.deepStrictEqual(
            items.map((item) => item.is_read),
            Array.from({ length: seq }, (_, i) => i + 1 <= lowest),
          )
          const ahead = yield* chats.ahead([{ chat_id, version: at.version - 1 }])
          assert.deepStrictEqual(ahead, [{ chat_id, version: at.version }])
          assert.deepStrictEqual(yield* chats.ahead([{ chat_id, version: at.version }]), [])
        }
      }),
    )

    it.effect("a sender who is then removed, made admin or leaves a deleted chat is written once", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(3)
        const [a, b, c] = members as [UserId, UserId, UserId]
        yield* send(chat_id, a, "1")
        yield* send(chat_id, b, "2")
        yield* send(chat_id, c, "3")
        const at = yield* standing(chat_id)
        const row = (user_id: UserId) => at.members.find((member) => member.user_id === user_id)!
        yield* commit(
          change(chat_id, at, {
            members: [
              { ...row(b), role: "admin", version: at.version + 1, removed: false },
              { ...row(c), version: at.version + 1, removed: true },
            ],
          }),
        )
        assert.deepStrictEqual(
          (yield* standing(chat_id)).members.map(({ user_id, role, last_read_seq }) => ({
            user_id,
            role,
            last_read_seq,
          })),
          [
            { user_id: a, role: "owner", last_read_seq: 1 },
            { user_id: b, role: "admin", last_read_seq: 2 },
          ],
        )
        yield* send(chat_id, b, "4")
        const then = yield* standing(chat_id)
        yield* commit(change(chat_id, then, { deleted: true }))
        assert.isUndefined(yield* (yield* Journal).load(chat_id))
      }),
    )

    it.effect("messages that the database lost are not built upon", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const { chat_id, members } = yield* newGroup(1)
        yield* send(chat_id, members[0]!, "kept")
        const believed = sending(chat_id, { version: 3, last_seq: 2 }, members[0]!, ["after the lost one"])
        assert.deepStrictEqual(yield* journal.commit([believed]), [{ _tag: "Stale" }])
      }),
    )

    it.effect("one key that is sent at once from everywhere makes one message", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const { chat_id, members } = yield* newGroup(1)
        const sendOnce: Effect.Effect<"Committed" | "KeyTaken", unknown, Journal> = Effect.suspend(() =>
          Effect.gen(function* () {
            const at = yield* standing(chat_id)
            const [result] = yield* journal.commit([sending(chat_id, at, members[0]!, [{ dedup_key: "once" }])])
            return result!._tag === "Stale" ? yield* sendOnce : result!._tag
          }),
        )
        const tags = yield* Effect.all(
          Array.from({ length: 6 }, () => sendOnce),
          { concurrency: "unbounded" },
        )
        assert.strictEqual(tags.filter((tag) => tag === "Committed").length, 1)
        assert.strictEqual((yield* standing(chat_id)).last_seq, 1)
      }),
    )
  })
}
