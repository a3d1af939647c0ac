// Times are ISO 8601 UTC with milliseconds and `Z`, as text on the wire and in memory; epoch milliseconds where we count.
import { Schema } from "effect"

export const Timestamp = Schema.String.check(Schema.isPattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)).annotate({
  format: "date-time",
  examples: ["2026-11-21T09:30:00.000Z"],
})
export type Timestamp = string

let lastMillis = 0
let lastText = "1970-01-01T00:00:00.000Z"

/** Formats epoch milliseconds; remembers the last one, since a batch shares its instant. */
export const timestamp = (millis: number): Timestamp => {
  if (millis !== lastMillis) {
    lastText = new Date(millis).toISOString()
    lastMillis = millis
  }
  return lastText
}
