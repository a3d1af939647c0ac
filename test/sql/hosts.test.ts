// Several hosts in DATABASE_URL: of two real servers, the one that takes writes is the one that is used, also when that changes.
import { afterAll, assert, beforeAll, layer } from "@effect/vitest"
import { Deferred, Effect, Layer, Logger, Redacted } from "effect"
import { vi } from "vitest"
import { Database } from "../../src/sql/database/Database.ts"
import { Postgres } from "../faults/Postgres.ts"
import { Wire } from "../support/Wire.ts"

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

let one: Postgres
let other: Postgres
beforeAll(async () => {
  ;[one, other] = await Promise.all([Postgres.start(), Postgres.start()])
})
afterAll(async () => {
  await Promise.all([one?.[Symbol.asyncDispose](), other?.[Symbol.asyncDispose]()])
})

const portOf = (postgres: Postgres) => Number(new URL(postgres.url).port)

const open = (ports: ReadonlyArray<number>, parameters = "") => {
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join(",")
  const url = Redacted.make(`postgresql://confab:confab@${hosts}/confab${parameters}`)
  return Layer.build(Database.layerPostgres({ url, maxConnections: 2, timeout: 0 }))
}

/** By a default of the database, which only sessions have that begin after it. */
const sessionsWrite = (does: boolean) =>
  Effect.promise(() =>
    one.query(
      `begin read write; alter database confab ${does ? "reset default_transaction_read_only" : "set default_transaction_read_only = on"}; commit`,
    ),
  )

/** Where statements are carried out; undefined: one was cut off when the connections moved. */
const port = Effect.flatMap(Database, ({ query }) => query<{ port: number }>("select inet_server_port() as port")).pipe(
  Effect.map(([row]) => row?.port),
  Effect.orElseSucceed(() => undefined),
)

layer(Layer.empty, { excludeTestServices: true })("Of several hosts", (it) => {
  it.effect("one that is not there is passed over", () =>
    Effect.gen(function* () {
      const services = yield* open([1, portOf(one)])
      assert.strictEqual(yield* Effect.provide(port, services), portOf(one))
    }),
  )

  it.effect("the first one is named when none is there", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(open([1, 2]))
      assert.include(error.message, "ECONNREFUSED 127.0.0.1:1 ")
    }),
  )

  it.effect("sessions that began while it took no writes end as soon as it does", () =>
    Effect.gen(function* () {
      const services = yield* open([portOf(one)])
      const ping = Effect.flatMap(Database, (database) => database.ping).pipe(Effect.provide(services))
      yield* Effect.acquireRelease(sessionsWrite(false), () => sessionsWrite(true))
      yield* Effect.promise(() => one.disconnectAll())
      yield* Effect.flip(ping).pipe(Effect.eventually, Effect.timeout("20 seconds"))
      yield* sessionsWrite(true)
      yield* Effect.eventually(ping).pipe(Effect.timeout("20 seconds"))
    }),
  )

  it.effect("sessions stay while the server was only late, though a standby was asked in the meantime", () =>
    Effect.gen(function* () {
      yield* Effect.acquireRelease(
        Effect.promise(() => other.takeWrites(false)),
        () => Effect.promise(() => other.takeWrites(true)),
      )
      const wire = yield* Effect.acquireRelease(
        Effect.promise(() => Wire.to(one.url)),
        (wire) => Effect.promise(() => wire.close()),
      )
      const [wasAway, isBack] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const logger = Logger.make(({ message }) => {
        if (String(message).includes("No database takes writes")) Deferred.doneUnsafe(wasAway, Effect.void)
        if (String(message).includes("All connections lead to")) Deferred.doneUnsafe(isBack, Effect.void)
      })
      const services = yield* open([wire.port, portOf(other)]).pipe(Effect.provide(Logger.layer([logger])))
      const session = Effect.flatMap(Database, ({ query }) =>
        query<{ pid: number }>("select pg_backend_pid() as pid"),
      ).pipe(Effect.provide(services))
      const before = yield* session
      const pid = before[0]?.pid ?? 0
      // Only new connections fail, and only the watch needs one.
      wire.leadTo("postgresql://127.0.0.1:1")
      yield* Effect.promise(() =>
        one.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = 'confab' and pid not in (${pid}, pg_backend_pid())`,
        ),
      )
      yield* Effect.timeout(Deferred.await(wasAway), "20 seconds")
      wire.leadTo(one.url)
      yield* Effect.timeout(Deferred.await(isBack), "20 seconds")
      assert.deepStrictEqual(yield* session, before)
    }),
  )

  it.effect("the one that takes writes is used, and the other one as soon as that changes", () =>
    Effect.gen(function* () {
      yield* Effect.acquireRelease(
        Effect.promise(() => one.takeWrites(false)),
        () => Effect.promise(() => one.takeWrites(true)),
      )
      const services = yield* open([portOf(one), portOf(other)], "?target_session_attrs=read-write")
      assert.strictEqual(yield* Effect.provide(port, services), portOf(other))
      // Its own tables, of the same version.
      yield* Effect.scoped(open([portOf(other)]))
      yield* Effect.promise(() => one.takeWrites(true))
      yield* Effect.scoped(open([portOf(one)]))
      yield* Effect.acquireRelease(
        Effect.promise(() => other.takeWrites(false)),
        () => Effect.promise(() => other.takeWrites(true)),
      )
      yield* Effect.provide(port, services).pipe(
        Effect.repeat({ until: (now) => now === portOf(one) }),
        Effect.timeout("20 seconds"),
      )
      yield* Effect.flatMap(Database, ({ ping }) => ping).pipe(Effect.provide(services))
    }),
  )
})
