// A PostgreSQL server somewhere else: reached at start with patience, then through a pool that mends itself.
import { PgClient, PgPool } from "@effect/sql-pg"
import { Duration, Effect, type Redacted, Schedule, Schema } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { migrate } from "./migrate.ts"
import { isAway } from "./unavailable.ts"

export interface PostgresOptions {
  readonly url: Redacted.Redacted
  readonly maxConnections: number
  /** How long to wait for a database that is away at start; 30 s when absent. */
  readonly patience?: Duration.Input
}

/** PostgreSQL did not answer at start, refused us, or is too old. */
export class DatabaseUnreachable extends Schema.TaggedError<DatabaseUnreachable>()("DatabaseUnreachable", {
  reason: Schema.String,
  cause: Schema.optional(Schema.Defect()),
}) {
  override get message(): string {
    return `The database in DATABASE_URL cannot be used: ${this.reason}`
  }
}

const startupParameters = {
  // Acknowledged means on the disk, whatever the server's own default is.
  synchronous_commit: "on",
  // A statement or a lock that hangs is ended by the server …
  statement_timeout: "10000",
  lock_timeout: "5000",
  // … and a process that stops in the middle of a transaction must not hold a chat's row against the others.
  idle_in_transaction_session_timeout: "2000",
  // Compiling pays for long queries; these are short.
  jit: "off",
  // All are look-ups by index; without statistics, as in a new database, whole tables would seem as cheap, and stay in the plan.
  enable_seqscan: "off",
  // Each statement has one good plan; planning the commit again costs more than running it.
  plan_cache_mode: "force_generic_plan",
}

const oldest = 15

/** In the words of whoever knew best. */
const reasonOf = ({ reason, message }: SqlError.SqlError): string => {
  const cause = reason.cause instanceof AggregateError ? reason.cause.errors[0] : reason.cause
  return (cause instanceof Error && cause.message) || reason.message || message
}

const unreachable = (error: SqlError.SqlError) =>
  Effect.fail(new DatabaseUnreachable({ reason: reasonOf(error), cause: error }))

/** Worth waiting for, unlike a wrong password. */
const mayCome = (error: SqlError.SqlError): boolean => isAway(error) && error.reason._tag !== "AuthenticationError"

interface Server {
  readonly database: string
  readonly address: string | null
  readonly version: number
}

const ask = (client: PgClient.PgClient) => client<Server>`
  select current_database() as database,
    host(inet_server_addr()) || ':' || inet_server_port() as address,
    current_setting('server_version_num')::int / 10000 as version`

const clientOptions = ({ url, maxConnections }: PostgresOptions) => ({
  url,
  maxConnections,
  applicationName: "confab",
  keepAlive: Duration.seconds(10),
  startupParameters,
})

/** Waits for a server that is still starting, and brings its tables up to date. */
const prepare = Effect.fnUntraced(function* (options: PostgresOptions) {
  const client = yield* PgClient.make({ ...clientOptions(options), maxConnections: 1 }).pipe(Effect.catch(unreachable))
  const [server] = yield* ask(client).pipe(
    Effect.tapError((error) =>
      mayCome(error) ? Effect.logWarning("Waiting for the database", { reason: reasonOf(error) }) : Effect.void,
    ),
    Effect.retry({
      while: mayCome,
      schedule: Schedule.spaced("2 seconds").pipe(Schedule.upTo({ duration: options.patience ?? "30 seconds" })),
    }),
    Effect.catch(unreachable),
  )
  if (server === undefined || server.version < oldest) {
    return yield* new DatabaseUnreachable({
      reason: `it is PostgreSQL ${server?.version}; ${oldest} or newer is needed`,
    })
  }
  yield* Effect.provideService(migrate, SqlClient.SqlClient, client)
  return server.address === null ? server.database : `${server.database} on ${server.address}`
}, Effect.scoped)

/** Connections to a server that answers, made as they are needed, and where that is. */
export const connect = Effect.fnUntraced(function* (options: PostgresOptions) {
  const location = yield* prepare(options)
  return { pool: yield* PgPool.make(clientOptions(options)).pipe(Effect.catch(unreachable)), location }
})

/** Connections that Effect Cluster needs for itself: one keeps its locks, one asks. */
export const clusterConnections = 3

/** The client that Effect Cluster keeps its members and locks with. */
export const clusterClient = (url: Redacted.Redacted) =>
  PgClient.layer(clientOptions({ url, maxConnections: clusterConnections }))
