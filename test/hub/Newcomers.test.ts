// Many members who are added to a group at once, as its devices receive them: by few writes, none too many for a queue,
// each once.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Limits } from "../../src/contract/Limits.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { Chats } from "../../src/services/Chats.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"
import { addGroup, addUsers } from "../support/chat.ts"
import { connect, type FakeWire, layer, open, settled, until } from "../support/sockets.ts"

const addMany = Effect.fnUntraced(function* (count: number) {
  const users = yield* UserStore
  return yield* Effect.forEach(Array.from({ length: count }), (_, i) =>
    Effect.map(
      users.create({
        username: `many${i}`,
        email: `many${i}@example.com`,
        display_name: `many${i}`,
        password_hash: "",
        created_at: 0,
      }),
      ({ id }) => id,
    ),
  )
})

const told = (wire: FakeWire) => wire.frames.filter(({ type, version }) => version !== undefined && type !== "reset")
const versions = (wire: FakeWire): ReadonlyArray<number> => told(wire).map(({ version }) => version)
const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)
const unlimited = { membersPerHour: 0, maxChats: 0 }

describe("Many who are added at once", () => {
  it.effect("reach every device by one write a commit, complete and in order, and close none", () =>
    Effect.gen(function* () {
      const { chat_id, ids, owner } = yield* addGroup(4)
      const many = yield* addMany(1_300)
      const wires = yield* Effect.forEach(ids, (id) => connect(id))
      const newcomers = [many[0]!, many[100]!, many[700]!, many[1_299]!]
      const late = yield* Effect.forEach(newcomers, (id) => connect(id))
      const two = yield* connect(many[100]!, { device: 2 })
      const opening = yield* open(many[101]!)
      yield* settled
      const before = wires.map(({ writes }) => writes)
      const members = yield* (yield* Chats).addMembers(owner, chat_id, many)
      assert.strictEqual(members.length, 1_300)
      yield* until(() => wires.every((wire) => told(wire).length >= 1_300))
      yield* settled
      for (const [i, wire] of wires.entries()) {
        assert.deepStrictEqual(versions(wire), from(2, 1_301))
        assert.isTrue(told(wire).every(({ type }) => type === "member_added"))
        // Presence of those who came apart.
        assert.isAtMost(wire.writes - before[i]!, 20)
        assert.isUndefined(wire.closed)
      }
      for (const [id, wire] of [...newcomers.map((id, i) => [id, late[i]!] as const), [many[100]!, two] as const]) {
        const own = many.indexOf(id) + 2
        const [first, ...rest] = told(wire)
        assert.deepStrictEqual([first?.type, first?.version, first?.chat.id], ["chat_created", own, chat_id])
        assert.strictEqual(first?.chat.member_count, own + 3)
        assert.deepStrictEqual(
          rest.map(({ version }) => version),
          from(own + 1, 1_301),
        )
        assert.isTrue(rest.every(({ type }) => type === "member_added"))
      }
      yield* opening.greet
      yield* settled
      assert.deepStrictEqual(opening.wire.ofType("hello")[0]?.chats, [
        { chat_id, last_seq: 0, last_read_seq: 0, unread_count: 0, version: 1_301 },
      ])
      assert.deepStrictEqual(told(opening.wire), [])
      yield* wires[0]!.ask({ type: "message", chat_id, text: "to all" })
      yield* settled
      for (const wire of [...wires, ...late, two, opening.wire]) assert.strictEqual(versions(wire).at(-1), 1_302)
    }).pipe(Effect.provide(layer(unlimited))),
  )

  it.effect("reach a device whose network takes nothing for a while from the database, whole and in order", () =>
    Effect.gen(function* () {
      const { chat_id, ids, owner } = yield* addGroup(3)
      const many = yield* addMany(1_400)
      const other = yield* addGroup(1)
      const quick = yield* connect(owner)
      const slow = yield* connect(ids[1]!)
      const joining = yield* connect(many[0]!)
      yield* settled
      for (const wire of [slow, joining]) wire.stalled = true
      yield* (yield* Chats).addMembers(owner, chat_id, many)
      yield* until(() => told(quick).length === 1_400)
      yield* quick.ask({ type: "message", chat_id, text: "after" })
      yield* settled
      for (const [wire, first] of [
        [slow, 2],
        [joining, 2],
      ] as const) {
        assert.isUndefined(wire.closed)
        assert.isAtMost(told(wire).length, Limits.queue.frames)
        wire.drain()
        yield* until(() => versions(wire).at(-1) === 1_402)
        assert.deepStrictEqual(versions(wire), from(first, 1_402))
        assert.isUndefined(wire.closed)
      }
      assert.strictEqual(told(joining)[0]?.type, "chat_created")
      assert.notStrictEqual(other.chat_id, chat_id)
    }).pipe(Effect.provide(layer(unlimited))),
  )
})

describe("An account that leaves many groups", () => {
  it.effect("closes no device of those who share them, however slow", () =>
    Effect.gen(function* () {
      const [gone, stays] = (yield* addUsers(2)) as [UserId, UserId]
      const chats = yield* Chats
      const groups: Array<ChatId> = []
      for (let i = 0; i < 700; i++) groups.push((yield* chats.createGroup(stays, `Group ${i}`, [gone])).id)
      const wire = yield* connect(stays)
      yield* settled
      wire.stalled = true
      for (const chat_id of groups) {
        yield* Effect.callback<void>((resume) =>
          chats.tell(chat_id, { _tag: "Depart", by: gone }, () => resume(Effect.void)),
        )
      }
      yield* settled
      assert.isUndefined(wire.closed)
      wire.drain()
      const removed = () => wire.ofType("member_removed").map(({ chat_id }) => chat_id)
      yield* until(() => removed().length >= groups.length)
      yield* settled
      assert.deepStrictEqual(
        [...removed()].sort((a, b) => a - b),
        groups,
      )
    }).pipe(Effect.provide(layer({ ...unlimited, chatsPerHour: 0, messagesPerSecond: 0 }))),
  )
})
