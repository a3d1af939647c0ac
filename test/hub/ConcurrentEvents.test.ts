import { assert, describe, it } from "@effect/vitest"
import { ChatId } from "../../src/domain/Ids.ts"
import { ConcurrentEvents } from "../../src/hub/replay/ConcurrentEvents.ts"

const at = (id: number, version: number) => ({
  chat_id: ChatId.make(id),
  version,
  last_seq: 0,
  last_read_seq: 0,
  unread_count: 0,
  unread_mention_count: 0,
  member_count: 2,
  delivered_seq: null,
})

describe("ConcurrentEvents", () => {
  it("a position is past when its chat has a later version since the watch began", () => {
    const concurrent = new ConcurrentEvents()
    const watch = concurrent.begin()
    concurrent.note(ChatId.make(1), 5)
    concurrent.note(ChatId.make(1), 4)
    assert.isTrue(concurrent.isPast(watch, at(1, 4)))
    assert.isFalse(concurrent.isPast(watch, at(1, 5)))
    assert.isFalse(concurrent.isPast(watch, at(2, 1)))
  })

  it("nothing is noted that no watch needs", () => {
    const concurrent = new ConcurrentEvents()
    concurrent.note(ChatId.make(1), 5)
    assert.strictEqual(concurrent.size, 0)
    const first = concurrent.begin()
    concurrent.note(ChatId.make(1), 6)
    concurrent.note(ChatId.make(2), 6)
    const second = concurrent.begin()
    concurrent.note(ChatId.make(1), 7)
    concurrent.note(ChatId.make(3), 7)
    concurrent.end(first)
    assert.strictEqual(concurrent.size, 2)
    assert.isTrue(concurrent.isPast(second, at(1, 6)))
    assert.isTrue(concurrent.isPast(second, at(3, 6)))
    concurrent.end(second)
    assert.strictEqual(concurrent.size, 0)
  })

  it("of more chats than it notes, the read that was under way counts as passed by, a later one does not", () => {
    const concurrent = new ConcurrentEvents()
    const early = concurrent.begin()
    for (let id = 1; id <= 6_000; id++) concurrent.note(ChatId.make(id), 2)
    assert.isFalse(concurrent.isPast(early, at(20_000, 1)))
    const late = concurrent.begin()
    for (let id = 6_001; id <= 12_000; id++) concurrent.note(ChatId.make(id), 2)
    assert.strictEqual(concurrent.size, 10_000)
    assert.isTrue(concurrent.isPast(early, at(1, 1)))
    assert.isTrue(concurrent.isPast(early, at(20_000, 1)))
    assert.isFalse(concurrent.isPast(late, at(20_000, 1)))
    assert.isTrue(concurrent.isPast(late, at(12_000, 1)))
  })

  it("after lost signals, all positions that were being read count as past", () => {
    const concurrent = new ConcurrentEvents()
    const watch = concurrent.begin()
    concurrent.loseAll()
    assert.isTrue(concurrent.isPast(watch, at(1, 1)))
    assert.isFalse(concurrent.isPast(concurrent.begin(), at(1, 1)))
  })
})
