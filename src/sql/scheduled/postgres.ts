// The ScheduledStore over PostgreSQL.
import { Effect } from "effect"
import { MessageId } from "../../domain/Ids.ts"
import { maxScheduled } from "../../domain/Scheduled.ts"
import { maxStateKeys } from "../../kinds/StateKinds.ts"
import { Database } from "../database/Database.ts"
import { instantOrNull, number, numberOrNull, text } from "../database/params.ts"
import { keptVersions } from "../state/stateHistory.ts"
import type { ScheduledStoreShape } from "./shape.ts"

const putStatement = `
  select outcome, at::float8 from
  put_scheduled($1::bigint, $2::text, $3::text, $4::text, $5::timestamptz, ${maxStateKeys}, ${maxScheduled}, ${keptVersions})`

const endStatement = `
  select outcome, at::float8 from
  end_scheduled($1::bigint, $2::text, $3::text, $4::text, $5::bigint, ${maxStateKeys}, ${keptVersions})`

interface Row<Outcome> {
  readonly outcome: Outcome
  readonly at: number | null
}

const begun = (at: number | null) => ({ _tag: "Begun", message_id: at === null ? null : MessageId.make(at) }) as const
const atVersion = <const Tag extends "Changed" | "Same">(_tag: Tag, at: number | null) => ({ _tag, version: at ?? 0 })

export const makeScheduled = Effect.gen(function* () {
  const { query } = yield* Database
  return {
    put: Effect.fn("Scheduled.put")(function* ({ due_at, key, user_id, value }, former) {
      const [row] = yield* query<Row<"Changed" | "Same" | "Stale" | "Full" | "Begun">>(putStatement, [
        number(user_id),
        text(key),
        text(former),
        text(value),
        instantOrNull(due_at),
      ])
      const { at, outcome } = row!
      switch (outcome) {
        case "Begun":
          return begun(at)
        case "Stale":
          return { _tag: outcome }
        case "Full":
          return { _tag: outcome, most: at ?? 0 }
        default:
          return atVersion(outcome, at)
      }
    }),
    callOff: Effect.fn("Scheduled.callOff")(function* (user_id, key) {
      const [row] = yield* query<Row<"Changed" | "Same" | "Begun">>(putStatement, [
        number(user_id),
        text(key),
        text(null),
        text(null),
        instantOrNull(null),
      ])
      const { at, outcome } = row!
      return outcome === "Begun" ? begun(at) : atVersion(outcome, at)
    }),
    end: Effect.fn("Scheduled.end")(function* ({ former, key, message_id, user_id, value }) {
      const [row] = yield* query<Row<"Changed" | "Stale">>(endStatement, [
        number(user_id),
        text(key),
        text(former),
        text(value),
        numberOrNull(message_id),
      ])
      const { at, outcome } = row!
      return outcome === "Stale" ? { _tag: outcome } : atVersion(outcome, at)
    }),
  } satisfies ScheduledStoreShape
})
