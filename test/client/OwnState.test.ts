import { assert, describe, it } from "vitest"
import { chatOf, OwnState } from "../../src/client/state/OwnState.ts"
import type { ChatId } from "../../src/domain/Ids.ts"
import type { StateEntry } from "../../src/domain/State.ts"

const entry = (key: string, version: number, value: StateEntry["value"] = {}) => ({ key, value, version })
const block = (id: number, version: number, value: StateEntry["value"] = {}) => entry(`block:${id}`, version, value)
const blocked = (own: OwnState) => [...own.blocks()].sort()

describe("The client's copy of the own state", () => {
  it("is what was loaded, with the changes that came before, during and after the load", () => {
    const changes: Array<string> = []
    const own = new OwnState((key) => changes.push(key))
    assert.isUndefined(own.at)
    own.take(block(7, 6))
    own.take(block(8, 9))
    own.take(block(9, 10, null))
    own.load([block(1, 2), block(9, 3)], 8)
    assert.deepEqual([blocked(own), own.at], [[1, 8], 10])
    const before = own.blocks()
    own.take(entry("app:a", 11, 1))
    own.take(block(1, 2, null))
    assert.strictEqual(own.blocks(), before)
    own.take(block(1, 12, null))
    assert.deepEqual([blocked(own), own.at], [[8], 12])
    // An answer that comes before the frames of earlier changes.
    own.take(block(2, 14))
    assert.deepEqual([blocked(own), own.at], [[2, 8], 12])
    own.take(block(8, 13, null))
    own.take(block(2, 14))
    assert.deepEqual([blocked(own), own.at], [[2], 14])
    // An answer and the frame of the same change are one.
    const count = changes.length
    own.take(block(2, 14))
    assert.strictEqual(changes.length, count)
    own.load([block(5, 4)], 9)
    assert.deepEqual(blocked(own), [2], "a load that began earlier is old")
    own.load([block(5, 4)], 15)
    assert.deepEqual(blocked(own), [5])
    own.clear()
    assert.deepEqual([blocked(own), own.at], [[], undefined])
  })

  it("asks for what it missed from where it stands, until that has arrived", () => {
    const own = new OwnState(() => {})
    assert.isUndefined(own.resume(3), "nothing is known yet")
    own.load([block(1, 2)], 3)
    assert.isUndefined(own.resume(3), "nothing was missed")
    assert.deepEqual([own.resume(8), own.at], [3, undefined])
    own.take(block(1, 5, null))
    // The answer was lost with the connection: what arrived may have been a part.
    assert.deepEqual([own.resume(9), own.syncs], [3, 3])
    own.take(block(2, 7))
    own.take(block(3, 9))
    own.take(block(4, 10))
    own.take(block(5, 12))
    own.synced(9)
    assert.deepEqual([blocked(own), own.at, own.syncs], [[2, 3, 4, 5], 10, undefined])
    assert.isUndefined(own.resume(7), "the server has forgotten some: it must be loaded")
    own.reset()
    own.synced(9)
    assert.isUndefined(own.at, "a reset came instead of the changes")
  })

  it("shows each kind by itself, and reports the keys whose value is another one", () => {
    const changes: Array<string> = []
    const own = new OwnState((key) => changes.push(key))
    const [one, two] = [1 as ChatId, 2 as ChatId]
    const later = { chat_id: 1, at: "2030-01-02T00:00:00.000Z", text: "Later" }
    own.take(entry("chat:2", 3, { archived: true }))
    assert.deepEqual([own.knows("chat:2"), own.knows("chat:1")], [true, false])
    own.load(
      [
        entry("chat:1", 1, { level: "mentions" }),
        entry("draft:1", 2, { text: "Half" }),
        entry("scheduled:b", 4, later),
        entry("scheduled:a", 5, { ...later, at: "2030-01-01T00:00:00.000Z" }),
        entry("settings", 6, { read_receipts: false }),
      ],
      6,
    )
    assert.deepEqual(
      [own.chat(one), own.chat(two), own.draft(one), own.draft(two), own.settings()],
      [{ level: "mentions" }, undefined, { text: "Half" }, undefined, { read_receipts: false }],
    )
    assert.deepEqual(
      own.scheduled().map(({ at, key }) => [key, at.slice(0, 10)]),
      [
        ["scheduled:a", "2030-01-01"],
        ["scheduled:b", "2030-01-02"],
      ],
    )
    assert.isTrue(own.knows("chat:7"))
    assert.deepEqual(changes.sort(), [
      "chat:1",
      "chat:2",
      "chat:2",
      "draft:1",
      "scheduled:a",
      "scheduled:b",
      "settings",
    ])
    const [blocks, scheduled] = [own.blocks(), own.scheduled()]
    changes.length = 0
    own.take(entry("settings", 7, null))
    assert.deepEqual([changes, own.settings()], [["settings"], {}])
    assert.deepEqual([own.blocks() === blocks, own.scheduled() === scheduled], [true, true])
    assert.deepEqual(
      [chatOf("draft:5", "draft:"), chatOf("draft:5", "chat:"), chatOf("app:5", "chat:")],
      [5, undefined, undefined],
    )
  })
})
