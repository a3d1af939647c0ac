import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { UserId } from "../../src/domain/Ids.ts"
import type { KeptRecord } from "../../src/kinds/Kind.ts"
import { RecordSet } from "../../src/kinds/RecordSet.ts"
import { sequence } from "../support/sequence.ts"

const Step = Schema.Struct({
  key: Schema.Literals(["a", "b", "c", "d"]),
  removed: Schema.Boolean,
  given: Schema.Array(
    Schema.Struct({ emoji: Schema.Literals(["👍", "❤️", "🎉"]), at: Schema.Literals([1, 2, 3, 4]) }),
  ).check(Schema.isMaxLength(3)),
})

/** Counted anew from all that is there. */
const recounted = (records: ReadonlyMap<string, KeptRecord>) => {
  const tallies = new Map<string, { key: string; count: number; since: number }>()
  for (const { body } of records.values()) {
    for (const [key, at] of Object.entries(body)) {
      const { count, since } = tallies.get(key) ?? { count: 0, since: 9 }
      tallies.set(key, { key, count: count + 1, since: Math.min(since, Number(at)) })
    }
  }
  return [...tallies.values()].sort((a, b) => a.since - b.since || (a.key < b.key ? -1 : 1))
}

describe("a set of records", () => {
  it.prop("counts after each change what a new count would, and foretells it", [sequence(Step, 1, 30)], ([steps]) => {
    const set = RecordSet.of([])
    const records = new Map<string, KeptRecord>()
    for (const { given, key, removed } of steps) {
      const body = Object.fromEntries(given.map(({ at, emoji }) => [emoji, at]))
      const record = { user_id: UserId.make(1), removed, body }
      const foretold = set.talliesWith(key, record)
      const copy = set.copy()
      set.put(key, record)
      if (removed) records.delete(key)
      else records.set(key, record)
      assert.deepStrictEqual([foretold, set.tallies()], [recounted(records), recounted(records)])
      assert.deepStrictEqual([set.size, set.get(key)], [records.size, records.get(key)])
      copy.clear()
      assert.deepStrictEqual(set.tallies(), recounted(records))
    }
  })
})
