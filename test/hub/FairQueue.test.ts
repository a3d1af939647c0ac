import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { FairQueue, type Turn } from "../../src/hub/replay/FairQueue.ts"
import { sequence } from "../support/sequence.ts"

const Small = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 }))
/** A key that enters, or one of those at work that ends. */
const Steps = sequence(Schema.Struct({ enters: Schema.Boolean, n: Small }), 30, 80)

const make = (places: number) => {
  const queue = new FairQueue<string>(places)
  const begun: Array<string> = []
  const turns = new Map<string, Turn>()
  return {
    begun,
    /** `name`: of the caller, whose key is its first letter. */
    enter: (...names: ReadonlyArray<string>) => {
      for (const name of names) {
        turns.set(
          name,
          queue.enter(name[0]!, () => begun.push(name)),
        )
      }
    },
    end: (...names: ReadonlyArray<string>) => {
      for (const name of names) turns.get(name)?.end()
    },
  }
}

describe("A fair queue", () => {
  it("gives each key one slot, a fixed number in all, and each key its turn", () => {
    const { begun, end, enter } = make(2)
    enter("a1", "a2", "a3", "a4", "b1", "c1", "c2")
    assert.deepStrictEqual(begun, ["a1", "b1"])
    end("b1")
    assert.deepStrictEqual(begun.slice(2), ["c1"])
    end("a1")
    assert.deepStrictEqual(begun.slice(3), ["a2"], "c has its place")
    enter("d1")
    end("a2")
    assert.deepStrictEqual(begun.slice(4), ["a3"], "a came back before d came")
    end("a3")
    assert.deepStrictEqual(begun.slice(5), ["d1"])
    end("c1", "d1")
    assert.deepStrictEqual(begun.slice(6), ["c2", "a4"])
  })

  it("forgets those that leave before their turn, and counts no end twice", () => {
    const { begun, end, enter } = make(1)
    enter("a1", "a2", "b1", "c1")
    end("a2", "a2", "b1")
    assert.deepStrictEqual(begun, ["a1"])
    end("a1", "a1")
    enter("d1")
    assert.deepStrictEqual(begun, ["a1", "c1"])
    end("a1", "c1")
    assert.deepStrictEqual(begun, ["a1", "c1", "d1"])
  })

  it("handles any number of turns that end as they begin", () => {
    const queue = new FairQueue<number>(1)
    let ended = 0
    const first = queue.enter(0, () => {})
    for (let i = 0; i < 50_000; i++) {
      queue.enter(i % 7, (turn) => {
        ended++
        turn.end()
      })
    }
    first.end()
    assert.strictEqual(ended, 50_000)
  })

  it.prop("leaves no place empty that a key waits for, and gives none two", [Small, Steps], ([more, steps]) => {
    const places = 1 + more
    const queue = new FairQueue<number>(places)
    const active: Array<{ readonly key: number; readonly turn: Turn }> = []
    const waiting = new Map<Turn, number>()
    for (const { enters, n } of steps) {
      if (enters) {
        const turn = queue.enter(n, (turn) => {
          waiting.delete(turn)
          active.push({ key: n, turn })
        })
        if (!active.some((other) => other.turn === turn)) waiting.set(turn, n)
      } else active.splice(n % Math.max(1, active.length), 1)[0]?.turn.end()
      const keys = new Set(active.map(({ key }) => key))
      assert.isAtMost(active.length, places)
      assert.strictEqual(keys.size, active.length)
      if (active.length < places) for (const key of waiting.values()) assert.isTrue(keys.has(key))
    }
    while (active.length > 0) active.shift()?.turn.end()
    assert.strictEqual(waiting.size, 0)
  })
})
