// A remote PostgreSQL server: waits for it at start, then uses pools that reconnect.
import { PgClient, PgPool } from "@effect/sql-pg"
import { type Duration, Effect, Redacted, Result, Schedule, type Scope } from "effect"
import type { Reactivity } from "effect/reactivity"
import { SqlClient } from "effect/sql"
import { parsePostgresUrl } from "../../config/PostgresUrl.ts"
import { DatabaseUnreachable, mayCome, unreachable } from "../server/DatabaseUnreachable.ts"
import { PostgresServer } from "../server/PostgresServer.ts"
import { checkRequirements } from "../server/requirements.ts"
import { find, watch } from "../server/watch.ts"
import { migrate } from "./migrate.ts"
import { historyTable, migrationName } from "./migrationHistory.ts"
import { text } from "./params.ts"
import { wordsOf } from "./unavailable.ts"

export interface PostgresOptions {
  readonly url: Redacted.Redacted
  /** The schema of all tables; undefined: the server's own search path decides. */
  readonly schema?: string | undefined
  /** Connections of the pool; one more checks whether the server accepts writes. */
  readonly maxConnections: number
  /** Whether there are other nodes. */
  readonly inCluster?: boolean
  /** How long to wait at start for a database that is unavailable; 30 s when absent; 0: not at all. */
  readonly timeout?: Duration.Input
  /** The last migration to apply; all when absent. */
  readonly last?: string | undefined
}

/** Waits for a server that is still starting, and migrates its tables. */
const prepare = Effect.fnUntraced(function* (
  server: PostgresServer,
  { inCluster, last, timeout = "30 seconds", schema }: PostgresOptions,
) {
  const { host, session, started } = yield* find(server).pipe(
    Effect.tapError((error) =>
      timeout !== 0 && mayCome(error)
        ? Effect.logWarning("Waiting for the database", { reason: wordsOf(error) })
        : Effect.void,
    ),
    Effect.retry({
      while: (error) => timeout !== 0 && mayCome(error),
      schedule: Schedule.spaced("2 seconds").pipe(Schedule.upTo({ duration: timeout })),
    }),
  )
  server.moveTo(host, started)
  const another = Effect.map(server.to(host), ({ connection }) => connection)
  const { settings } = server
  const location = yield* checkRequirements({ settings, another }, session.connection, inCluster === true)
  const client = yield* PgClient.make(server.pool(1))
  yield* Effect.provideService(migrate(schema, last), SqlClient.SqlClient, client)
  return location
}, Effect.scoped)

/** The settings that `-c name=value` and `--name=value` set. */
const setBy = (options: string): ReadonlyArray<string> =>
  [...options.matchAll(/(?:^|\s)(?:-c\s*|--)([\w.-]+)=/g)].map(([, name = ""]) =>
    name.replaceAll("-", "_").toLowerCase(),
  )

const serverOf = Effect.fnUntraced(function* (options: PostgresOptions) {
  const url = parsePostgresUrl(Redacted.value(options.url))
  if (Result.isFailure(url)) return yield* new DatabaseUnreachable({ reason: `it ${url.failure}` })
  const server = new PostgresServer(url.success, options.schema)
  const twice = setBy(url.success.options ?? "").find((name) => name in server.settings)
  if (twice !== undefined) {
    return yield* new DatabaseUnreachable({ reason: `its options must not set ${twice}, which Confab sets itself` })
  }
  return { server, url: url.success }
})

/** What a look at a database shows. */
export interface Examination {
  readonly location: string
  /** The names of the migrations that it has had. */
  readonly applied: ReadonlyArray<string>
}

/** Looks whether a server could use the database; does not wait, and changes nothing. */
export const examine = Effect.fnUntraced(function* (
  options: PostgresOptions,
): Effect.fn.Return<Examination, DatabaseUnreachable, Scope.Scope | Reactivity.Reactivity> {
  const { server, url } = yield* serverOf(options)
  return yield* Effect.gen(function* () {
    const { host, session } = yield* find(server)
    server.moveTo(host, 0)
    const { connection } = session
    const another = Effect.map(server.to(host), (more) => more.connection)
    const examined = { settings: server.settings, another }
    const location = yield* checkRequirements(examined, connection, options.inCluster === true)
    const [table] = (yield* connection.query("select to_regclass($1) is not null as there", [text(historyTable)])).rows
    if (table?.there !== true) return { location, applied: [] }
    const { rows } = yield* connection.query(`select migration_id as id, name from ${historyTable} order by 1`, [])
    return { location, applied: rows.map(({ id, name }) => migrationName(Number(id), String(name))) }
  }).pipe(Effect.catchTag("SqlError", (error) => Effect.fail(unreachable(error, url))))
})

/** Connections to a server that accepts writes, opened on demand, and its location. */
export const connect = Effect.fnUntraced(function* (options: PostgresOptions) {
  const { server, url } = yield* serverOf(options)
  const location = yield* prepare(server, options).pipe(
    Effect.catchTags({
      SqlError: (error) => Effect.fail(unreachable(error, url)),
      SchemaRefused: ({ reason }) => Effect.fail(new DatabaseUnreachable({ reason })),
    }),
  )
  const pool = yield* Effect.mapError(PgPool.make(server.pool(options.maxConnections)), (error) =>
    unreachable(error, url),
  )
  yield* watch(server)
  return { pool, location, server }
})

/** The connection that checks whether the server accepts writes. */
export const watchConnections = 1
