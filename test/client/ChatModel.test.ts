// How a client merges two copies of one thing, in any order.
import { assert, describe, it } from "@effect/vitest"
import { ChatModel } from "../../src/client/state/ChatModel.ts"
import type { ChatFrame } from "../../src/client/state/Replay.ts"
import type { ChatWithMembers, Member, Role } from "../../src/domain/Chat.ts"
import type { ChatId, MessageId, UserId } from "../../src/domain/Ids.ts"
import type { Message } from "../../src/domain/Message.ts"

const chat_id = 1 as ChatId
const [ann, bob] = [1 as UserId, 2 as UserId]
const at = "2026-11-21T09:30:00.000Z"

const member = (id: UserId, role: Role): Member => ({
  user: { id, username: `user${id}`, display_name: `User ${id}`, created_at: at },
  role,
  last_read_seq: 0,
  joined_at: at,
})

const message = (text: string): Message => ({
  id: 7 as MessageId,
  chat_id,
  seq: 1,
  sender_id: bob,
  text,
  created_at: at,
  // Two edits within one millisecond: only the version shows which is later.
  edited_at: at,
  deleted: false,
  reply_to: null,
  is_read: false,
  dedup_key: null,
  version: 2,
})

const record: ChatWithMembers = {
  id: chat_id,
  type: "group",
  name: "Group",
  created_by: ann,
  created_at: at,
  member_count: 1,
  version: 1,
  role: "owner",
  last_seq: 0,
  last_read_seq: 0,
  unread_count: 0,
  last_message: null,
  peer: null,
  members: [member(ann, "owner")],
}

const told = (...frames: ReadonlyArray<ChatFrame>): ChatModel => {
  const model = new ChatModel(chat_id, ann)
  model.load(record)
  model.window.replace([], false, false)
  for (const frame of frames) model.apply(frame)
  return model
}

const sent = (version: number, text: string, changed?: number): ChatFrame => ({
  type: "message",
  ...message(text),
  version,
  ...(changed === undefined ? {} : { changed }),
})
const edited = (version: number, text: string): ChatFrame => ({ type: "message_updated", ...message(text), version })
const added = (version: number, role: Role, changed?: number): ChatFrame => ({
  type: "member_added",
  chat_id,
  member: member(bob, role),
  version,
  ...(changed === undefined ? {} : { changed }),
})
const promoted = (version: number, role: Role): ChatFrame => ({
  type: "member_updated",
  chat_id,
  member: member(bob, role),
  version,
})

const textsOf = (model: ChatModel) => [
  ...model.window.snapshot().map(({ text }) => text),
  `last: ${model.chat?.last_message?.text}`,
]
const roleOf = (model: ChatModel) => model.members.list()?.find(({ user }) => user.id === bob)?.role

describe("Of two copies of a message", () => {
  it("the one of the greater version wins, as `changed` says it", () => {
    assert.deepStrictEqual(textsOf(told(sent(3, "as of 9", 9), edited(6, "as of 6"))), ["as of 9", "last: as of 9"])
    assert.deepStrictEqual(textsOf(told(sent(3, "as of 5", 5), edited(6, "as of 6"))), ["as of 6", "last: as of 6"])
    assert.deepStrictEqual(textsOf(told(sent(3, "sent"), edited(6, "as of 6"))), ["as of 6", "last: as of 6"])
  })

  it("a message is shown as the contract has it, without what only the frame has", () => {
    const [shown] = told(sent(3, "text", 9)).window.snapshot()
    assert.deepStrictEqual(shown, { ...message("text"), version: 9 })
  })
})

describe("Of two copies of a summary", () => {
  const summary = (version: number, name: string, description?: string): ChatFrame => ({
    type: "chat_updated",
    chat: {
      id: chat_id,
      type: "group",
      name,
      created_by: ann,
      created_at: at,
      member_count: 1,
      ...(description === undefined ? {} : { description }),
    },
    version,
  })
  const shown = ({ chat }: ChatModel) => [chat?.name, chat?.description, chat?.version]

  it("the one of the greater version wins, with all that it says and does not say", () => {
    assert.deepStrictEqual(shown(told(summary(5, "five", "said"))), ["five", "said", 5])
    assert.deepStrictEqual(shown(told(summary(5, "five", "said"), summary(6, "six"))), ["six", undefined, 6])
    assert.deepStrictEqual(shown(told(summary(6, "six"), summary(5, "five", "said"))), ["six", undefined, 6])
  })
})

describe("Of two copies of a member", () => {
  it("the one of the greater version wins, as `changed` says it", () => {
    assert.strictEqual(roleOf(told(added(3, "admin", 9), promoted(6, "member"))), "admin")
    assert.strictEqual(roleOf(told(added(3, "member", 5), promoted(6, "admin"))), "admin")
  })

  it("a member who left and came again is a new one", () => {
    const left: ChatFrame = { type: "member_removed", chat_id, user_id: bob, version: 10 }
    assert.isUndefined(roleOf(told(added(3, "admin", 9), left)))
    assert.strictEqual(roleOf(told(added(3, "admin", 9), left, added(11, "member"))), "member")
  })
})
