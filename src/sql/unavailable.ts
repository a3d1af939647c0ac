// Turns the database's errors, once, into what callers can do something about: the database is away, or we have a bug.
import { Effect, Metric } from "effect"
import type { SqlError } from "effect/sql"
import { Unavailable } from "../domain/errors.ts"

/** SQLSTATEs that the client does not classify: shutdown and start-up, out of resources, read-only after a fail-over. */
const away = /^(?:57P0[1-5]|53...|25006|58...|XX000)$/

const sqlState = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string" ? cause.code : ""

const errors = Metric.counter("confab_database_errors_total", {
  description: "Statements that the database did not carry out",
  incremental: true,
})

/** Whether another try, later, may go through without anybody changing the program. */
export const isAway = (error: SqlError.SqlError): boolean =>
  error.reason.isRetryable ||
  error.reason._tag === "AuthenticationError" ||
  (error.reason._tag === "UnknownError" && away.test(sqlState(error.reason.cause)))

export const orUnavailable = (error: SqlError.SqlError): Effect.Effect<never, Unavailable> =>
  Effect.andThen(
    Metric.update(Metric.withAttributes(errors, { reason: error.reason._tag }), 1),
    isAway(error)
      ? Effect.andThen(
          // Not the whole error: a database may quote rows in it.
          Effect.annotateLogs(Effect.logDebug("The database is away"), {
            reason: error.reason._tag,
            code: sqlState(error.reason.cause),
          }),
          Effect.fail(new Unavailable()),
        )
      : Effect.die(error),
  )
