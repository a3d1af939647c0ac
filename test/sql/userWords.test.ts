// Users from before search words existed, or whom an earlier release has renamed since.

import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient } from "effect/sql"
import { Database } from "../../src/sql/database/Database.ts"
import { DeletionStore } from "../../src/sql/deletions/DeletionStore.ts"
import userWords from "../../src/sql/migrations/0007_user_words.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"
import { newDatabase, now, repositories } from "../support/sql.ts"

/** As it was before the migration. */
const former = [
  "drop table user_words",
  "drop index users_unworded",
  "alter table users drop column words_of, drop column words",
  "create index users_display_name on users (display_name_key)",
]

const asBefore = (username: string, display_name: string) =>
  `insert into users (username, username_key, email, email_key, display_name, display_name_key, password_hash, created_at)
   values ('${username}', '${username}', '${username}@x', '${username}@x', '${display_name}', '${display_name}', 'h', now())`

const run = Effect.fnUntraced(function* (...statements: ReadonlyArray<string>) {
  const { query } = yield* Database
  for (const statement of statements) yield* query(statement)
})

const search = Effect.fnUntraced(function* (query: string) {
  const users = yield* UserStore
  return (yield* users.search(query, 5_000)).map(({ username }) => username)
})

describe("Search words", () => {
  it.live("are made for all users when the schema is migrated, and later for users that lack them", () =>
    Effect.gen(function* () {
      const url = yield* newDatabase
      const start = () =>
        repositories.pipe(Layer.provideMerge(Database.layerPostgres({ url, maxConnections: 1 })), Layer.fresh)
      yield* run(
        ...former,
        asBefore("first", "Élodie Ёлкин"),
        `insert into users (username, username_key, email, email_key, display_name, password_hash, created_at)
         select 'p' || i, 'p' || i, 'p' || i, 'p' || i, 'Crowd ' || i, 'h', now() from generate_series(1, 4100) i`,
        asBefore("last", "Éva İstanbul"),
      ).pipe(Effect.provide(start()))
      const client = yield* PgClient.make({ url, maxConnections: 1 })
      yield* Effect.provideService(userWords, SqlClient.SqlClient, client)
      yield* Effect.gen(function* () {
        const users = yield* UserStore
        assert.deepStrictEqual(yield* search("елк elodie"), ["first"])
        assert.deepStrictEqual(yield* search("istan"), ["last"])
        assert.strictEqual((yield* search("crowd")).length, 4_100)
        assert.strictEqual(yield* users.fillWords(10), 0)
        yield* run(asBefore("later", "Zoë"), "update users set display_name = 'Noël' where username = 'first'")
        assert.deepStrictEqual(yield* search("zoe"), [])
        assert.strictEqual(yield* users.fillWords(1), 1)
        assert.strictEqual(yield* users.fillWords(10), 1)
        assert.strictEqual(yield* users.fillWords(10), 0)
        assert.deepStrictEqual(
          [yield* search("zoe"), yield* search("noel"), yield* search("elodie")],
          [["later"], ["first"], []],
        )
        const { query } = yield* Database
        const [row] = yield* query<{ n: number }>("select count(*)::int as n from user_words where word like 'elo%'")
        assert.strictEqual(row?.n, 0)
      }).pipe(Effect.provide(start()))
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer)),
  )

  it.live("go with the account", () =>
    Effect.gen(function* () {
      const users = yield* UserStore
      const { query } = yield* Database
      const { id } = yield* users.create({
        username: "gone",
        email: "gone@x",
        display_name: "Somebody",
        password_hash: "h",
        created_at: now,
      })
      const departures = yield* DeletionStore
      assert.deepStrictEqual(yield* search("someb"), ["gone"])
      yield* departures.mark(id, now)
      assert.deepStrictEqual(yield* search("someb"), [])
      assert.deepStrictEqual(yield* query("select word from user_words"), [])
      assert.deepStrictEqual(
        yield* query("select id::float8 from users where words is not null or words_of is not null"),
        [],
      )
      assert.strictEqual(yield* users.fillWords(10), 0)
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
