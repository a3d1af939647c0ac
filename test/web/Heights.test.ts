// The geometry of the virtual list, against adding everything up anew.
import { describe, expect, it } from "vitest"
import { Heights } from "../../web/chat/Heights.ts"

const estimate = (key: string) => (key.startsWith("d") ? 30 : 50)

describe("the heights of a virtual list", () => {
  it("agree with a plain sum after any run of prepending, appending, removing and measuring", () => {
    let state = 7
    const random = (n: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      return state % n
    }
    for (let run = 0; run < 60; run++) {
      const heights = new Heights(estimate)
      const measured = new Map<string, number>()
      let keys: ReadonlyArray<string> = []
      let next = 0
      for (let step = 0; step < 40; step++) {
        const fresh = () => Array.from({ length: random(9) }, () => `${random(4) === 0 ? "d" : "m"}${next++}`)
        const what = random(5)
        if (what === 0) keys = [...fresh(), ...keys]
        else if (what === 1) keys = [...keys, ...fresh()]
        else if (what === 2) keys = keys.filter(() => random(5) !== 0)
        else {
          const key = keys[random(Math.max(1, keys.length))]
          if (key !== undefined) {
            measured.set(key, 10 + random(200))
            heights.measure(key, measured.get(key) ?? 0)
          }
        }
        heights.setRows(keys.map((key) => ({ key })))
        const tops = [0]
        for (const key of keys) tops.push((tops.at(-1) ?? 0) + (measured.get(key) ?? estimate(key)))
        expect(heights.total).toBe(tops.at(-1))
        const index = random(keys.length + 1)
        expect(heights.top(index)).toBe(tops[index])
        const offset = random(Math.max(1, heights.total))
        if (keys.length > 0) {
          const at = heights.at(offset)
          expect((tops[at] ?? 0) <= offset && offset < (tops[at + 1] ?? 0)).toBe(true)
          expect(heights.indexOf(keys[at] ?? "")).toBe(at)
        }
      }
    }
  })
})
