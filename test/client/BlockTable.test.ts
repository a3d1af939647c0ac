import { assert, describe, it } from "vitest"
import { BlockTable } from "../../src/client/state/BlockTable.ts"

const entry = (id: number, version: number, value: object | null = {}) => ({ key: `block:${id}`, value, version })
const ids = (table: BlockTable) => [...table.snapshot()].sort()

describe("The client's table of blocked users", () => {
  it("is what was loaded, with the changes that came before, during and after the load", () => {
    let changes = 0
    const table = new BlockTable(() => changes++)
    assert.isUndefined(table.at)
    table.take(entry(7, 6))
    table.take(entry(8, 9))
    table.take(entry(9, 10, null))
    table.load([entry(1, 2), entry(9, 3)], 8)
    assert.deepEqual([ids(table), table.at], [[1, 8], 10])
    const before = table.snapshot()
    table.take({ key: "app:a", value: 1, version: 11 })
    table.take(entry(1, 2, null))
    assert.strictEqual(table.snapshot(), before)
    table.take(entry(1, 12, null))
    assert.deepEqual([ids(table), table.at], [[8], 12])
    // An answer that comes before the frames of earlier changes.
    table.take(entry(2, 14))
    assert.deepEqual([ids(table), table.at], [[2, 8], 12])
    table.take(entry(8, 13, null))
    table.take(entry(2, 14))
    assert.deepEqual([ids(table), table.at], [[2], 14])
    // An answer and the frame of the same change are one.
    const count = changes
    table.take(entry(2, 14))
    assert.strictEqual(changes, count)
    table.load([entry(5, 4)], 9)
    assert.deepEqual(ids(table), [2], "a load that began earlier is old")
    table.load([entry(5, 4)], 15)
    assert.deepEqual(ids(table), [5])
    table.clear()
    assert.deepEqual([ids(table), table.at], [[], undefined])
  })
})
