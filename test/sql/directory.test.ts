// Who is connected with whom, over each database, and what it costs a user of large groups.
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { UserId } from "../../src/domain/Ids.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { Database } from "../../src/sql/database/Database.ts"
import { DeletionStore } from "../../src/sql/deletions/DeletionStore.ts"
import { DirectoryStore, mostFound, mostSearched } from "../../src/sql/directory/DirectoryStore.ts"
import {
  change,
  commit,
  databases,
  newDatabase,
  newGroup,
  newUser,
  now,
  repositories,
  standing,
} from "../support/sql.ts"

const none = { shares: false, shown: false, found: false }

const acquaintance = Effect.fnUntraced(function* (user_id: UserId, other: UserId) {
  const directory = yield* DirectoryStore
  const [known] = yield* directory.acquaintances(user_id, [other])
  const { user_id: _, ...rest } = known!
  return rest
})

const names = (users: ReadonlyArray<{ readonly display_name: string }>) => users.map(({ display_name }) => display_name)

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`DirectoryStore ${database.name}`, (it) => {
    it.effect("members of one chat share it, until one leaves: then the other one still sees who they were", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        const [me, other] = members as [UserId, UserId]
        const stranger = yield* newUser()
        assert.deepStrictEqual(yield* acquaintance(me, other), { shares: true, shown: true, found: false })
        assert.deepStrictEqual(yield* acquaintance(me, stranger), none)
        assert.deepStrictEqual(yield* acquaintance(me, UserId.make(987_654_321)), none)
        const at = yield* standing(chat_id)
        const left = { user_id: other, role: "member", last_read_seq: 0, joined_at: now, removed: true } as const
        yield* commit(change(chat_id, at, { members: [{ ...left, version: at.version + 1 }], member_count: 1 }))
        assert.deepStrictEqual(yield* acquaintance(me, other), { shares: false, shown: true, found: false })
        assert.deepStrictEqual(yield* acquaintance(other, me), none)
      }),
    )

    it.effect("the search finds those of one's own chats, by words, and oneself", () =>
      Effect.gen(function* () {
        const chats = yield* ChatStore
        const directory = yield* DirectoryStore
        const people = yield* Effect.forEach(["Élodie Durand", "Elodie Marin", "Dora Elo", "Elodie Fremd"], newUser)
        const [me, marin, dora] = people as [UserId, UserId, UserId]
        const group = { type: "group", name: "G", created_by: me, created_at: now } as const
        yield* chats.create({ ...group, member_ids: [marin] })
        yield* chats.create({ type: "private", name: null, created_by: dora, member_ids: [me], created_at: now })
        const search = (query: string, limit = 10) => Effect.map(directory.searchShared(me, query, limit), names)
        assert.sameMembers(yield* search("elodie"), ["Élodie Durand", "Elodie Marin"])
        assert.deepStrictEqual(yield* search("marin elo"), ["Elodie Marin"])
        assert.sameMembers(yield* search("elo"), ["Dora Elo", "Élodie Durand", "Elodie Marin"])
        assert.strictEqual((yield* search("elo", 2)).length, 2)
        assert.deepStrictEqual(yield* search("fremd"), [])
        assert.sameMembers(yield* search(""), ["Élodie Durand", "Elodie Marin", "Dora Elo"])
        const departures = yield* DeletionStore
        yield* departures.mark(marin, now)
        assert.deepStrictEqual(yield* search("marin"), [])
      }),
    )

    it.effect("who was found is remembered, up to a number, until one of them goes", () =>
      Effect.gen(function* () {
        const directory = yield* DirectoryStore
        const departures = yield* DeletionStore
        const [me, first, second] = [yield* newUser(), yield* newUser(), yield* newUser()]
        yield* directory.remember(me, first, now)
        yield* directory.remember(me, second, now + 1)
        yield* directory.remember(me, first, now + 2)
        assert.deepStrictEqual(yield* acquaintance(me, first), { ...none, found: true })
        assert.deepStrictEqual(yield* directory.foundBy(me), [
          { user_id: first, at: now },
          { user_id: second, at: now + 1 },
        ])
        assert.deepStrictEqual(yield* acquaintance(first, me), none)
        yield* Effect.forEach(Array.from({ length: mostFound - 1 }), (_, i) =>
          directory.remember(me, UserId.make(900_000_000 + i), now + 3 + i),
        )
        assert.isFalse((yield* acquaintance(me, first)).found)
        assert.isTrue((yield* acquaintance(me, second)).found)
        yield* departures.mark(second, now)
        assert.isFalse((yield* acquaintance(me, second)).found)
        yield* departures.mark(me, now)
        assert.isFalse((yield* acquaintance(me, UserId.make(900_000_500))).found)
      }),
    )
  })
}

describe("A user of ten groups with 5,000 members", () => {
  it.live("is searched for and looked up at a bounded price", () =>
    Effect.gen(function* () {
      const { query } = yield* Database
      const directory = yield* DirectoryStore
      const run = Effect.forEach(
        [
          `insert into users (username, username_key, email, email_key, display_name, words_of, words, password_hash, created_at)
           select 'p' || i, 'p' || i, 'p' || i || '@x', 'p' || i || '@x', 'p' || i, 'p' || i, array_to_tsvector(array['p' || i]), 'h', now()
           from generate_series(1, 50000) i`,
          `insert into chats (type, name, created_by, created_at, last_activity, member_count)
           select 'group', 'large', 1, now(), now(), 5001 from generate_series(1, 10)`,
          `insert into chat_members (chat_id, user_id, joined_version, version, joined_at, role)
           select c.id, u.id, 1, 1, now(), 'member' from chats c cross join users u
           where u.id = 1 or u.id % 10 = c.id % 10`,
        ],
        (statement) => query(statement),
      )
      yield* run
      const touched = Effect.gen(function* () {
        yield* query("select pg_stat_force_next_flush()")
        const [row] = yield* query<{ readonly sum: number }>(
          "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::float8 as sum from pg_stat_user_tables",
        )
        return row!.sum
      })
      const priceOf = Effect.fnUntraced(function* <A, E>(asked: Effect.Effect<A, E>) {
        const before = yield* touched
        yield* asked
        return (yield* touched) - before
      })
      const me = UserId.make(1)
      assert.isAtMost(yield* priceOf(directory.searchShared(me, "p1", 50)), 3 * mostSearched)
      assert.isAtMost(yield* priceOf(directory.searchShared(me, "", 50)), 3 * mostSearched)
      assert.strictEqual((yield* directory.searchShared(me, "p1", 50)).length, 50)
      const ids = Array.from({ length: 100 }, (_, i) => UserId.make(i + 2))
      assert.isAtMost(yield* priceOf(directory.acquaintances(me, ids)), 1_000)
      assert.isTrue((yield* directory.acquaintances(me, ids)).every(({ shares }) => shares))
    }).pipe(
      Effect.provide(
        Layer.unwrap(
          Effect.map(newDatabase, (url) =>
            repositories.pipe(Layer.provideMerge(Database.layerPostgres({ url, maxConnections: 1 }))),
          ),
        ),
      ),
      Effect.scoped,
    ),
  )
})
