// Owns the connection to the database and its schema: whoever has a Database has the tables, up to date.
// The repositories ask through it, so that what goes wrong is turned into `Unavailable` here and nowhere else.
import { PgClient } from "@effect/sql-pg"
import { Context, Duration, Effect, Fiber, Layer, type Scope } from "effect"
import { Reactivity } from "effect/reactivity"
import { type Migrator, SqlClient, SqlError } from "effect/sql"
import type { Unavailable } from "../domain/errors.ts"
import { holdDataDir } from "./DataDir.ts"
import { embeddedClient } from "./embedded.ts"
import { migrate } from "./migrate.ts"
import { connect, type PostgresOptions } from "./postgresServer.ts"
import { orUnavailable } from "./unavailable.ts"

interface Connected {
  readonly client: PgClient.PgClient
  readonly mode: "embedded" | "postgres"
  readonly location: string
  /** When to stop waiting for an answer. A server in this process cannot vanish. */
  readonly patience?: Duration.Duration
}

export class Database extends Context.Service<
  Database,
  {
    readonly mode: "embedded" | "postgres"
    /** Where the data is: a directory, or database and address of the server. */
    readonly location: string
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
    /** Succeeds while the database answers. */
    readonly ping: Effect.Effect<void, Unavailable>
  }
>()("confab/sql/Database") {
  /** PostgreSQL 15 or newer. Waits for one that is still starting. */
  static readonly layerPostgres = (options: PostgresOptions) =>
    layerOf(
      Effect.map(connect(options), (connected) => ({
        ...connected,
        mode: "postgres" as const,
        patience: Duration.seconds(4),
      })),
    )

  /** Files in `dataDir`, which this server alone may use. */
  static readonly layerEmbedded = (dataDir: string) =>
    layerOf(
      Effect.gen(function* () {
        const location = yield* holdDataDir(dataDir)
        return { client: yield* embeddedClient(location), mode: "embedded" as const, location }
      }),
    )

  /** For tests: gone when the scope ends. */
  static readonly layerEmbeddedInMemory = Layer.suspend(() =>
    layerOf(
      Effect.map(embeddedClient(undefined), (client) => ({ client, mode: "embedded" as const, location: "memory" })),
    ),
  )
}

const noAnswer = (patience: Duration.Duration) =>
  new SqlError.SqlError({
    reason: new SqlError.ConnectionError({ cause: new Error(`No answer in ${Duration.format(patience)}`) }),
  })

/** Gone when told to go: what the client does to end its statement, which takes 5 s with a silent server, it does alone. */
const abandonable = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.flatMap(Effect.forkDetach(effect), (fiber) =>
    Effect.onInterrupt(Fiber.join(fiber), () => Effect.sync(() => fiber.interruptUnsafe())),
  )

const make = ({ client, mode, location, patience }: Connected): Database["Service"] => {
  const attempt = <Row extends object>(statement: string, params?: ReadonlyArray<unknown>) => {
    const rows: Effect.Effect<ReadonlyArray<Row>, SqlError.SqlError> = client.unsafe<Row>(statement, params)
    return patience === undefined
      ? rows
      : Effect.timeoutOrElse(abandonable(rows), { duration: patience, orElse: () => Effect.fail(noAnswer(patience)) })
  }
  const query = <Row extends object>(statement: string, params?: ReadonlyArray<unknown>) =>
    Effect.catch(attempt<Row>(statement, params), orUnavailable)
  return { mode, location, query, attempt, ping: Effect.asVoid(query("select 1")) }
}

const layerOf = <E>(
  acquire: Effect.Effect<Connected, E, Scope.Scope | Reactivity.Reactivity>,
): Layer.Layer<Database | PgClient.PgClient | SqlClient.SqlClient, E | SqlError.SqlError | Migrator.MigrationError> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const connected = yield* acquire
      const clients = Context.make(PgClient.PgClient, connected.client).pipe(
        Context.add(SqlClient.SqlClient, connected.client),
      )
      yield* Effect.provide(migrate, clients)
      return Context.add(clients, Database, make(connected))
    }),
  ).pipe(Layer.provide(Reactivity.layer))
