// Turns the database's errors, once, into what callers can do something about: the database is away, or we have a bug.
import { Effect } from "effect"
import type { SqlError } from "effect/sql"
import { Unavailable } from "../domain/errors.ts"

/** SQLSTATEs that the client does not classify: shutdown and start-up, out of resources, read-only after a fail-over. */
const away = /^(?:57P0[1-5]|53...|25006|58...|XX000)$/

const sqlState = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string" ? cause.code : ""

/** Whether another try, later, may go through without anybody changing the program. */
export const isAway = (error: SqlError.SqlError): boolean =>
  error.reason.isRetryable ||
  error.reason._tag === "AuthenticationError" ||
  (error.reason._tag === "UnknownError" && away.test(sqlState(error.reason.cause)))

export const orUnavailable = (error: SqlError.SqlError): Effect.Effect<never, Unavailable> =>
  isAway(error)
    ? Effect.andThen(Effect.logDebug("The database is away", error), Effect.fail(new Unavailable()))
    : Effect.die(error)
