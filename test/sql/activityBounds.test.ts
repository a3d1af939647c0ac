// The order of a user's many chats, whose memberships have bounds that the chats' actors renew.
import { assert, layer } from "@effect/vitest"
import { Clock, Effect, Layer } from "effect"
import { ChatActors } from "../../src/actors/ChatActors.ts"
import { Broadcast } from "../../src/broadcast/Broadcast.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { Database } from "../../src/sql/database/Database.ts"
import { boundMillis, unboundedChats } from "../../src/sql/journal/activityBound.ts"
import { MessageStore } from "../../src/sql/messages/MessageStore.ts"
import { actors, send } from "../support/chat.ts"
import { embedded, newUser, now, postgres, repositories } from "../support/sql.ts"

const time = { now }

/** The actors' time is the test's; the database's time-outs go by the real clock. */
const ownTime = Layer.effect(
  Clock.Clock,
  Effect.clockWith((clock) =>
    Effect.succeed({
      currentTimeMillisUnsafe: () => time.now,
      currentTimeMillis: Effect.sync(() => time.now),
      currentTimeNanosUnsafe: () => BigInt(time.now) * 1_000_000n,
      currentTimeNanos: Effect.sync(() => BigInt(time.now) * 1_000_000n),
      monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
      monotonicTimeNanos: clock.monotonicTimeNanos,
      sleep: (duration) => clock.sleep(duration),
    }),
  ),
)

const withActors = (database: typeof postgres | typeof embedded) =>
  actors.pipe(
    Layer.provide(ownTime),
    Layer.provideMerge(Broadcast.layer),
    Layer.provideMerge(repositories),
    Layer.provideMerge(database),
  )

const extra = 12
const bounds = (user_id: UserId) =>
  Effect.flatMap(Database, ({ query }) =>
    query<{ readonly chat_id: ChatId; readonly bound: number }>(
      `select chat_id::float8, (extract(epoch from active_before) * 1000)::float8 as bound from chat_members
       where user_id = $1::bigint and active_before < 'infinity' and not removed order by chat_id`,
      [user_id],
    ),
  )

const createMany = Effect.fnUntraced(function* (owner: UserId, other: UserId, count: number) {
  const chats = yield* ChatStore
  const ids: Array<ChatId> = []
  for (let i = 0; i < count; i++) {
    const group = { type: "group", name: "Group", created_by: owner, member_ids: [other], created_at: now + i } as const
    ids.push((yield* chats.create(group)).chat_id)
  }
  return ids
})

const listed = Effect.fnUntraced(function* (user_id: UserId, limit: number) {
  const chats = yield* ChatStore
  const ids: Array<ChatId> = []
  for (let before: string | undefined; ; ) {
    const { items, next } = yield* chats.list(user_id, limit, before)
    ids.push(...items.map(({ id }) => id))
    if (next === null) return ids
    before = next
  }
})

for (const [name, database] of [
  ["PGlite", embedded],
  ["PostgreSQL", postgres],
] as const) {
  layer(withActors(database), { excludeTestServices: true })(`The bounds of many chats on ${name}`, (it) => {
    it.effect("begin with the chat after the 256th, and keep the order whatever happens in which chat", () =>
      Effect.gen(function* () {
        const chatActors = yield* ChatActors
        const messages = yield* MessageStore
        const [ada, bob, eve] = [yield* newUser(), yield* newUser(), yield* newUser()]
        time.now = now + 1_000
        const ids = yield* createMany(ada, bob, unboundedChats + extra)
        const active = new Map(ids.map((id, i) => [id, now + i]))
        const expected = () => [...active].sort(([a, x], [b, y]) => y - x || b - a).map(([id]) => id)
        const bounded = ids.slice(unboundedChats)
        for (const user of [ada, bob]) {
          assert.deepStrictEqual(
            yield* bounds(user),
            bounded.map((chat_id) => ({ chat_id, bound: active.get(chat_id)! + boundMillis })),
          )
        }
        assert.deepStrictEqual(yield* listed(ada, 50), expected())

        /** Advances the time, and does this in that chat. */
        const act = Effect.fnUntraced(function* (after: number, chat_id: ChatId, what: "send" | "rename") {
          time.now += after
          yield* what === "send"
            ? chatActors.ask(chat_id, send(ada, "Hello"))
            : chatActors.ask(chat_id, { _tag: "SetInfo", by: ada, patch: { name: `At ${time.now}` } })
          active.set(chat_id, time.now)
        })
        const [first, second, third] = [bounded[0]!, bounded[1]!, bounded[2]!]
        const boundOf = (chat_id: ChatId) =>
          Effect.map(bounds(bob), (rows) => rows.find((row) => row.chat_id === chat_id)?.bound)
        // Within the bound nothing is written but the message.
        yield* act(0, first, "send")
        assert.strictEqual(yield* boundOf(first), now + unboundedChats + boundMillis)
        assert.deepStrictEqual(yield* listed(bob, 50), expected())
        yield* act(boundMillis, first, "send")
        assert.strictEqual(yield* boundOf(first), time.now + boundMillis)
        yield* act(1, second, "rename")
        assert.strictEqual(yield* boundOf(second), time.now + boundMillis)
        yield* act(5 * boundMillis, third, "send")
        for (const [i, id] of [ids[3]!, first, ids[200]!, second, bounded[7]!, first].entries()) {
          yield* act(i % 2 === 0 ? 3 : 2 * boundMillis, id, i % 3 === 2 ? "rename" : "send")
          assert.deepStrictEqual(yield* listed(ada, 50), expected())
          assert.deepStrictEqual(yield* listed(bob, 120), expected())
        }

        // Senders of unfolded messages, the new member and the leaving one have rows of their own in such a commit.
        yield* chatActors.ask(first, send(bob, "Unfolded"))
        active.set(first, time.now)
        time.now += 2 * boundMillis
        yield* chatActors.ask(first, { _tag: "AddMembers", by: ada, user_ids: [eve] })
        active.set(first, time.now)
        const all = Effect.flatMap(Database, ({ query }) =>
          query<{ readonly bound: number | null }>(
            `select case when active_before < 'infinity' then (extract(epoch from active_before) * 1000)::float8 end as bound
             from chat_members where chat_id = $1::bigint order by user_id`,
            [first],
          ),
        )
        const renewed = { bound: time.now + boundMillis }
        assert.deepStrictEqual(yield* all, [renewed, renewed, { bound: null }])
        yield* act(2 * boundMillis, first, "send")
        assert.strictEqual(yield* boundOf(first), time.now + boundMillis)
        assert.deepStrictEqual(yield* listed(ada, 50), expected())
        yield* chatActors.ask(first, { _tag: "RemoveMember", by: ada, user_id: bob })
        assert.deepStrictEqual(
          yield* listed(bob, 50),
          expected().filter((id) => id !== first),
        )
        active.set(first, time.now)
        assert.deepStrictEqual(yield* listed(ada, 50), expected())
        time.now += boundMillis
        yield* chatActors.ask(first, { _tag: "AddMembers", by: ada, user_ids: [bob] })
        assert.strictEqual(yield* boundOf(first), time.now + boundMillis)
        active.set(first, time.now)
        assert.deepStrictEqual(yield* listed(bob, 50), expected())

        // The newest messages are those of the newest chats.
        const json = JSON.parse((yield* messages.recent(bob, 3)) ?? "{}")
        assert.deepStrictEqual(json.items.map(({ chat_id }: { chat_id: number }) => chat_id).slice(0, 2), [
          first,
          first,
        ])
      }),
    )
  })
}
