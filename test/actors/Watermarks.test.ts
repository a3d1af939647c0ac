import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { RecentMessages } from "../../src/actors/memory/RecentMessages.ts"
import { Watermarks } from "../../src/actors/memory/Watermarks.ts"
import type { MessageId, UserId } from "../../src/domain/Ids.ts"
import { sequence } from "../support/sequence.ts"

/** Few values, so that many are equal to the lowest. */
const Small = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4 }))
const Moves = sequence(Schema.Struct({ who: Small, seq: Schema.NullOr(Small) }), 40, 80)

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
      const id = (100 + seq) as MessageId
      recent.push({ seq, id, sender_id: (1 + (seq % 2)) as UserId, thread_id: seq % 2 === 0 ? null : (7 as MessageId) })
    }
    assert.strictEqual(recent.idAt(20), 120)
    assert.strictEqual(recent.idAt(1), undefined)
    assert.strictEqual(recent.threadOf(119 as MessageId), 7)
    assert.strictEqual(recent.threadOf(118 as MessageId), 118)
    assert.strictEqual(recent.threadOf(101 as MessageId), undefined)
    assert.strictEqual(recent.threadOf(500 as MessageId), undefined)
    assert.strictEqual(recent.newestPerSender(3, 19), undefined)
    assert.deepStrictEqual(
      recent.newestPerSender(17, 19)?.map(({ sender_id, seq }) => [sender_id, seq]),
      [
        [2, 19],
        [1, 18],
      ],
    )
  })

  it("know the same as a list of the last ones, from wherever they begin, however many there are, also after a new start", () => {
    const recent = new RecentMessages(64)
    const threadOf = (id: MessageId) => (id % 2 === 0 ? null : (1 as MessageId))
    for (const start of [1, 2 ** 32 - 30, 7]) {
      const all: Array<{ readonly sender_id: UserId; readonly seq: number; readonly id: MessageId }> = []
      assert.strictEqual(recent.newestPerSender(start - 1, start + 5), undefined)
      for (let i = 0; i < 150; i++) {
        const entry = { sender_id: (1 + (i % 3)) as UserId, seq: start + i, id: (10 * start + 3 * i) as MessageId }
        all.push(entry)
        recent.push({ ...entry, thread_id: threadOf(entry.id) })
        const kept = all.slice(-64)
        for (const { id, seq } of all) {
          assert.strictEqual(recent.idAt(seq), kept.find((other) => other.seq === seq)?.id)
          const isKept = kept.some((other) => other.id === id)
          assert.strictEqual(recent.threadOf(id), isKept ? (threadOf(id) ?? id) : undefined)
          assert.strictEqual(recent.threadOf((id + 1) as MessageId), undefined)
        }
        assert.strictEqual(recent.idAt(entry.seq + 1), undefined)
        for (const upTo of [entry.seq, entry.seq + 2]) {
          assert.deepStrictEqual(recent.newestPerSender(kept[0]!.seq - 1, upTo), kept.toReversed().slice(0, 3))
        }
        if (all.length > 64) assert.strictEqual(recent.newestPerSender(kept[0]!.seq - 2, entry.seq), undefined)
      }
      recent.clear()
      assert.strictEqual(recent.idAt(start + 149), undefined)
    }
  })
})
