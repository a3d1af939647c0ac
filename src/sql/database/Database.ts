// Owns the connection to the database and its schema: the tables of a Database are up to date. The stores use it for
// all queries, so that only this file turns database errors into `Unavailable`.
import type { PgConnection, PgPool } from "@effect/sql-pg"
import { Context, Effect, Layer, type Scope } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlError } from "effect/sql"
import { spanned } from "../../config/spanned.ts"
import { Unavailable } from "../../domain/errors.ts"
import type { PostgresServer } from "../server/PostgresServer.ts"
import { takesMessages } from "../server/watch.ts"
import { holdDataDir } from "./DataDir.ts"
import * as Deadlines from "./Deadlines.ts"
import { embeddedPool } from "./embedded.ts"
import { connect, type PostgresOptions } from "./postgresServer.ts"
import { orUnavailable, sqlState } from "./unavailable.ts"

interface Connected {
  readonly pool: PgPool.PgPool
  readonly mode: "embedded" | "postgres"
  readonly location: string
  readonly server?: PostgresServer
  /** Limits how long an answer may take. A database in this process needs no limit. */
  readonly deadlines?: Deadlines.Deadlines
}

/** How long a remote database may take to answer, milliseconds. */
const answerMillis = 4_000

export class Database extends Context.Service<
  Database,
  {
    readonly mode: "embedded" | "postgres"
    /** The data's location: a directory, or the database and the address of its server. */
    readonly location: string
    /** For code that opens its own connections; undefined: the database is in this process. */
    readonly server?: PostgresServer
    /**
     * One prepared statement, one round trip, one transaction. The caller guarantees that `Row` fits the statement.
     * Unavailable: a statement that writes may have been committed nevertheless.
     */
    query<Row extends object>(
      statement: string,
      params?: ReadonlyArray<unknown>,
    ): Effect.Effect<ReadonlyArray<Row>, Unavailable>
    /** Like `query`, but fails with the database's own error. */
    attempt<Row extends object>(
      statement: string,
      params?: ReadonlyArray<unknown>,
    ): Effect.Effect<ReadonlyArray<Row>, SqlError.SqlError>
    /** Like `attempt`, for callers that limit the time themselves by interrupting it. */
    attemptUntimed<Row extends object>(
      statement: string,
      params?: ReadonlyArray<unknown>,
    ): Effect.Effect<ReadonlyArray<Row>, SqlError.SqlError>
    /**
     * A connection of one's own until the scope ends, for commands: a transaction of many statements, without a limit of
     * time.
     */
    readonly session: Effect.Effect<PgConnection.PgConnection, SqlError.SqlError, Scope.Scope>
    /** Succeeds while the database answers and accepts writes. */
    readonly ping: Effect.Effect<void, Unavailable>
  }
>()("confab/sql/database/Database") {
  /** PostgreSQL 15 or newer. Waits for a server that is still starting, and follows a failover to another one. */
  static readonly layerPostgres = (options: PostgresOptions) =>
    layerOf(
      Effect.gen(function* () {
        const deadlines = yield* Deadlines.make(answerMillis)
        return { ...(yield* connect(options)), mode: "postgres", deadlines } as const
      }),
    )

  /** Files in `dataDir`, which only this server may use. `last`: the last migration to apply; all when absent. */
  static readonly layerEmbedded = (dataDir: string, last?: string) =>
    layerOf(
      Effect.gen(function* () {
        const location = yield* holdDataDir(dataDir)
        return { pool: yield* embeddedPool(location, last), mode: "embedded", location } as const
      }),
    )
}

const noAnswer = new SqlError.SqlError({
  reason: new SqlError.ConnectionError({ cause: new Error(`No answer in ${answerMillis} ms`) }),
})

/**
 * hot: bypasses `SqlClient`, which composes, names and measures each statement; these are constant and run thousands of
 * times a second.
 */
const ask =
  (statement: string, params: ReadonlyArray<unknown>) =>
  (connection: PgConnection.PgConnection): Effect.Effect<PgConnection.Result, SqlError.SqlError> =>
    connection.query(statement, params)

/** Uses some MiB of the server's disk for a moment: the sort exceeds its memory. */
const needRoom = `do $$ begin
  perform set_config('work_mem', '64kB', true);
  perform count(*) from (select n from generate_series(1, 100000) n order by n desc) sorted;
end $$`

const inSpan = spanned("sql.execute", { kind: "client", attributes: { "db.system.name": "postgresql" } })

const make = ({ pool, mode, location, server, deadlines }: Connected): Database["Service"] => {
  /**
   * Returns as soon as it is interrupted. Cancelling the statement can take 5 s on an unresponsive server, so it runs
   * in the background.
   */
  const inTime = <A>(effect: Effect.Effect<A, SqlError.SqlError>, { begin, end }: Deadlines.Deadlines) =>
    Effect.withFiber<A, SqlError.SqlError>((parent) =>
      Effect.callback((resume) => {
        const asking = Effect.runForkWith(parent.context)(effect)
        const waiting = begin(() => {
          // First: a statement that waits for a connection ends within its interruption, which is no answer.
          resume(Effect.fail(noAnswer))
          asking.interruptUnsafe()
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
  /** A session is read-only; the watch replaces it as soon as new ones are not. */
  const refused = () => {
    if (server !== undefined) server.hasRefused = true
  }
  /** A statement failed because the server's disk was full, and none has written since. */
  let isFull = false
  const noted = (error: SqlError.SqlError): SqlError.SqlError => {
    const state = sqlState(error.reason.cause)
    if (state === "53100") isFull = true
    if (state === "25006") refused()
    return error
  }
  const attemptUntimed = <Row extends object>(statement: string, params: ReadonlyArray<unknown> = []) =>
    Effect.mapBoth(inSpan(pool.use(ask(statement, params))), {
      // The statement determines the type of its rows.
      onSuccess: ({ rows }) => rows as ReadonlyArray<unknown> as ReadonlyArray<Row>,
      onFailure: noted,
    })
  const attempt = <Row extends object>(statement: string, params?: ReadonlyArray<unknown>) => {
    const untimed = attemptUntimed<Row>(statement, params)
    return deadlines === undefined ? untimed : inTime(untimed, deadlines)
  }
  const query = <Row extends object>(statement: string, params?: ReadonlyArray<unknown>) =>
    Effect.catch(attempt<Row>(statement, params), orUnavailable)
  const hasRoom = Effect.gen(function* () {
    if (!isFull) return
    yield* query(needRoom)
    isFull = false
  })
  const takesWrites = Effect.flatMap(query<{ writable: boolean | null }>(takesMessages), ([row]) =>
    row?.writable === true ? Effect.void : Effect.andThen(Effect.sync(refused), Effect.fail(new Unavailable())),
  )
  const ping = Effect.andThen(hasRoom, takesWrites)
  return { mode, location, ...(server && { server }), query, attempt, attemptUntimed, session: pool.reserve, ping }
}

const layerOf = <E>(
  acquire: Effect.Effect<Connected, E, Scope.Scope | Reactivity.Reactivity>,
): Layer.Layer<Database, E> => Layer.effect(Database, Effect.map(acquire, make)).pipe(Layer.provide(Reactivity.layer))
