import { assert, describe, it } from "@effect/vitest"
import { timestamp } from "../../src/domain/Timestamp.ts"

describe("a timestamp", () => {
  it("is what ISO 8601 has, whichever was asked for before", () => {
    const noon = Date.parse("2026-11-26T12:00:00.000Z")
    for (const millis of [
      noon,
      noon + 7,
      noon + 7,
      noon + 999,
      noon + 1000,
      noon - 1,
      noon + 59_999,
      noon,
      0,
      -1,
      -1000,
    ]) {
      assert.strictEqual(timestamp(millis), new Date(millis).toISOString())
    }
  })

  it("does not exist for what is no time", () => {
    assert.throws(() => timestamp(Number.NaN), RangeError)
    assert.strictEqual(timestamp(0), "1970-01-01T00:00:00.000Z")
  })
})
