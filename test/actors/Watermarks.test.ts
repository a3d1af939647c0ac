import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { RecentMessages } from "../../src/actors/RecentMessages.ts"
import { Watermarks } from "../../src/actors/Watermarks.ts"
import type { MessageId, UserId } from "../../src/domain/Ids.ts"

const Small = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 12 }))
const Moves = Schema.Array(Schema.Struct({ who: Small, seq: Schema.NullOr(Small) })).check(Schema.isMaxLength(80))

describe("Watermarks", () => {
  it.prop("know the lowest as if they looked at all of them", [Moves], ([moves]) => {
    const marks = new Watermarks()
    const plain = new Map<number, number>()
    for (const { who, seq } of moves) {
      if (seq === null) {
        marks.remove(who as UserId)
        plain.delete(who)
      } else {
        marks.set(who as UserId, seq)
        plain.set(who, seq)
      }
      assert.strictEqual(marks.lowest, Math.min(Number.POSITIVE_INFINITY, ...plain.values()))
      assert.strictEqual(marks.size, plain.size)
    }
  })
})

describe("RecentMessages", () => {
  it("keep the newest and say when an answer would need older ones", () => {
    const recent = new RecentMessages(4)
    for (let seq = 1; seq <= 20; seq++) {
      recent.push({ sender_id: (1 + (seq % 2)) as UserId, seq, id: (100 + seq) as MessageId })
    }
    assert.strictEqual(recent.idAt(20), 120)
    assert.strictEqual(recent.idAt(1), undefined)
    assert.isTrue(recent.has(119 as MessageId))
    assert.isFalse(recent.has(101 as MessageId))
    assert.isFalse(recent.has(500 as MessageId))
    assert.strictEqual(recent.newestPerSender(3, 19), undefined)
    assert.deepStrictEqual(
      recent.newestPerSender(17, 19)?.map(({ sender_id, seq }) => [sender_id, seq]),
      [
        [2, 19],
        [1, 18],
      ],
    )
  })
})
