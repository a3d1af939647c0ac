import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import { join } from "node:path"
import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Redacted, Result, Scope } from "effect"
import { Reactivity } from "effect/reactivity"
import { TestClock } from "effect/testing"
import { Unavailable } from "../../src/domain/errors.ts"
import { Database } from "../../src/sql/database/Database.ts"
import { Journal } from "../../src/sql/journal/Journal.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"
import { openToOthers, startedBefore } from "../support/dataDir.ts"
import { change, newDatabase, newDirectory, newGroup, newUser, repositories, send, standing } from "../support/sql.ts"

/** A layer's services until the scope ends. */
const open = <A, E>(layer: Layer.Layer<A, E>) => Layer.build(layer)

const embedded = (dataDir: string) => repositories.pipe(Layer.provideMerge(Database.layerEmbedded(dataDir)))

// The first test's start, in an empty directory, takes seconds where the machine is busy.
describe("The embedded database", { timeout: 120_000 }, () => {
  it.effect("what was committed is there when the directory is opened again", () =>
    Effect.gen(function* () {
      const directory = join(yield* newDirectory, "deep", "data")
      // A first start that was killed leaves half of what it made.
      mkdirSync(join(directory, "pg.new", "base"), { recursive: true })
      writeFileSync(join(directory, "pg.new", "PG_VERSION"), "18")
      const written = yield* Effect.scoped(
        Effect.gen(function* () {
          const services = yield* open(embedded(directory))
          return yield* Effect.gen(function* () {
            const { chat_id, members } = yield* newGroup(2)
            yield* send(chat_id, members[0]!, "kept")
            return yield* standing(chat_id)
          }).pipe(Effect.provide(services))
        }),
      )
      const read = Effect.provide(standing(written.id), yield* open(embedded(directory)))
      assert.deepStrictEqual(yield* read, written)
      assert.deepStrictEqual(openToOthers(directory), [])
    }),
  )

  it.effect("a second server on its directory is refused by name, until the first has stopped", () =>
    Effect.gen(function* () {
      const directory = startedBefore(yield* newDirectory)
      const first = yield* Scope.make()
      yield* Effect.provideService(open(Database.layerEmbedded(directory)), Scope.Scope, first)
      const refused = yield* Effect.flip(open(Database.layerEmbedded(directory)))
      assert.strictEqual(refused._tag, "DataDirInUse")
      assert.include(refused.message, directory)
      yield* Scope.close(first, Exit.void)
      assert.isFalse(existsSync(join(directory, "run")))
      yield* open(Database.layerEmbedded(directory))
    }),
  )

  it.effect(
    "a server in another process holds it, and when it is killed lets go of it with all that was committed",
    () =>
      Effect.gen(function* () {
        const directory = startedBefore(yield* newDirectory)
        const source = (path: string) => JSON.stringify(join(import.meta.dirname, "../../src", path))
        const script = `
        import { Effect, Layer } from "effect"
        import { Database } from ${source("sql/database/Database.ts")}
        import { UserStore } from ${source("sql/users/UserStore.ts")}
        const user = { username: "kept", email: "kept@example.org", display_name: "K", password_hash: "h", created_at: 1 }
        const program = Effect.gen(function* () {
          const users = yield* UserStore
          yield* users.create(user)
          process.stdout.write("committed")
          return yield* Effect.never
        })
        const layer = UserStore.layer.pipe(Layer.provide(Database.layerEmbedded(${JSON.stringify(directory)})))
        await Effect.runPromise(Effect.provide(program, layer))`
        const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
          stdio: ["ignore", "pipe", "inherit"],
          cwd: join(import.meta.dirname, "../.."),
        })
        yield* Effect.addFinalizer(() => Effect.sync(() => child.kill("SIGKILL")))
        const ended = once(child, "exit").then(([code]) => assert.fail(`It ended with ${code}`))
        yield* Effect.promise(() => Promise.race([once(child.stdout, "data"), ended]))
        const refused = yield* Effect.flip(open(Database.layerEmbedded(directory)))
        assert.strictEqual(refused._tag, "DataDirInUse")
        child.kill("SIGKILL")
        yield* Effect.promise(() => ended.catch(() => {}))
        const services = yield* open(embedded(directory))
        const found = yield* Effect.flatMap(UserStore, (users) => users.byLogin("kept")).pipe(Effect.provide(services))
        assert.isDefined(found)
      }),
  )

  it.effect("a directory that cannot be used is named", () =>
    Effect.gen(function* () {
      const refused = yield* Effect.flip(open(Database.layerEmbedded("/dev/null/data")))
      assert.strictEqual(refused._tag, "DataDirUnusable")
      assert.include(refused.message, "/dev/null/data")
    }),
  )

  it.effect("its socket is elsewhere when the directory's path is too long for one", () =>
    Effect.gen(function* () {
      const directory = join(yield* newDirectory, "a".repeat(120))
      mkdirSync(directory)
      startedBefore(directory)
      const services = yield* open(Database.layerEmbedded(directory))
      yield* Effect.flatMap(Database, (database) => database.ping).pipe(Effect.provide(services))
      assert.notInclude(readdirSync(directory), "run")
    }),
  )
})

/** A way to the tests' PostgreSQL that can be cut. */
const newProxy = Effect.gen(function* () {
  const url = new URL(Redacted.value(yield* newDatabase))
  const target = { host: url.hostname, port: Number(url.port) }
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(target)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket
        .on("error", () => {})
        .on("close", () => {
          sockets.delete(socket)
          client.destroy()
          upstream.destroy()
        })
    }
    upstream.pipe(client)
    client.pipe(upstream)
  })
  const listen = (port: number) => Effect.promise(() => once(server.listen(port, "127.0.0.1"), "listening"))
  const close = Effect.promise(async () => {
    const closed = server.listening ? once(server, "close") : undefined
    if (server.listening) server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  })
  yield* listen(0)
  yield* Effect.addFinalizer(() => close)
  const { port } = server.address() as AddressInfo
  url.port = String(port)
  return { url: Redacted.make(url.href), away: close, back: listen(port) }
})

describe("PostgreSQL", () => {
  it.effect("callers receive an error while it is unavailable, and answers once it is back", () =>
    Effect.gen(function* () {
      const proxy = yield* newProxy
      const services = yield* open(Database.layerPostgres({ url: proxy.url, maxConnections: 2 }))
      const database = yield* Effect.provide(Database, services)
      yield* database.ping
      yield* proxy.away
      for (let i = 0; i < 3; i++) assert.strictEqual((yield* Effect.flip(database.ping))._tag, "Unavailable")
      yield* proxy.back
      yield* Effect.retry(database.ping, { times: 2 })
      yield* Effect.all([database.ping, database.ping, database.ping], { concurrency: "unbounded" })
    }),
  )

  it.effect("it is unavailable to those who wait for a connection, as to those who wait for an answer", () =>
    Effect.gen(function* () {
      const url = yield* newDatabase
      const { query } = yield* Effect.provide(Database, yield* open(Database.layerPostgres({ url, maxConnections: 1 })))
      const all = [query("select pg_sleep(60)"), query("select 1"), query("select 2")]
      const answers = yield* Effect.forkChild(Effect.forEach(all, Effect.exit, { concurrency: "unbounded" }))
      yield* TestClock.adjust("5 seconds")
      const unavailable = Exit.fail(new Unavailable())
      assert.deepStrictEqual(yield* Fiber.join(answers), [unavailable, unavailable, unavailable])
    }),
  )

  it.effect("servers that start at once on an empty database all find the tables", () =>
    Effect.gen(function* () {
      const url = yield* newDatabase
      const start = open(repositories.pipe(Layer.provideMerge(Database.layerPostgres({ url, maxConnections: 2 }))))
      const started = yield* Effect.all([start, start, start, start], { concurrency: "unbounded" })
      const ids = yield* Effect.forEach(started, (services) => Effect.provide(newUser(), services))
      assert.strictEqual(new Set(ids).size, 4)
      const found = Effect.flatMap(UserStore, (users) => users.byIds(ids)).pipe(Effect.provide(started[3]!))
      assert.strictEqual((yield* found).length, 4)
    }),
  )

  it.effect("after it has cut all connections the next question is answered", () =>
    Effect.gen(function* () {
      const url = yield* newDatabase
      const services = yield* open(Database.layerPostgres({ url, maxConnections: 3 }))
      yield* Effect.gen(function* () {
        const database = yield* Database
        yield* Effect.all([database.ping, database.ping, database.ping], { concurrency: "unbounded" })
        const admin = yield* Effect.provide(PgClient.make({ url, maxConnections: 1 }), Reactivity.layer)
        const cut = admin`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()`
        const busy = yield* Effect.forkChild(Effect.result(database.query("select pg_sleep(60)")))
        yield* Effect.repeat(
          admin<{ busy: boolean }>`select exists (
            select from pg_stat_activity where datname = current_database() and query like '%pg_sleep(60)%'
              and pid <> pg_backend_pid() and state = 'active') as busy`,
          { until: ([row]) => row?.busy === true },
        )
        yield* cut
        const interrupted = yield* Fiber.join(busy)
        assert(Result.isFailure(interrupted))
        assert.strictEqual(interrupted.failure._tag, "Unavailable")
        yield* Effect.retry(database.ping, { times: 3 })
        yield* Effect.all([database.ping, database.ping, database.ping], { concurrency: "unbounded" })
      }).pipe(Effect.provide(services))
    }),
  )

  it.effect("one that stays away is waited for, then named without its password", () =>
    Effect.gen(function* () {
      const url = Redacted.make("postgres://somebody:secret@127.0.0.1:1/nowhere")
      const starting = yield* Effect.forkChild(
        Effect.flip(open(Database.layerPostgres({ url, maxConnections: 1, timeout: "30 seconds" }))),
      )
      let seconds = 0
      while (starting.pollUnsafe() === undefined && seconds < 120) {
        yield* TestClock.adjust("2 seconds")
        yield* Effect.promise(() => new Promise(setImmediate))
        seconds += 2
      }
      const error = yield* Fiber.join(starting)
      assert.isAtLeast(seconds, 30)
      assert.strictEqual(error._tag, "DatabaseUnreachable")
      assert.include(error.message, "ECONNREFUSED")
      assert.notInclude(error.message, "secret")
    }),
  )

  it.effect("what was sent is folded into the chat before there is much of it", () =>
    Effect.gen(function* () {
      const url = yield* newDatabase
      const services = yield* open(
        repositories.pipe(Layer.provideMerge(Database.layerPostgres({ url, maxConnections: 1 }))),
      )
      yield* Effect.gen(function* () {
        const { query } = yield* Database
        const { chat_id, members } = yield* newGroup(2)
        for (let i = 0; i < 70; i++) yield* send(chat_id, members[i % 2]!, `${i}`, "and more")
        const [chat] = yield* query<{ last_seq: number }>(`select last_seq::float8 from chats where id = ${chat_id}`)
        assert.isAtLeast(chat!.last_seq, 128)
        const marks = yield* query<{ seq: number }>(
          `select last_read_seq::float8 as seq from chat_members where chat_id = ${chat_id} order by seq`,
        )
        assert.isAtLeast(marks[0]!.seq, 124)
      }).pipe(Effect.provide(services))
    }),
  )

  it.effect("a decision before a message that is being committed is refused afterwards", () =>
    Effect.gen(function* () {
      const url = yield* newDatabase
      const services = yield* open(
        repositories.pipe(Layer.provideMerge(Database.layerPostgres({ url, maxConnections: 3 }))),
      )
      yield* Effect.gen(function* () {
        const { query } = yield* Database
        const journal = yield* Journal
        const { chat_id, members } = yield* newGroup(2)
        yield* send(chat_id, members[0]!, "1")
        const at = yield* standing(chat_id)
        const twin = yield* Effect.provide(PgClient.make({ url, maxConnections: 1 }), Reactivity.layer)
        const waits = Effect.repeat(
          query<{ waits: boolean }>(
            "select exists (select from pg_stat_activity where wait_event_type = 'Lock' and query like '%for no key update%') as waits",
          ),
          { until: ([row]) => row?.waits === true },
        )
        // The twin has sent and not yet committed; it has the chat's row, which it does not change.
        const late = yield* twin.withTransaction(
          Effect.gen(function* () {
            yield* twin`select from chats where id = ${chat_id}::bigint for no key update`
            yield* twin`insert into messages (chat_id, seq, sender_id, created_version, version, created_at, text)
              values (${chat_id}::bigint, 2, ${members[0]!}::bigint, ${at.version + 1}::bigint, ${at.version + 1}::bigint, now(), 'twin')`
            const renaming = change(chat_id, at, { summary: { name: "Too late", info: {}, version: at.version + 1 } })
            const late = yield* Effect.forkChild(journal.commit([renaming]))
            yield* waits
            return late
          }),
        )
        assert.deepStrictEqual(yield* Fiber.join(late), [{ _tag: "Stale" }])
        assert.deepInclude(yield* standing(chat_id), { name: "A group", version: at.version + 1, last_seq: 2 })
      }).pipe(Effect.provide(services))
    }),
  )

  it.effect("whose disk was full is missing until there is room for something", () =>
    Effect.gen(function* () {
      const url = yield* newDatabase
      const database = yield* Effect.provide(Database, yield* open(Database.layerPostgres({ url, maxConnections: 1 })))
      /** What a statement may take of the disk, KiB. */
      const room = (limit: number) => database.query(`select set_config('temp_file_limit', '${limit}', false)`)
      yield* room(64)
      yield* database.ping
      const full = database.query("do $$ begin raise exception 'No space left' using errcode = '53100'; end $$")
      assert.strictEqual((yield* Effect.flip(full))._tag, "Unavailable")
      for (let i = 0; i < 2; i++) assert.strictEqual((yield* Effect.flip(database.ping))._tag, "Unavailable")
      yield* room(-1)
      yield* database.ping
      // It is not looked for again.
      yield* room(64)
      yield* database.ping
    }),
  )

  it.effect("one that refuses the password is not waited for", () =>
    Effect.gen(function* () {
      const url = new URL(Redacted.value(yield* newDatabase))
      url.password = "wrong"
      const error = yield* Effect.flip(
        open(Database.layerPostgres({ url: Redacted.make(url.href), maxConnections: 1 })),
      )
      assert.strictEqual(error._tag, "DatabaseUnreachable")
      assert.include(error.message, "password authentication failed")
    }),
  )

  it.effect("the location of the data is shown without the password", () =>
    Effect.gen(function* () {
      const url = yield* newDatabase
      const database = yield* Effect.provide(Database, yield* open(Database.layerPostgres({ url, maxConnections: 1 })))
      const { hostname, port, pathname } = new URL(Redacted.value(url))
      assert.strictEqual(database.location, `${pathname.slice(1)} on ${hostname}:${port}`)
      assert.strictEqual(database.mode, "postgres")
    }),
  )
})
