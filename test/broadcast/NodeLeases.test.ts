// Which nodes count as gone, and when: a death that Redis saw, one that it has forgotten, and a Redis that was away itself.
import { assert, describe, it } from "@effect/vitest"
import { leaseTimes, NodeLeases } from "../../src/broadcast/NodeLeases.ts"

const { beat, grace, lease } = leaseTimes
const none = new Map<string, number>()
const ends = (end: number) => new Map([["a", end]])

/** A node that has seen "a" alive at 100,000, having been connected for long. */
const seen = () => {
  const leases = new NodeLeases(leaseTimes)
  leases.up(0)
  assert.deepStrictEqual(leases.renew(100_000, ends(100_000 + lease), none), [])
  return leases
}

describe("NodeLeases", () => {
  it("a node whose lease has ended is gone at once, last seen at its last beat", () => {
    const leases = seen()
    const end = 100_000 + lease
    assert.deepStrictEqual(leases.renew(end + 1, none, ends(end)), [{ node: "a", at: 100_000 }])
    assert.deepStrictEqual(leases.renew(end + 2, none, ends(end)), [])
  })

  it("a node whose lease Redis has forgotten has some time to show itself", () => {
    const leases = seen()
    assert.deepStrictEqual(leases.renew(100_000 + grace, none, none), [])
    assert.deepStrictEqual(leases.renew(100_001 + grace, none, none), [{ node: "a", at: 100_000 }])
  })

  it("leases that ended while Redis was down do not count until nodes have had time to renew them", () => {
    const leases = seen()
    const end = 100_000 + lease
    leases.up(500_000)
    assert.deepStrictEqual(leases.renew(500_000, none, ends(end)), [])
    assert.deepStrictEqual(leases.renew(500_000 + grace, none, ends(end)), [])
    assert.deepStrictEqual(leases.renew(500_001 + grace, none, ends(end)), [{ node: "a", at: 100_000 }])
  })

  it("a node that came back is not gone, and one that said goodbye is not missed", () => {
    const leases = seen()
    leases.up(500_000)
    leases.renew(505_000, ends(505_000 + lease), none)
    assert.deepStrictEqual(leases.renew(505_000 + grace, ends(505_000 + lease), none), [])
    leases.forget("a")
    assert.deepStrictEqual(leases.renew(900_000, none, none), [])
  })

  it("a node that only sent a change, and never had a lease, does not stay forever", () => {
    const leases = new NodeLeases(leaseTimes)
    leases.noteAlive("a", 100_000)
    assert.deepStrictEqual(leases.renew(100_000 + grace, none, none), [])
    assert.deepStrictEqual(leases.renew(100_001 + grace, none, none), [{ node: "a", at: 100_000 }])
  })

  it("no ghost lives for longer than a minute", () => {
    assert.isAtMost(Math.max(lease + beat, lease + beat + grace), 60_000)
    assert.isAbove(lease, 20_000 + beat - 1)
  })
})
