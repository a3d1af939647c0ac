// Checks every second whether the server accepts writes. After a failover, sessions may stay on a server that has
// become a standby, or hang on one that is gone, while the address already belongs to another one. As soon as another
// server accepts writes, all connections move there. Until then they stay, so that reads continue.
import { type Duration, Effect, Result } from "effect"
import { SqlError } from "effect/sql"
import type { PostgresHost } from "../../config/PostgresUrl.ts"
import { wordsOf } from "../database/unavailable.ts"
import type { PostgresServer } from "./PostgresServer.ts"

const lookEvery = "1 second"
/** How long an answer may take, milliseconds. */
const answerMillis = 2_000

const started = "date_part('epoch', pg_postmaster_start_time()) as started"

/** The server is no standby, and `default_transaction_read_only` is off. */
const takesWrites = `select current_setting('transaction_read_only') = 'off' as writable, ${started}`

/** Also requires our tables. */
export const takesMessages = `
  select current_setting('transaction_read_only') = 'off'
    and has_table_privilege(to_regclass('messages'), 'insert') as writable, ${started}`

type Connection = Effect.Success<ReturnType<PostgresServer["to"]>>

/** Why a session cannot be used. */
type Trouble = "refuses" | "silent" | "lost"

/** When the writable server started, or why that is unknown. */
const look = Effect.fnUntraced(function* ({ connection, end }: Connection, statement: string) {
  let late = false
  const waiting = Effect.andThen(
    Effect.sleep(answerMillis),
    Effect.sync(() => {
      late = true
      end()
    }),
  )
  const answer = yield* Effect.scoped(
    Effect.andThen(Effect.forkScoped(waiting), Effect.result(connection.query(statement))),
  )
  if (Result.isFailure(answer)) return late ? "silent" : "lost"
  const [row] = answer.success.rows
  return row?.writable === true && typeof row.started === "number" ? row.started : "refuses"
})

const troubles: Record<Trouble, string> = {
  refuses: "takes no writes: it is a standby, default_transaction_read_only is on, or its tables are gone",
  silent: "does not answer",
  lost: "has ended the connection",
}

const noUse = ({ host, port }: PostgresHost, trouble: Trouble) =>
  new SqlError.SqlError({
    reason: new SqlError.UnknownError({
      cause: Object.assign(new Error(`${host}:${port} ${troubles[trouble]}`), { code: "25006" }),
    }),
  })

interface Looking {
  readonly connectTimeout?: Duration.Input
  readonly statement?: string
}

/** A session on the first host that accepts writes; it ends with the scope. */
export const find = Effect.fnUntraced(function* (server: PostgresServer, how: Looking = {}) {
  let refusal: SqlError.SqlError | undefined
  for (const host of server.candidates) {
    const session = yield* Effect.result(server.to(host, how.connectTimeout))
    if (Result.isFailure(session)) {
      refusal ??= session.failure
      continue
    }
    const seen = yield* look(session.success, how.statement ?? takesWrites)
    if (typeof seen === "number") return { host, started: seen, session: session.success }
    if (seen === "refuses" && host === server.host) server.hasRefused = true
    refusal ??= noUse(host, seen)
  }
  return yield* Effect.fail(refusal ?? noUse(server.host, "lost"))
})

export const watch = Effect.fnUntraced(function* (server: PostgresServer) {
  let isAway = false
  const away = (error: SqlError.SqlError) =>
    Effect.suspend(() => {
      const isNews = !isAway
      isAway = true
      return isNews
        ? Effect.annotateLogs(Effect.logWarning("No database takes writes"), { reason: wordsOf(error) })
        : Effect.void
    })
  const stay = Effect.gen(function* () {
    const { host, session, started } = yield* find(server, { connectTimeout: answerMillis, statement: takesMessages })
    // The same server was only late: its sessions may stay.
    if (server.moveTo(host, started) || isAway) {
      const where = { host: `${host.host}:${host.port}` }
      yield* Effect.annotateLogs(Effect.logInfo("All connections lead to a database that takes writes"), where)
    }
    isAway = false
    do yield* Effect.sleep(lookEvery)
    while (!server.hasRefused && (yield* look(session, takesMessages)) === started)
  })
  yield* Effect.scoped(stay).pipe(
    Effect.catch((error) => Effect.andThen(away(error), Effect.sleep(lookEvery))),
    Effect.forever,
    Effect.delay(lookEvery),
    Effect.forkScoped,
  )
})
