// Owns the connection to the database and its schema: whoever has a Database has the tables, up to date.
// The repositories ask through it, so that what goes wrong is turned into `Unavailable` here and nowhere else.
import type { PgConnection, PgPool } from "@effect/sql-pg"
import { Context, Effect, Layer, type Scope } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlError } from "effect/sql"
import { spanned } from "../config/spanned.ts"
import { Unavailable } from "../domain/errors.ts"
import { DataDirUnusable, holdDataDir } from "./DataDir.ts"
import { embeddedPool } from "./embedded.ts"
import * as Patience from "./Patience.ts"
import { connect, type PostgresOptions } from "./postgresServer.ts"
import type { PostgresServer } from "./server/PostgresServer.ts"
import { takesMessages } from "./server/watch.ts"
import { orUnavailable } from "./unavailable.ts"

interface Connected {
  readonly pool: PgPool.PgPool
  readonly mode: "embedded" | "postgres"
  readonly location: string
  readonly server?: PostgresServer
  /** Ends the wait for an answer. A server in this process cannot vanish. */
  readonly patience?: Patience.Patience
}

/** How long a database somewhere else may take to answer, milliseconds. */
const answerMillis = 4_000

export class Database extends Context.Service<
  Database,
  {
    readonly mode: "embedded" | "postgres"
    /** Where the data is: a directory, or database and address of the server. */
    readonly location: string
    /** For whoever has connections of their own; undefined: the database is in this process. */
    readonly server?: PostgresServer
    /**
     * One prepared statement, one round trip, one transaction. A `Row` is trusted to be what the statement gives.
     * Unavailable: a statement that writes may have been committed nevertheless.
     */
    query<Row extends object>(
      statement: string,
      params?: ReadonlyArray<unknown>,
    ): Effect.Effect<ReadonlyArray<Row>, Unavailable>
    /** The same with the database's own error, for whoever can make something of it. */
    attempt<Row extends object>(
      statement: string,
      params?: ReadonlyArray<unknown>,
    ): Effect.Effect<ReadonlyArray<Row>, SqlError.SqlError>
    /** As `attempt`, for whoever ends the wait for an answer, by interrupting it. */
    attemptUntimed<Row extends object>(
      statement: string,
      params?: ReadonlyArray<unknown>,
    ): Effect.Effect<ReadonlyArray<Row>, SqlError.SqlError>
    /** Succeeds while the database answers and takes writes. */
    readonly ping: Effect.Effect<void, Unavailable>
  }
>()("confab/sql/Database") {
  /** PostgreSQL 15 or newer. Waits for one that is still starting, and follows it to another server after a failover. */
  static readonly layerPostgres = (options: PostgresOptions) =>
    layerOf(
      Effect.gen(function* () {
        const patience = yield* Patience.make(answerMillis)
        return { ...(yield* connect(options)), mode: "postgres", patience } as const
      }),
    )

  /** Files in `dataDir`, which this server alone may use. */
  static readonly layerEmbedded = (dataDir: string) =>
    layerOf(
      Effect.gen(function* () {
        const location = yield* holdDataDir(dataDir)
        const pool = yield* Effect.catchTag(embeddedPool(location), "SchemaRefused", (cause) =>
          Effect.fail(new DataDirUnusable({ dataDir: location, cause })),
        )
        return { pool, mode: "embedded", location } as const
      }),
    )
}

const noAnswer = new SqlError.SqlError({
  reason: new SqlError.ConnectionError({ cause: new Error(`No answer in ${answerMillis} ms`) }),
})

/** Past `SqlClient`, which composes, names and measures each statement anew: these are whole, and asked thousands of times a second. */
const ask =
  (statement: string, params: ReadonlyArray<unknown>) =>
  (connection: PgConnection.PgConnection): Effect.Effect<PgConnection.Result, SqlError.SqlError> =>
    connection.query(statement, params)

const inSpan = spanned("sql.execute", { kind: "client", attributes: { "db.system.name": "postgresql" } })

const make = ({ pool, mode, location, server, patience }: Connected): Database["Service"] => {
  /** Gone when told to go: what the client does to end its statement, which takes 5 s with a silent server, it does alone. */
  const inTime = <A>(effect: Effect.Effect<A, SqlError.SqlError>, { begin, end }: Patience.Patience) =>
    Effect.withFiber<A, SqlError.SqlError>((parent) =>
      Effect.callback((resume) => {
        const asking = Effect.runForkWith(parent.context)(effect)
        const waiting = begin(() => {
          asking.interruptUnsafe()
          resume(Effect.fail(noAnswer))
        })
        asking.addObserver((exit) => {
          end(waiting)
          resume(exit)
        })
        return Effect.sync(() => {
          end(waiting)
          asking.interruptUnsafe()
        })
      }),
    )
  const attemptUntimed = <Row extends object>(statement: string, params: ReadonlyArray<unknown> = []) => {
    // The statement decides what its rows are.
    return Effect.map(
      inSpan(pool.use(ask(statement, params))),
      ({ rows }) => rows as ReadonlyArray<unknown> as ReadonlyArray<Row>,
    )
  }
  const attempt = <Row extends object>(statement: string, params?: ReadonlyArray<unknown>) => {
    const asked = attemptUntimed<Row>(statement, params)
    return patience === undefined ? asked : inTime(asked, patience)
  }
  const query = <Row extends object>(statement: string, params?: ReadonlyArray<unknown>) =>
    Effect.catch(attempt<Row>(statement, params), orUnavailable)
  const ping = Effect.flatMap(query<{ writable: boolean | null }>(takesMessages), ([row]) =>
    row?.writable === true ? Effect.void : Effect.fail(new Unavailable()),
  )
  return { mode, location, ...(server && { server }), query, attempt, attemptUntimed, ping }
}

const layerOf = <E>(
  acquire: Effect.Effect<Connected, E, Scope.Scope | Reactivity.Reactivity>,
): Layer.Layer<Database, E> => Layer.effect(Database, Effect.map(acquire, make)).pipe(Layer.provide(Reactivity.layer))
