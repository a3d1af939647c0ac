// Blocks at rest: what the stores of state, chats and the journal say of them.
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { UserId } from "../../src/domain/Ids.ts"
import { maxBlocks } from "../../src/kinds/StateKinds.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { DeletionStore } from "../../src/sql/deletions/DeletionStore.ts"
import { JobStore } from "../../src/sql/jobs/JobStore.ts"
import { blockJobAfterMillis, StateStore } from "../../src/sql/state/StateStore.ts"
import { databases, newUser, now, standing } from "../support/sql.ts"

const block = Effect.fnUntraced(function* (user_id: UserId, blocked_id: UserId, on = true) {
  return yield* (yield* StateStore).block({ user_id, blocked_id, on, at: now })
})
const blockersOf = Effect.fnUntraced(function* (user_id: UserId) {
  const [found] = yield* (yield* StateStore).standings([user_id])
  return [...found!.blockers].sort((a, b) => a - b)
})
/** As connecting users read it, with their chats. */
const greeted = Effect.fnUntraced(function* (user_id: UserId) {
  const [position] = yield* (yield* ChatStore).positionsOf([{ user_id, after: 0, count: 1 }])
  return [position!.state_version, position!.is_blocked]
})
const newPair = Effect.fnUntraced(function* () {
  const [a, b] = [yield* newUser(), yield* newUser()]
  const chats = yield* ChatStore
  const private_ = { type: "private", name: null, created_by: b, member_ids: [a], created_at: now } as const
  return { a, b, chat_id: (yield* chats.create(private_)).chat_id }
})

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`blocks ${database.name}`, (it) => {
    it.effect("are values of one's own state, which the private chat and those who are named for chats show", () =>
      Effect.gen(function* () {
        const [chats, state] = [yield* ChatStore, yield* StateStore]
        const { a, b, chat_id } = yield* newPair()
        const third = yield* newUser()
        const blocked = (by: UserId, who: UserId) =>
          Effect.map(chats.candidates(by, undefined, [who], 0), ([found]) => found?.blocked)
        assert.deepStrictEqual((yield* standing(chat_id)).blockers, [])
        assert.deepStrictEqual(yield* block(a, b), { _tag: "Changed", version: 1 })
        assert.deepStrictEqual(yield* block(a, b), { _tag: "Same", version: 1 })
        assert.deepStrictEqual(yield* state.get(a, `block:${b}`), { key: `block:${b}`, value: "{}", version: 1 })
        assert.deepStrictEqual((yield* standing(chat_id)).blockers, [a])
        assert.deepStrictEqual(
          [yield* blocked(b, a), yield* blocked(a, b), yield* blocked(third, a)],
          [true, false, false],
        )
        yield* block(third, b)
        assert.deepStrictEqual(yield* blockersOf(b), [a, third])
        assert.deepStrictEqual(
          [yield* greeted(a), yield* greeted(b)],
          [
            [1, false],
            [0, true],
          ],
        )
        yield* block(b, a)
        assert.sameMembers([...(yield* standing(chat_id)).blockers], [a, b])
        assert.deepStrictEqual(yield* block(a, b, false), { _tag: "Changed", version: 2 })
        assert.deepStrictEqual(yield* block(a, b, false), { _tag: "Same", version: 2 })
        assert.deepStrictEqual((yield* standing(chat_id)).blockers, [b])
        assert.deepStrictEqual([yield* blockersOf(b), yield* blockersOf(a)], [[third], [b]])
        yield* block(b, a, false)
        assert.deepStrictEqual(yield* greeted(a), [2, false])
        yield* block(b, a)
        assert.isFalse(yield* blocked(b, a))
      }),
    )

    it.effect("leave a job behind that survives a server that dies before it has told the chat", () =>
      Effect.gen(function* () {
        const jobs = yield* JobStore
        const { a, b } = yield* newPair()
        const due = now + blockJobAfterMillis
        yield* jobs.claim(due, due + 100_000, 100)
        yield* block(a, b)
        assert.deepStrictEqual((yield* jobs.claim(due - 1, due + 1_000, 100)).jobs, [])
        const { jobs: found } = yield* jobs.claim(due, due + 1_000, 100)
        assert.deepStrictEqual(
          found.map(({ attempt, key, kind, user_id }) => [kind, user_id, key, attempt]),
          [["block", a, `${b}`, 1]],
        )
        // The end of the block needs another run, also while the job runs.
        yield* block(a, b, false)
        yield* jobs.finish(found[0]!.claim)
        assert.lengthOf((yield* jobs.claim(due, due + 1_000, 100)).jobs, 1)
      }),
    )

    it.effect("are limited, whatever else a user stores", () =>
      Effect.gen(function* () {
        const state = yield* StateStore
        const me = yield* newUser()
        const first = 1_000_000
        for (let i = 0; i < maxBlocks; i++) yield* block(me, (first + i) as UserId)
        const full = { _tag: "Full", most: maxBlocks } as const
        assert.deepStrictEqual(yield* block(me, 1 as UserId), full)
        assert.deepStrictEqual(yield* block(me, first as UserId), { _tag: "Same", version: 1 })
        const other = { user_id: me, key: "block", value: "1", chat_id: null }
        assert.deepStrictEqual(yield* state.write({ ...other, key: "app:a" }), {
          _tag: "Changed",
          version: maxBlocks + 1,
        })
        yield* block(me, first as UserId, false)
        assert.strictEqual((yield* block(me, 1 as UserId))._tag, "Changed")
        assert.deepStrictEqual(yield* block(me, 2 as UserId), full)
      }),
    )

    it.effect("end with the account of either user", () =>
      Effect.gen(function* () {
        const [departures, state] = [yield* DeletionStore, yield* StateStore]
        const { a, b, chat_id } = yield* newPair()
        const third = yield* newUser()
        yield* block(a, b)
        yield* block(third, a)
        yield* block(b, a)
        yield* departures.mark(a, now)
        assert.deepStrictEqual(yield* blockersOf(b), [])
        assert.deepStrictEqual((yield* standing(chat_id)).blockers, [b])
        const removed = yield* state.unblock(a, 10)
        assert.deepStrictEqual(
          [...removed].sort((x, y) => x.user_id - y.user_id),
          [
            { user_id: b, key: `block:${a}`, version: 2 },
            { user_id: third, key: `block:${a}`, version: 2 },
          ],
        )
        assert.deepStrictEqual([yield* state.unblock(a, 10), yield* blockersOf(a)], [[], []])
      }),
    )
  })
}
