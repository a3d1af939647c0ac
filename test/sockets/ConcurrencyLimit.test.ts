import { assert, describe, it } from "@effect/vitest"
import { ConcurrencyLimit } from "../../src/sockets/ConcurrencyLimit.ts"

describe("Line", () => {
  it("runs a limited number at once, in order", () => {
    const line = new ConcurrencyLimit(2)
    const begun: Array<number> = []
    for (let i = 0; i < 5; i++) line.enter(() => void begun.push(i))
    assert.deepStrictEqual(begun, [0, 1])
    assert.strictEqual(line.length, 3)
    line.leave()
    assert.deepStrictEqual(begun, [0, 1, 2])
    line.leave()
    line.leave()
    assert.deepStrictEqual(begun, [0, 1, 2, 3, 4])
    assert.strictEqual(line.length, 0)
  })

  it("of many that end at once each has its turn, and so has the event loop", async () => {
    const line = new ConcurrencyLimit(4)
    const many = 20_000
    let begun = 0
    let turns = 0
    const turn = () => {
      turns++
      if (begun < many) setImmediate(turn)
    }
    setImmediate(turn)
    await new Promise<void>((resolve) => {
      for (let i = 0; i < 4; i++) line.enter(() => {})
      for (let i = 0; i < many; i++) {
        line.enter(() => {
          if (++begun === many) resolve()
          line.leave()
        })
      }
      line.leave()
    })
    assert.isAbove(turns, many / 10)
    assert.strictEqual(line.length, 0)
  })
})
