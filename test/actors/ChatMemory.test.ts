import { assert, describe, it } from "@effect/vitest"
import { ChatMemory } from "../../src/actors/memory/ChatMemory.ts"
import { plan } from "../../src/actors/rules/plan.ts"
import type { ChatId, MessageId, UserId } from "../../src/domain/Ids.ts"
import { RecordSet } from "../../src/kinds/RecordSet.ts"
import { digestsOf } from "../support/digests.ts"
import { draft } from "../support/draft.ts"

const user = (id: number) => id as UserId

describe("ChatMemory", () => {
  it("knows after a batch how far every member has read, in any order of senders", () => {
    const memory = new ChatMemory()
    const state = memory.load({
      id: 1 as ChatId,
      type: "group",
      name: "x",
      info: {},
      created_by: user(1),
      created_at: 0,
      version: 1,
      last_seq: 0,
      departed: null,
      blockers: [],
      fence: 0,
      active_before: null,
      members: [1, 2, 3].map((id) => ({
        user_id: user(id),
        role: id === 1 ? "owner" : "member",
        last_read_seq: 0,
        joined_at: 0,
        version: 1,
      })),
    })
    const planned = plan(
      state,
      [1, 1, 2, 1, 1, 3].map((by) => ({ _tag: "Send", by: user(by), draft: draft("text") })),
      {
        messages: new Map(),
        keys: memory.keys,
        threadOf: () => undefined,
        senderOf: () => undefined,
        named: undefined,
        records: () => RecordSet.of([]),
        digests: digestsOf(),
        maxMembers: 3,
        at: 0,
      },
    )
    const settled = memory.settle(
      planned,
      [11, 12, 13, 14, 15, 16].map((id) => id as MessageId),
      { at: 0, active_before: null },
    )
    assert.deepStrictEqual([settled.lowestBefore, settled.lowest], [0, 3])
    memory.watermarks.remove(user(2))
    assert.strictEqual(memory.watermarks.lowest, 5)
    memory.watermarks.remove(user(1))
    assert.strictEqual(memory.watermarks.lowest, 6)
  })
})
