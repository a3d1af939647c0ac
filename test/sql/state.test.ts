import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { Unavailable } from "../../src/domain/errors.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { maxStateKeys } from "../../src/kinds/StateKinds.ts"
import { Database } from "../../src/sql/database/Database.ts"
import { number } from "../../src/sql/database/params.ts"
import { DeletionStore } from "../../src/sql/deletions/DeletionStore.ts"
import { Tables } from "../../src/sql/memory/Tables.ts"
import { StateStore } from "../../src/sql/state/StateStore.ts"
import { databases, newGroup, newUser, now, postgres } from "../support/sql.ts"

const put = Effect.fnUntraced(function* (
  user_id: UserId,
  key: string,
  value: string | null,
  chat_id: ChatId | null = null,
) {
  return yield* (yield* StateStore).write({ user_id, key, value, chat_id })
})

const changed = (version: number) => ({ _tag: "Changed", version }) as const
const same = (version: number) => ({ _tag: "Same", version }) as const
const entry = (key: string, value: string | null, version: number) => ({ key, value, version })
const all = { prefix: "", after: "", limit: 10 }

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`StateStore ${database.name}`, (it) => {
    it.effect("gives each change the next version, and an equal value or a missing key none", () =>
      Effect.gen(function* () {
        const [me, other] = [yield* newUser(), yield* newUser()]
        const state = yield* StateStore
        assert.deepStrictEqual(yield* put(me, "app:a", null), same(0))
        assert.deepStrictEqual(yield* put(me, "app:a", "1"), changed(1))
        assert.deepStrictEqual(yield* put(me, "app:b", "2"), changed(2))
        assert.deepStrictEqual(yield* put(me, "app:a", "1"), same(1))
        assert.deepStrictEqual(yield* put(other, "app:a", "1"), changed(1))
        assert.deepStrictEqual(yield* put(me, "app:a", "3"), changed(3))
        assert.deepStrictEqual(yield* put(me, "app:b", null), changed(4))
        assert.deepStrictEqual(yield* put(me, "app:b", null), same(4))
        assert.deepStrictEqual(yield* state.page(me, all), { items: [entry("app:a", "3", 3)], version: 4 })
        assert.deepStrictEqual(yield* state.get(me, "app:a"), entry("app:a", "3", 3))
        assert.isUndefined(yield* state.get(me, "app:b"))
      }),
    )

    it.effect("replaces a value only while it is the one that was read, and lists the chats that are marked", () =>
      Effect.gen(function* () {
        const state = yield* StateStore
        const { chat_id, members } = yield* newGroup(2)
        const [me, other] = members as [UserId, UserId]
        const key = `chat:${chat_id}`
        const [marked, kept] = ['{"level":"none","unread":true}', '{"level":"none"}']
        assert.deepStrictEqual(yield* put(me, key, marked, chat_id), changed(1))
        assert.deepStrictEqual(yield* put(other, key, '{"unread":false}', chat_id), changed(1))
        assert.deepStrictEqual(yield* put(other, "app:a", '{"unread":true}'), changed(2))
        assert.deepStrictEqual(yield* state.unreadMarks(undefined, 10, me), [{ user_id: me, chat_id }])
        assert.deepStrictEqual(yield* state.unreadMarks(undefined, 10, other), [])
        const before = { user_id: me, chat_id: 0 as ChatId }
        assert.deepStrictEqual(yield* state.unreadMarks(before, 1), [{ user_id: me, chat_id }])
        assert.isFalse((yield* state.unreadMarks({ user_id: me, chat_id }, 10)).some(({ user_id }) => user_id === me))
        const write = { user_id: me, key, value: kept, chat_id }
        assert.deepStrictEqual(yield* state.replace(write, kept), { _tag: "Stale" })
        assert.deepStrictEqual(yield* state.replace({ ...write, key: "app:none" }, marked), { _tag: "Stale" })
        assert.deepStrictEqual(yield* state.get(me, key), entry(key, marked, 1))
        assert.deepStrictEqual(yield* state.replace(write, marked), changed(2))
        assert.deepStrictEqual(yield* state.replace({ ...write, value: null }, kept), changed(3))
        assert.deepStrictEqual(yield* state.unreadMarks(undefined, 10, me), [])
      }),
    )

    it.effect("gives changes that are made at once versions without a hole, each of another value", () =>
      Effect.gen(function* () {
        const me = yield* newUser()
        const writes = Array.from({ length: 24 }, (_, i) => put(me, `app:${i % 3}`, `${i % 4}`))
        const written = yield* Effect.all(writes, { concurrency: "unbounded" })
        const versions = written.flatMap((one) => (one._tag === "Changed" ? [one.version] : []))
        assert.sameMembers(
          versions,
          versions.map((_, i) => i + 1),
        )
        const { items, version } = yield* (yield* StateStore).page(me, all)
        assert.strictEqual(version, versions.length)
        assert.sameMembers(
          items.map(({ key }) => key),
          ["app:0", "app:1", "app:2"],
        )
        // Equal ones that waited for each other are seen as equal.
        const equal = yield* Effect.all(
          Array.from({ length: 8 }, () => put(me, "app:same", "true")),
          { concurrency: "unbounded" },
        )
        assert.strictEqual(equal.filter(({ _tag }) => _tag === "Changed").length, 1)
      }),
    )

    it.effect("is read by key, from behind a key, and by how keys begin", () =>
      Effect.gen(function* () {
        const me = yield* newUser()
        for (const key of ["draft:2", "app:b", "draft:10", "app_", "app:a"]) yield* put(me, key, "{}")
        const keys = (range: Partial<typeof all>) =>
          Effect.map(
            Effect.flatMap(StateStore, (state) => state.page(me, { ...all, ...range })),
            ({ items }) => items.map(({ key }) => key),
          )
        assert.deepStrictEqual(yield* keys({}), ["app:a", "app:b", "app_", "draft:10", "draft:2"])
        assert.deepStrictEqual(yield* keys({ prefix: "app:" }), ["app:a", "app:b"])
        assert.deepStrictEqual(yield* keys({ prefix: "draft:", after: "draft:10" }), ["draft:2"])
        assert.deepStrictEqual(yield* keys({ limit: 2 }), ["app:a", "app:b"])
        assert.deepStrictEqual(yield* keys({ after: "zzz" }), [])
      }),
    )

    it.effect("returns the current value of each key that changed after a version, in pages", () =>
      Effect.gen(function* () {
        const me = yield* newUser()
        const state = yield* StateStore
        for (const [key, value] of [
          ["app:a", "1"],
          ["app:b", "1"],
          ["app:a", "2"],
          ["app:c", "1"],
          ["app:b", null],
        ] as const)
          yield* put(me, key, value)
        const items = [entry("app:a", "2", 3), entry("app:c", "1", 4), entry("app:b", null, 5)]
        assert.deepStrictEqual(yield* state.since(me, 0, 10, true), { _tag: "Changes", items, version: 5 })
        assert.deepStrictEqual(yield* state.since(me, 3, 1, true), {
          _tag: "Changes",
          items: items.slice(1, 2),
          version: 5,
        })
        assert.deepStrictEqual(yield* state.since(me, 5, 10, true), { _tag: "Changes", items: [], version: 5 })
        assert.deepStrictEqual(yield* state.since(me, 6, 10, true), { _tag: "Reset", version: 5 })
        const [nobody] = [yield* newUser()]
        assert.deepStrictEqual(yield* state.since(nobody, 0, 10, true), { _tag: "Changes", items: [], version: 0 })
        assert.deepStrictEqual(yield* state.standings([me, nobody]), [
          { user_id: me, version: 5, blockers: [] },
          { user_id: nobody, version: 0, blockers: [] },
        ])
      }),
    )

    it.effect("removes the state about a chat, of some or of all users", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(3)
        const [a, b, c] = members as [UserId, UserId, UserId]
        const state = yield* StateStore
        for (const user_id of [a, b, c]) {
          yield* put(user_id, `chat:${chat_id}`, "{}", chat_id)
          yield* put(user_id, "app:a", "1")
        }
        const gone = (user_id: UserId) => ({ user_id, key: `chat:${chat_id}`, version: 3 })
        assert.deepStrictEqual(yield* state.forgetChat(chat_id, [b]), [gone(b)])
        assert.deepStrictEqual(yield* state.forgetChat(chat_id, undefined), [gone(a), gone(c)])
        assert.deepStrictEqual(yield* state.forgetChat(chat_id, undefined), [])
        assert.deepStrictEqual(yield* state.page(b, all), { items: [entry("app:a", "1", 2)], version: 3 })
      }),
    )

    it.effect("is deleted with the account, also a write that was under way", () =>
      Effect.gen(function* () {
        const [me, other] = [yield* newUser(), yield* newUser()]
        const [state, deletions] = [yield* StateStore, yield* DeletionStore]
        for (const user_id of [me, other]) yield* put(user_id, "app:a", "1")
        yield* deletions.mark(me, now)
        assert.deepStrictEqual(yield* state.page(me, all), { items: [], version: 0 })
        yield* put(me, "app:late", "1")
        yield* deletions.finish(me, now)
        assert.deepStrictEqual(yield* state.page(me, all), { items: [], version: 0 })
        assert.strictEqual((yield* state.page(other, all)).items.length, 1)
      }),
    )
  })
}

/** `count` present keys, whose versions end at `version`, and one that was removed at `removed`. */
type Seed<R> = (user_id: UserId, version: number, count: number, removed: number) => Effect.Effect<void, Unavailable, R>

const nth = (i: number) => `app:${i}`

const seedMemory: Seed<Tables> = Effect.fnUntraced(function* (user_id, version, count, removed) {
  const { state } = yield* Tables
  const rows = Array.from({ length: count }, (_, i) => entry(nth(i), "1", version - count + 1 + i))
  const entries = [...rows, entry("app:gone", null, removed)].map(
    (row) => [row.key, { ...row, chat_id: null }] as const,
  )
  state.set(user_id, { version, purged: 0, entries: new Map(entries) })
})

const seedPostgres: Seed<Database> = Effect.fnUntraced(function* (user_id, version, count, removed) {
  const { query } = yield* Database
  const me = number(user_id)
  yield* query(`insert into user_heads (user_id, version) values ($1::bigint, $2::bigint)`, [me, number(version)])
  yield* query(
    `insert into user_state (user_id, key, value, version)
     select $1::bigint, 'app:' || i, '1', $2::bigint - $3::bigint + 1 + i from generate_series(0, $3::bigint - 1) i
     union all select $1::bigint, 'app:gone', null, $4::bigint`,
    [me, number(version), number(count), number(removed)],
  )
})

const limitsHold = <R>(seed: Seed<R>) =>
  Effect.gen(function* () {
    const state = yield* StateStore
    const me = 4711 as UserId
    yield* seed(me, maxStateKeys + 1, maxStateKeys, 1)
    assert.deepStrictEqual(yield* put(me, "app:more", "1"), { _tag: "Full", most: maxStateKeys })
    assert.deepStrictEqual(yield* put(me, nth(0), "2"), changed(5_002))
    // The removed one and all others have changed since: more than a replay may have.
    assert.deepStrictEqual(yield* state.since(me, 0, 1, true), { _tag: "Reset", version: 5_002 })
    const items = [entry(nth(1), "1", 3)]
    assert.deepStrictEqual(yield* state.since(me, 1, 1, true), { _tag: "Changes", items, version: 5_002 })
    assert.deepStrictEqual(yield* put(me, nth(1), null), changed(5_003))
    assert.deepStrictEqual(yield* put(me, "app:more", "1"), changed(5_004))

    const other = 4712 as UserId
    yield* seed(other, 15_999, 1, 6_000)
    const gone = [entry("app:gone", null, 6_000)]
    assert.deepStrictEqual(yield* state.since(other, 5_999, 1, true), { _tag: "Changes", items: gone, version: 15_999 })
    assert.deepStrictEqual(yield* put(other, nth(0), "2"), changed(16_000))
    // A client from before a forgotten removal cannot receive it.
    assert.deepStrictEqual(yield* state.since(other, 5_999, 1, true), { _tag: "Reset", version: 16_000 })
    const left = [entry(nth(0), "2", 16_000)]
    assert.deepStrictEqual(yield* state.since(other, 6_000, 1, true), { _tag: "Changes", items: left, version: 16_000 })
  })

const limits = "keeps a limited number of keys, forgets the oldest removals, and then resets who has not heard of them"
layer(StateStore.layerMemory.pipe(Layer.provideMerge(Tables.layer)))("StateStore in memory, full", (it) => {
  it.effect(limits, () => limitsHold(seedMemory))
})
layer(StateStore.layer.pipe(Layer.provideMerge(postgres)), { excludeTestServices: true })(
  "StateStore on PostgreSQL, full",
  (it) => {
    it.effect(limits, () => limitsHold(seedPostgres))
  },
)
