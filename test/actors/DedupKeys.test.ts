import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { DedupKeys } from "../../src/actors/memory/DedupKeys.ts"
import { UserId } from "../../src/domain/Ids.ts"
import { sequence } from "../support/sequence.ts"

const Step = Schema.Struct({ sender: Schema.Literals([1, 2, 3]), key: Schema.Literals(["a", "b", "c", "d"]) })

describe("messages by their dedup_key", () => {
  it.prop("are found by key and sender, the newest in place of the older", [sequence(Step, 30, 60)], ([steps]) => {
    const keys = new DedupKeys<{ readonly sender_id: UserId; readonly step: number }>()
    const expected = new Map<string, number>()
    for (const [step, { key, sender }] of steps.entries()) {
      keys.set(key, { sender_id: UserId.make(sender), step })
      expected.set(`${sender}${key}`, step)
      for (const sender of [1, 2, 3]) {
        for (const key of ["a", "b", "c", "d"]) {
          assert.strictEqual(keys.get(UserId.make(sender), key)?.step, expected.get(`${sender}${key}`))
        }
      }
    }
  })

  it("are forgotten from the oldest on, for all senders together", () => {
    const keys = new DedupKeys<{ readonly sender_id: UserId }>()
    const [one, two] = [UserId.make(1), UserId.make(2)]
    const found = () =>
      ["a", "b", "c"].flatMap((key) => [one, two].flatMap((user) => (keys.get(user, key) ? [`${user}${key}`] : [])))
    keys.set("a", { sender_id: one })
    keys.set("b", { sender_id: one })
    keys.set("a", { sender_id: two })
    keys.set("c", { sender_id: two })
    keys.trim(4)
    assert.deepStrictEqual(found(), ["1a", "2a", "1b", "2c"])
    keys.trim(3)
    assert.deepStrictEqual(found(), ["2a", "1b", "2c"])
    keys.trim(1)
    assert.deepStrictEqual(found(), ["2c"])
    keys.clear()
    keys.set("b", { sender_id: two })
    keys.trim(1)
    assert.deepStrictEqual(found(), ["2b"])
  })
})
