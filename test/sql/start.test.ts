// A server's start in a database that another program made.
import { randomBytes } from "node:crypto"
import { PgClient } from "@effect/sql-pg"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { Reactivity } from "effect/reactivity"
import { Migrator, SqlClient } from "effect/sql"
import { inject } from "vitest"
import { Database } from "../../src/sql/database/Database.ts"
import { inTurn } from "../../src/sql/database/migrate.ts"
import type { PostgresOptions } from "../../src/sql/database/postgresServer.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"
import { newUser, repositories } from "../support/sql.ts"

/** The tests' server as its superuser. */
class Admin extends Context.Service<Admin, PgClient.PgClient>()("confab/test/Admin") {
  static readonly layer = Layer.effect(
    Admin,
    Effect.suspend(() => PgClient.make({ url: Redacted.make(inject("postgresUrl")), maxConnections: 1 })),
  ).pipe(Layer.provide(Reactivity.layer))
}

const random = () => randomBytes(6).toString("hex")

/** A database of its own, with `how` after `create database`, until the scope ends. */
const newDatabase = Effect.fnUntraced(function* (how = "") {
  const admin = yield* Admin
  const name = `start_${random()}`
  yield* Effect.acquireRelease(admin`create database ${admin(name)} ${admin.literal(how)}`, () =>
    Effect.orDie(admin`drop database ${admin(name)} with (force)`),
  )
  const url = new URL(inject("postgresUrl"))
  url.pathname = `/${name}`
  return url
})

const redacted = (url: URL) => Redacted.make(url.href)

/** As its superuser, until the scope ends. */
const within = (url: URL) => Effect.provide(PgClient.make({ url: redacted(url), maxConnections: 1 }), Reactivity.layer)

const open = (url: URL, options: Partial<PostgresOptions> = {}) =>
  Layer.build(
    repositories.pipe(
      Layer.provideMerge(Database.layerPostgres({ url: redacted(url), maxConnections: 2, ...options })),
    ),
  )

/** Why it is refused, which must be one line. */
const refusal = Effect.fnUntraced(function* (url: URL, options: Partial<PostgresOptions> = {}) {
  const error = yield* Effect.flip(open(url, { timeout: 0, ...options }))
  assert.strictEqual(error._tag, "DatabaseUnreachable")
  assert.match(error.message, /^The database in DATABASE_URL cannot be used: [^\n]+$/)
  return error.message.replace("The database in DATABASE_URL cannot be used: ", "")
})

/** The server works: a user is stored and found. */
const works = (services: Context.Context<UserStore>) =>
  Effect.gen(function* () {
    const users = yield* UserStore
    const id = yield* newUser()
    assert.strictEqual((yield* users.byIds([id])).length, 1)
    return id
  }).pipe(Effect.provide(services))

const tablesOf = Effect.fnUntraced(function* (url: URL) {
  const sql = yield* within(url)
  const rows = yield* sql<{ name: string }>`select schemaname || '.' || tablename as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema') order by 1`
  return rows.map(({ name }) => name)
})

layer(Admin.layer)("A database", (it) => {
  for (const encoding of ["LATIN1", "SQL_ASCII"]) {
    it.effect(`that is ${encoding} is refused, and the line says how to make a right one`, () =>
      Effect.gen(function* () {
        const url = yield* newDatabase(`encoding '${encoding}' locale 'C' template template0`)
        const reason = yield* refusal(url)
        assert.include(reason, `its encoding is ${encoding}`)
        assert.include(reason, "create database confab encoding 'UTF8' template template0")
        assert.deepStrictEqual(yield* tablesOf(url), [])
      }),
    )
  }

  it.effect("that is not there is named, with what makes it", () =>
    Effect.gen(function* () {
      const url = new URL(inject("postgresUrl"))
      url.pathname = "/nowhere"
      assert.strictEqual(
        yield* refusal(url),
        `database "nowhere" does not exist (make it: create database "nowhere" encoding 'UTF8' template template0)`,
      )
    }),
  )

  it.effect("with a wrong password is reported in PostgreSQL's words", () =>
    Effect.gen(function* () {
      const url = yield* newDatabase()
      url.password = "hidden"
      const reason = yield* refusal(url)
      assert.match(reason, /^password authentication failed for user "postgres" \(DATABASE_URL must have the user and/)
      assert.notInclude(reason, "hidden")
      url.password = ""
      assert.match(yield* refusal(url), /^The server requested password authentication/)
    }),
  )

  it.effect("on a server that does not exist is reported without the password", () =>
    Effect.gen(function* () {
      const refused = yield* refusal(new URL("postgres://user:hidden@127.0.0.1:1/confab"))
      assert.match(refused, /^connect ECONNREFUSED 127\.0\.0\.1:1 \(is PostgreSQL running there/)
      const unknown = yield* refusal(new URL("postgres://user:hidden@no-such-host.invalid/confab"))
      assert.match(unknown, /^getaddrinfo \w+ no-such-host\.invalid \(does DATABASE_URL have the right host\?\)$/)
      const socket = yield* refusal(new URL("postgres://user:hidden@%2Fnowhere/confab"))
      assert.match(socket, /^connect ENOENT \/nowhere\/\.s\.PGSQL\.5432 \(is PostgreSQL running/)
    }),
  )

  it.effect("without TLS is refused where the URL asks for it", () =>
    Effect.gen(function* () {
      const url = yield* newDatabase()
      url.search = "?sslmode=require"
      assert.strictEqual(yield* refusal(url), "The server does not support TLS (sslmode=disable does without it)")
      url.search = "?sslmode=prefer"
      yield* works(yield* open(url))
    }),
  )

  it.effect("keeps what the URL asks of its sessions", () =>
    Effect.gen(function* () {
      const url = yield* newDatabase()
      url.search = "?application_name=my%20chat&options=-c%20work_mem%3D5MB"
      const services = yield* open(url)
      const rows = yield* Effect.flatMap(Database, ({ query }) =>
        query(`select current_setting('application_name') as name, current_setting('work_mem') as memory`),
      ).pipe(Effect.provide(services))
      assert.deepStrictEqual(rows, [{ name: "my chat", memory: "5MB" }])
      url.search = "?options=-c%20statement_timeout%3D5"
      assert.include(yield* refusal(url), "its options must not set statement_timeout, which Confab sets itself")
    }),
  )

  it.effect("in which the user may create no tables is reported with the missing grant", () =>
    Effect.gen(function* () {
      const admin = yield* Admin
      const url = yield* newDatabase()
      const user = `user_${random()}`
      yield* Effect.acquireRelease(admin`create role ${admin(user)} login password 'hidden'`, () =>
        Effect.orDie(admin`drop role ${admin(user)}`),
      )
      url.username = user
      url.password = "hidden"
      const reason = yield* refusal(url)
      assert.match(reason, /^permission denied for schema public \(/)
      assert.include(reason, `grant create, usage on schema public to ${user}`)
      assert.include(reason, "DATABASE_SCHEMA")
      assert.match(yield* refusal(url, { schema: "chat" }), /^permission denied for database start_/)
    }),
  )

  it.effect("with another program's `users` is left as it is, and a schema is the way out", () =>
    Effect.gen(function* () {
      const url = yield* newDatabase()
      const sql = yield* within(url)
      yield* sql`create table users (name text)`
      yield* sql`create table migrations (migration_id integer, name text)`
      yield* sql`insert into migrations values (1, 'initial')`
      const reason = yield* refusal(url)
      assert.include(reason, `relation "users" already exists`)
      assert.include(reason, "DATABASE_SCHEMA")
      assert.deepStrictEqual(yield* tablesOf(url), ["public.migrations", "public.users"])
      yield* works(yield* open(url, { schema: "chat" }))
      const tables = yield* tablesOf(url)
      assert.include(tables, "chat.users")
      assert.include(tables, "chat.confab_migrations")
      assert.deepStrictEqual(
        tables.filter((name) => name.startsWith("public.")),
        ["public.migrations", "public.users"],
      )
    }),
  )

  it.effect("may have another program's `migrations`, of any form", () =>
    Effect.gen(function* () {
      for (const columns of [
        "id serial, name text",
        "migration_id integer, name text",
        "migration_id text, name text",
      ]) {
        const url = yield* newDatabase()
        const sql = yield* within(url)
        yield* sql`create table migrations (${sql.literal(columns)})`
        yield* sql`insert into migrations values (1, 'create_orders')`
        yield* works(yield* open(url))
        assert.deepStrictEqual(yield* sql`select name from migrations`, [{ name: "create_orders" }])
      }
    }),
  )

  it.effect("may have several Confabs, each in a schema, also one with a name that SQL knows", () =>
    Effect.gen(function* () {
      const url = yield* newDatabase()
      const ids = yield* Effect.forEach(["user", "table", undefined], (schema) =>
        Effect.flatMap(open(url, { schema }), works),
      )
      assert.deepStrictEqual(ids, [1, 1, 1])
      // And once more, when all is there.
      assert.strictEqual(yield* works(yield* open(url, { schema: "user" })), 2)
    }),
  )

  it.effect("of a newer Confab is refused", () =>
    Effect.gen(function* () {
      const url = yield* newDatabase()
      yield* open(url)
      const sql = yield* within(url)
      yield* sql`insert into confab_migrations (migration_id, name) values (9000, 'flying_cars')`
      const reason = yield* refusal(url)
      assert.match(
        reason,
        /^its tables are of a newer Confab, which has the migration 9000_flying_cars; this one knows/,
      )
    }),
  )

  it.effect("that accepts no writes is waited for, then reported", () =>
    Effect.gen(function* () {
      const admin = yield* Admin
      const url = yield* newDatabase()
      const name = url.pathname.slice(1)
      yield* admin`alter database ${admin(name)} set default_transaction_read_only = on`
      const { hostname, port } = url
      assert.match(yield* refusal(url), new RegExp(`^${hostname}:${port} takes no writes: it is a standby`))
    }),
  )
})

/** As Confab did it before the table had a name of its own. */
const formerMigrate = (loader: Migrator.Loader) => inTurn(Migrator.make({})({ loader, table: "migrations" }))

/** What a former Confab leaves. */
const formerly = Effect.fnUntraced(function* (url: URL) {
  yield* open(url)
  const sql = yield* within(url)
  yield* sql`alter table confab_migrations rename to migrations`
  yield* sql`alter index confab_migrations_pkey rename to migrations_pkey`
  return sql
})

layer(Admin.layer)("The table of migrations", (it) => {
  it.effect("is renamed once, with all that it knows", () =>
    Effect.gen(function* () {
      const url = yield* newDatabase()
      const sql = yield* formerly(url)
      const before = yield* sql`select * from migrations order by migration_id`
      for (let i = 0; i < 2; i++) {
        yield* works(yield* open(url))
        assert.deepStrictEqual(yield* sql`select * from confab_migrations order by migration_id`, before)
        // The name is free again, for others.
        const [row] = yield* sql`select to_regclass('migrations') as table, to_regclass('migrations_pkey') as index`
        assert.deepStrictEqual(row, { table: null, index: null })
      }
    }),
  )

  it.effect("is renamed by one of several that start at once, and by none that is older", () =>
    Effect.gen(function* () {
      const url = yield* newDatabase()
      const sql = yield* formerly(url)
      const history = yield* sql<{ migration_id: number; name: string }>`select * from migrations order by 1`
      const loader = Migrator.fromRecord(
        Object.fromEntries(
          history.map(({ migration_id, name }) => [
            `${migration_id}_${name}`,
            Effect.flatMap(SqlClient.SqlClient, (client) => client`create table users ()`),
          ]),
        ),
      )
      const older = Effect.flatMap(within(url), (client) =>
        Effect.result(Effect.provideService(formerMigrate(loader), SqlClient.SqlClient, client)),
      )
      const all = yield* Effect.all(
        [older, Effect.flatMap(open(url), works), older, Effect.flatMap(open(url), works)],
        {
          concurrency: "unbounded",
        },
      )
      assert.isAbove(Number(all[3]), 0)
      assert.deepStrictEqual(yield* sql`select * from confab_migrations order by migration_id`, history)
      assert.deepStrictEqual(yield* sql`select to_regclass('migrations') as table`, [{ table: null }])
    }),
  )
})
