// Turns the database's errors, once, into those that callers can handle: the database is unavailable, or there is a
// bug.
import { Clock, Effect, Metric } from "effect"
import type { SqlError } from "effect/sql"
import { Unavailable } from "../../domain/errors.ts"

/** SQLSTATEs of a server that is starting or stopping, of one without memory, disk or connections, and of a standby. */
const away = /^(?:57P0[1-5]|53...|25006|25P0[34]|58...|XX000)$/

/** SQLSTATEs of a database with missing tables or rights, for example during a restore. */
const astray = /^(?:3D000|3F000|42P01|42703|42883|42501)$/

/** The SQLSTATE, or the code of a failed connection; "" when there is none. */
export const sqlState = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string" ? cause.code : ""

/** The words of PostgreSQL, Node or the client, only for the operator: a database may quote rows in them. */
export const wordsOf = ({ reason, message }: SqlError.SqlError): string => {
  const cause = reason.cause instanceof AggregateError ? reason.cause.errors[0] : reason.cause
  return (cause instanceof Error && cause.message) || reason.message || message
}

const errors = Metric.counter("confab_database_errors_total", {
  description: "Statements that the database did not carry out",
  incremental: true,
})

const isAstray = (error: SqlError.SqlError): boolean => astray.test(sqlState(error.reason.cause))

/** Whether a later attempt may succeed without a change of the program. */
export const isAway = (error: SqlError.SqlError): boolean =>
  error.reason.isRetryable ||
  error.reason._tag === "AuthenticationError" ||
  (error.reason._tag === "UnknownError" && away.test(sqlState(error.reason.cause)))

/** Milliseconds between two log lines about missing tables or rights: each statement fails. */
const quiet = 10_000
let loggedAt = Number.NEGATIVE_INFINITY

const log = Effect.fnUntraced(function* (error: SqlError.SqlError) {
  // Not the whole error: a database may quote rows in it.
  const why = { reason: error.reason._tag, code: sqlState(error.reason.cause) }
  if (!isAstray(error)) return yield* Effect.annotateLogs(Effect.logDebug("The database is away"), why)
  const now = yield* Clock.currentTimeMillis
  if (now - loggedAt < quiet) return
  loggedAt = now
  yield* Effect.annotateLogs(Effect.logError("The database is not as it was left: tables or rights are missing"), why)
})

export const orUnavailable = (error: SqlError.SqlError): Effect.Effect<never, Unavailable> =>
  Effect.andThen(
    Metric.update(Metric.withAttributes(errors, { reason: error.reason._tag }), 1),
    isAway(error) || isAstray(error) ? Effect.andThen(log(error), Effect.fail(new Unavailable())) : Effect.die(error),
  )
