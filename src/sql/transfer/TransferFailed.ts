// An export or an import has failed, and has left nothing behind.
import { Effect, Schema } from "effect"
import type { SqlError } from "effect/sql"
import { sqlState, wordsOf } from "../database/unavailable.ts"

/** `message` is for the operator, and has nothing of a row in it. */
export class TransferFailed extends Schema.TaggedError<TransferFailed>()("TransferFailed", {
  message: Schema.String,
}) {}

const meanings: Readonly<Record<string, string>> = {
  "25006": "it takes no writes now: it is a standby, or its disk is nearly full",
  "53100": "its disk is full",
  "55P03": "its tables are in use; stop all servers first",
  "57014": "it was cancelled",
}

/** The classes of errors whose words may quote a row: data exceptions and violated constraints. */
const quotesRows = /^2[23]/

export const databaseFailed = (error: SqlError.SqlError): Effect.Effect<never, TransferFailed> => {
  const state = sqlState(error.reason.cause)
  const words = meanings[state] ?? (quotesRows.test(state) ? "it refused a row" : wordsOf(error))
  return Effect.fail(
    new TransferFailed({ message: `The database failed, and nothing was changed: ${words} (${state || "no code"}).` }),
  )
}
