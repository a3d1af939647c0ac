import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Limits } from "../../src/contract/Limits.ts"
import type { ChatEvent, ReplayedEvent } from "../../src/domain/ChatEvent.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { Changes } from "../../src/sql/changes/Changes.ts"
import { holeLimit } from "../../src/sql/changes/replay.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { Journal } from "../../src/sql/journal/Journal.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"
import { edit, KnownChat, mark, member, next, rename, replayed } from "../support/chatLife.ts"
import { databases, newGroup, newUser, send, standing } from "../support/sql.ts"

const since = Effect.fnUntraced(function* (chat_id: ChatId, user_id: UserId, cursor: number) {
  const events = yield* replayed(chat_id, user_id, cursor)
  inOrder(events)
  return events.map(({ event }) => event)
})

const inOrder = (events: ReadonlyArray<ReplayedEvent>): void => {
  const versions = events.map(({ event }) => event.version)
  assert.deepStrictEqual(
    versions,
    [...new Set(versions)].sort((a, b) => a - b),
  )
}

const short = (event: ChatEvent): string => {
  switch (event._tag) {
    case "MessageSent":
    case "MessageUpdated":
    case "MessageDeleted":
      return `${event.version} ${event._tag} ${event.message.seq} ${event.message.text}`
    case "ReadMarked":
      return `${event.version} ${event._tag} ${event.seq}`
    default:
      return `${event.version} ${event._tag}`
  }
}

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`Changes ${database.name}`, (it) => {
    it.effect("without missed changes there is nothing to send", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        yield* send(chat_id, members[0]!, "1")
        assert.deepStrictEqual(yield* since(chat_id, members[1]!, 2), [])
      }),
    )

    it.effect("each changed thing is sent once, in its current state, in order of versions", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(3)
        const [a, b, c] = members
        const ids = yield* send(chat_id, a!, "one", "two", "three")
        const cursor = (yield* standing(chat_id)).version
        yield* send(chat_id, a!, "four", { text: "five", dedup_key: "key" })
        yield* edit(chat_id, ids[0]!, "one, better")
        yield* edit(chat_id, ids[0]!, "one, best")
        yield* mark(chat_id, b!, 2)
        yield* mark(chat_id, b!, 3)
        yield* edit(chat_id, ids[1]!, "")
        yield* rename(chat_id, "A new name")
        yield* member(chat_id, c!, { role: "admin" })
        const events = yield* since(chat_id, b!, cursor)
        assert.deepStrictEqual(events.map(short), [
          `${cursor + 1} MessageSent 4 four`,
          `${cursor + 2} MessageSent 5 five`,
          `${cursor + 4} MessageUpdated 1 one, best`,
          `${cursor + 6} ReadMarked 3`,
          `${cursor + 7} MessageDeleted 2 `,
          `${cursor + 8} ChatUpdated`,
          `${cursor + 9} MemberUpdated`,
        ])
        const [four, five, , read, , updated, role] = events
        assert(four?._tag === "MessageSent" && five?._tag === "MessageSent")
        assert.deepStrictEqual(five.message, {
          ...four.message,
          id: five.message.id,
          seq: 5,
          text: "five",
          dedup_key: "key",
        })
        assert.deepStrictEqual(Object.keys(five.message).sort(), [
          ...["chat_id", "created_at", "dedup_key", "deleted", "edited_at", "id", "is_read", "reply_to"],
          ...["sender_id", "seq", "text"],
        ])
        assert(read?._tag === "ReadMarked" && updated?._tag === "ChatUpdated" && role?._tag === "MemberUpdated")
        assert.deepInclude(read, { user_id: b!, message_id: ids[2]! })
        assert.deepStrictEqual(updated.chat, {
          id: chat_id,
          type: "group",
          name: "A new name",
          created_by: a!,
          created_at: "2026-11-21T09:30:00.123Z",
          member_count: 3,
        })
        const users = yield* UserStore
        assert.deepStrictEqual(role.member, {
          user: (yield* users.byIds([c!]))[0]!,
          role: "admin",
          last_read_seq: 0,
          joined_at: "2026-11-21T09:30:00.123Z",
        })
      }),
    )

    it.effect("a message that is new to the device is sent as new, whatever its current state", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        const ids = yield* send(chat_id, members[0]!, "one", "two", "three")
        yield* edit(chat_id, ids[0]!, "one, edited")
        yield* edit(chat_id, ids[1]!, "")
        const events = yield* since(chat_id, members[1]!, 1)
        assert.deepStrictEqual(events.map(short), [
          "2 MessageSent 1 one, edited",
          "3 MessageSent 2 ",
          "4 MessageSent 3 three",
        ])
        assert.isTrue(events[1]?._tag === "MessageSent" && events[1].message.deleted)
      }),
    )

    it.effect("what has changed since it came says at which version, and only that", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(3)
        const [a, b] = members
        const ids = yield* send(chat_id, a!, "one", "two")
        yield* edit(chat_id, ids[0]!, "one, edited")
        yield* edit(chat_id, ids[0]!, "one, edited again")
        const late = yield* newUser()
        yield* member(chat_id, late)
        yield* member(chat_id, late, { role: "admin" })
        const changes = yield* Changes
        const marks = (events: ReadonlyArray<ReplayedEvent>) =>
          events.map(({ event, changed, came }) => [short(event), changed, came])
        const all = yield* changes.since(chat_id, b!, 1)
        assert(all._tag === "Replay")
        assert.deepStrictEqual(marks(all.events), [
          ["2 MessageSent 1 one, edited again", 5, undefined],
          ["3 MessageSent 2 two", undefined, undefined],
          ["6 MemberAdded", 7, undefined],
        ])
        const rest = yield* changes.since(chat_id, b!, 4)
        assert(rest._tag === "Replay")
        assert.deepStrictEqual(marks(rest.events).slice(0, 1), [
          ["5 MessageUpdated 1 one, edited again", undefined, undefined],
        ])
        // The added member receives the chat, and the role that they have now.
        const own = yield* changes.since(chat_id, late, 5)
        assert(own._tag === "Replay")
        assert.deepStrictEqual(
          own.events.map(({ event }) => short(event)),
          ["6 ChatCreated", "7 MemberUpdated"],
        )
      }),
    )

    it.effect("a hole reaches both those who knew a thing before its change and those who did not", () =>
      Effect.gen(function* () {
        const changes = yield* Changes
        const { chat_id, members } = yield* newGroup(3)
        const [a, b, c] = members
        const ids = yield* send(chat_id, a!, "one", "two", "three")
        yield* edit(chat_id, ids[0]!, "one, edited")
        yield* edit(chat_id, ids[1]!, "")
        const late = yield* newUser()
        yield* member(chat_id, late)
        yield* member(chat_id, late, { role: "admin" })
        yield* mark(chat_id, b!, 2)
        yield* rename(chat_id, "A new name")
        yield* member(chat_id, c!, { removed: true })
        const hole = yield* changes.hole(chat_id, 2)
        assert(hole._tag === "Hole")
        inOrder(hole.events)
        assert.deepStrictEqual(
          hole.events.map(({ event, changed, came }) => [short(event), changed, came]),
          [
            ["3 MessageSent 2 ", 6, undefined],
            ["4 MessageSent 3 three", undefined, undefined],
            ["5 MessageUpdated 1 one, edited", undefined, undefined],
            ["6 MessageDeleted 2 ", undefined, 3],
            ["7 MemberAdded", 8, undefined],
            ["8 MemberUpdated", undefined, 7],
            ["9 ReadMarked 2", undefined, undefined],
            ["10 ChatUpdated", undefined, undefined],
            ["11 MemberRemoved", undefined, undefined],
          ],
        )
        assert.strictEqual(hole.version, 11)
        const first = yield* changes.hole(chat_id, 0)
        assert(first._tag === "Hole" && first.events[0]?.event._tag === "ChatCreated")
        assert.deepStrictEqual(first.events[0].event.member_ids, [a!, b!])
      }),
    )

    it.effect("a hole that is too wide contains only members; of a deleted chat, only the deletion", () =>
      Effect.gen(function* () {
        const changes = yield* Changes
        const { chat_id, members } = yield* newGroup(2)
        const late = yield* newUser()
        yield* member(chat_id, late)
        yield* send(chat_id, members[0]!, ...Array.from({ length: holeLimit }, (_, i) => `${i}`))
        yield* member(chat_id, members[1]!, { removed: true })
        const { version } = yield* standing(chat_id)
        const wide = yield* changes.hole(chat_id, 1)
        assert(wide._tag === "Wide")
        assert.deepStrictEqual(
          wide.events.map(({ event }) => short(event)),
          ["2 MemberAdded", `${version} MemberRemoved`],
        )
        assert.strictEqual(wide.version, version)
        assert.strictEqual((yield* changes.hole(chat_id, version - holeLimit))._tag, "Hole")
        assert.strictEqual((yield* changes.hole(chat_id, version + 1))._tag, "Wide")
        yield* next(chat_id, () => ({ deleted: true }))
        assert.deepStrictEqual(yield* changes.hole(chat_id, 1), {
          _tag: "Hole",
          version: version + 1,
          events: [{ event: { _tag: "ChatDeleted", version: version + 1 } }],
        })
        assert.deepStrictEqual(yield* changes.hole(999_999_999 as ChatId, 1), { _tag: "Gone" })
      }),
    )

    it.effect("a reader from the beginning receives the chat first", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        yield* send(chat_id, members[0]!, "one")
        yield* rename(chat_id, "Renamed")
        const [created, ...rest] = yield* since(chat_id, members[1]!, 0)
        assert(created?._tag === "ChatCreated")
        assert.deepInclude(created, { version: 1, member_ids: members })
        assert.deepInclude(created.chat, { name: "Renamed", member_count: 2 })
        assert.deepStrictEqual(rest.map(short), ["2 MessageSent 1 one"])
      }),
    )

    it.effect("a summary that changed comes whole, to who returns, who begins and who fills a hole", () =>
      Effect.gen(function* () {
        const changes = yield* Changes
        const { chat_id, members } = yield* newGroup(2)
        const info = { description: "About “it”", custom: { b: [1, null, "é"], a: {} } }
        yield* next(chat_id, (version) => ({ summary: { name: "Said", info, version } }))
        const [updated] = yield* since(chat_id, members[1]!, 1)
        assert(updated?._tag === "ChatUpdated")
        assert.deepInclude(updated.chat, { name: "Said", ...info })
        const [created] = yield* since(chat_id, members[1]!, 0)
        assert(created?._tag === "ChatCreated")
        assert.deepInclude(created.chat, info)
        const hole = yield* changes.hole(chat_id, 1)
        assert(hole._tag === "Hole")
        assert.deepStrictEqual(hole.events[0]?.event, updated)
        const store = yield* ChatStore
        assert.deepInclude(yield* store.get(chat_id, members[0]!), { name: "Said", ...info, version: 2 })
        assert.deepInclude((yield* store.standing(chat_id, members[0]!))?.chat, info)
        assert.deepStrictEqual((yield* (yield* Journal).load(chat_id))?.info, info)

        yield* rename(chat_id, "Nothing said")
        const [bare] = yield* since(chat_id, members[1]!, 2)
        assert(bare?._tag === "ChatUpdated")
        assert.notProperty(bare.chat, "description")
        assert.notProperty(bare.chat, "custom")
      }),
    )

    it.effect("an added member receives the chat first, the others the member", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        yield* send(chat_id, members[0]!, "one")
        const late = yield* newUser()
        yield* member(chat_id, late, { last_read_seq: 1 })
        assert.deepStrictEqual((yield* since(chat_id, late, 0)).map(short), ["1 ChatCreated", "2 MessageSent 1 one"])
        const [added] = yield* since(chat_id, members[1]!, 2)
        assert(added?._tag === "MemberAdded")
        assert.deepInclude(added, { version: 3 })
        assert.strictEqual(added.member.user.id, late)
        assert.strictEqual(added.chat.member_count, 3)
      }),
    )

    it.effect("a removed member is sent as gone, a returned one as new", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(3)
        const [a, b, c] = members
        yield* member(chat_id, c!, { removed: true })
        assert.deepStrictEqual((yield* since(chat_id, a!, 1)).map(short), ["2 MemberRemoved"])
        const changes = yield* Changes
        assert.deepStrictEqual(yield* changes.since(chat_id, c!, 1), { _tag: "Gone" })
        yield* member(chat_id, c!, {})
        assert.deepStrictEqual((yield* since(chat_id, b!, 1)).map(short), ["3 MemberAdded"])
        assert.deepStrictEqual((yield* since(chat_id, c!, 1)).map(short), ["3 ChatCreated"])
      }),
    )

    it.effect("strangers, and members of a deleted chat, receive that it is gone", () =>
      Effect.gen(function* () {
        const changes = yield* Changes
        const { chat_id, members } = yield* newGroup(2)
        assert.deepStrictEqual(yield* changes.since(chat_id, yield* newUser(), 0), { _tag: "Gone" })
        assert.deepStrictEqual(yield* changes.since(999_999_999 as ChatId, members[0]!, 0), { _tag: "Gone" })
        yield* next(chat_id, () => ({ deleted: true }))
        assert.deepStrictEqual(yield* changes.since(chat_id, members[0]!, 1), { _tag: "Gone" })
      }),
    )

    it.effect("too much missed, or a cursor from the future, is a reset, never a part", () =>
      Effect.gen(function* () {
        const changes = yield* Changes
        const { chat_id, members } = yield* newGroup(1)
        const me = members[0]!
        yield* send(chat_id, me, ...Array.from({ length: Limits.replay }, (_, i) => `${i}`))
        const version = 1 + Limits.replay
        assert.deepStrictEqual(yield* changes.since(chat_id, me, 0), { _tag: "Reset", version })
        assert.strictEqual((yield* since(chat_id, me, 1)).length, Limits.replay)
        assert.deepStrictEqual(yield* changes.since(chat_id, me, version + 1), { _tag: "Reset", version })
        const far = Number.MAX_SAFE_INTEGER
        assert.deepStrictEqual(yield* changes.since(chat_id, me, far), { _tag: "Reset", version })
      }),
    )

    it.effect("from any position, what a device receives brings it to the state of the others", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(3)
        const reader = members[0]!
        const others = [members[1]!, members[2]!, yield* newUser(), yield* newUser()]
        const ids = [...(yield* send(chat_id, reader, "first", "second"))]
        let seed = 7
        const pick = (n: number) => {
          seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
          return Math.floor((seed / 2_147_483_648) * n)
        }
        const devices: Array<KnownChat> = []
        for (let step = 0; step < 40; step++) {
          const { version, last_seq } = yield* standing(chat_id)
          const device = new KnownChat()
          device.hear(yield* since(chat_id, reader, 0))
          device.cursor = version
          devices.push(device)
          const someone = others[pick(others.length)]!
          const present = (yield* standing(chat_id)).members.find((row) => row.user_id === someone)
          const what = pick(6)
          if (what < 2) ids.push(...(yield* send(chat_id, reader, `message ${step}`)))
          else if (what === 2) yield* edit(chat_id, ids[pick(ids.length)]!, pick(2) === 0 ? "" : `edited ${step}`)
          else if (what === 3) yield* rename(chat_id, `name ${step}`)
          else if (what === 4 && present !== undefined) yield* mark(chat_id, someone, 1 + pick(last_seq))
          else {
            const role = pick(2) === 0 ? "admin" : "member"
            yield* member(chat_id, someone, { role, removed: present !== undefined && pick(2) === 0 })
          }
        }
        const chats = yield* ChatStore
        const fresh = new KnownChat()
        fresh.hear(yield* since(chat_id, reader, 0))
        assert.strictEqual(fresh.messages.size, ids.length)
        assert.strictEqual(fresh.name, (yield* chats.get(chat_id, reader))?.name)
        const changes = yield* Changes
        for (const [i, { cursor }] of devices.entries()) {
          // A hole from there serves readers at any later version.
          const hole = yield* changes.hole(chat_id, cursor)
          assert(hole._tag === "Hole")
          inOrder(hole.events)
          for (const device of devices.slice(i)) {
            const copy = device.copy()
            copy.hear(
              hole.events
                .filter(({ event, came = 0 }) => event.version > device.cursor && came <= device.cursor)
                .map(({ event }) => event),
            )
            assert.deepStrictEqual(copy.state(), fresh.state())
          }
        }
        for (const device of devices) {
          device.hear(yield* since(chat_id, reader, device.cursor))
          assert.deepStrictEqual(device.state(), fresh.state())
        }
      }),
    )
  })
}
