// Times are ISO 8601 UTC with milliseconds and `Z`, as text on the wire and in memory; epoch milliseconds in
// computations.
import { Schema } from "effect"

export const Timestamp = Schema.String.check(Schema.isPattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)).annotate({
  format: "date-time",
  examples: ["2026-11-21T09:30:00.000Z"],
})
export type Timestamp = string

let second = 0
let untilMillis = "1970-01-01T00:00:00."
let lastMillis = 0
let lastText = "1970-01-01T00:00:00.000Z"

/**
 * Formats epoch milliseconds; caches the last result, since a batch has one time, and the next often the same second.
 */
export const timestamp = (millis: number): Timestamp => {
  if (millis !== lastMillis) {
    const seconds = Math.floor(millis / 1000)
    if (seconds !== second) {
      untilMillis = new Date(seconds * 1000).toISOString().slice(0, -"000Z".length)
      second = seconds
    }
    lastText = `${untilMillis}${Math.floor(millis - seconds * 1000)
      .toString()
      .padStart(3, "0")}Z`
    lastMillis = millis
  }
  return lastText
}
