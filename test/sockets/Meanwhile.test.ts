import { assert, describe, it } from "@effect/vitest"
import { ChatId } from "../../src/domain/Ids.ts"
import { Meanwhile } from "../../src/sockets/Meanwhile.ts"

const at = (id: number, version: number) => ({
  chat_id: ChatId.make(id),
  version,
  last_seq: 0,
  last_read_seq: 0,
  unread_count: 0,
  member_count: 2,
})

describe("Meanwhile", () => {
  it("a position is past when its chat has come further since the watch began", () => {
    const meanwhile = new Meanwhile()
    const watch = meanwhile.begin()
    meanwhile.note(ChatId.make(1), 5)
    meanwhile.note(ChatId.make(1), 4)
    assert.isTrue(meanwhile.isPast(watch, at(1, 4)))
    assert.isFalse(meanwhile.isPast(watch, at(1, 5)))
    assert.isFalse(meanwhile.isPast(watch, at(2, 1)))
  })

  it("nothing is noted that no watch needs", () => {
    const meanwhile = new Meanwhile()
    meanwhile.note(ChatId.make(1), 5)
    assert.strictEqual(meanwhile.size, 0)
    const first = meanwhile.begin()
    meanwhile.note(ChatId.make(1), 6)
    meanwhile.note(ChatId.make(2), 6)
    const second = meanwhile.begin()
    meanwhile.note(ChatId.make(1), 7)
    meanwhile.note(ChatId.make(3), 7)
    meanwhile.end(first)
    assert.strictEqual(meanwhile.size, 2)
    assert.isTrue(meanwhile.isPast(second, at(1, 6)))
    assert.isTrue(meanwhile.isPast(second, at(3, 6)))
    meanwhile.end(second)
    assert.strictEqual(meanwhile.size, 0)
  })

  it("of more chats than it notes, the read that was under way counts as passed by, a later one does not", () => {
    const meanwhile = new Meanwhile()
    const early = meanwhile.begin()
    for (let id = 1; id <= 6_000; id++) meanwhile.note(ChatId.make(id), 2)
    assert.isFalse(meanwhile.isPast(early, at(20_000, 1)))
    const late = meanwhile.begin()
    for (let id = 6_001; id <= 12_000; id++) meanwhile.note(ChatId.make(id), 2)
    assert.strictEqual(meanwhile.size, 10_000)
    assert.isTrue(meanwhile.isPast(early, at(1, 1)))
    assert.isTrue(meanwhile.isPast(early, at(20_000, 1)))
    assert.isFalse(meanwhile.isPast(late, at(20_000, 1)))
    assert.isTrue(meanwhile.isPast(late, at(12_000, 1)))
  })

  it("when nobody knows what has happened, all that was being read counts as passed by", () => {
    const meanwhile = new Meanwhile()
    const watch = meanwhile.begin()
    meanwhile.loseAll()
    assert.isTrue(meanwhile.isPast(watch, at(1, 1)))
    assert.isFalse(meanwhile.isPast(meanwhile.begin(), at(1, 1)))
  })
})
