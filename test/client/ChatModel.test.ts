// How a client merges two copies of one thing, in any order.
import { assert, describe, it } from "@effect/vitest"
import { ChatModel } from "../../src/client/state/ChatModel.ts"
import type { ChatFrame } from "../../src/client/state/Replay.ts"
import type { ChatWithMembers, Member, Role } from "../../src/domain/Chat.ts"
import { FileId } from "../../src/domain/File.ts"
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
  version: 1,
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
      ...(description === undefined ? {} : { description, avatar: FileId.make(5) }),
    },
    version,
  })
  const shown = ({ chat }: ChatModel) => [chat?.name, chat?.description, chat?.avatar, chat?.version]

  it("the one of the greater version wins, with all that it says and does not say", () => {
    assert.deepStrictEqual(shown(told(summary(5, "five", "said"))), ["five", "said", 5, 5])
    assert.deepStrictEqual(shown(told(summary(5, "five", "said"), summary(6, "six"))), ["six", undefined, undefined, 6])
    assert.deepStrictEqual(shown(told(summary(6, "six"), summary(5, "five", "said"))), ["six", undefined, undefined, 6])
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

describe("Unread mentions", () => {
  const numbered = (id: number, sender_id: UserId, more: Partial<Message>): Message => ({
    ...message("text"),
    id: id as MessageId,
    seq: id,
    sender_id,
    version: id + 1,
    ...more,
  })
  const by = (id: number, sender_id: UserId, more: Partial<Message> = {}): ChatFrame => ({
    type: more.deleted === true ? "message_deleted" : "message_updated",
    ...numbered(id, sender_id, more),
  })
  const sentBy = (id: number, sender_id: UserId, more: Partial<Message> = {}): ChatFrame => ({
    type: "message",
    ...numbered(id, sender_id, more),
  })
  const countOf = ({ chat }: ChatModel) => chat?.unread_mention_count
  /** With an own first message, and the window loaded from there or not at all. */
  const begun = (isOpen: boolean): ChatModel => {
    const model = new ChatModel(chat_id, ann)
    model.load(record)
    if (isOpen) model.window.replace([], false, false)
    model.apply(sentBy(1, ann))
    return model
  }
  const toAnn = { mentions: [bob, ann] }
  const reply = { reply_to: 1 as MessageId }

  for (const isOpen of [false, true]) {
    it(`are counted as they arrive, once a message, in ${isOpen ? "an open" : "a closed"} chat`, () => {
      const model = begun(isOpen)
      assert.isFalse("unread_mention_count" in model.chat!)
      model.apply(sentBy(2, bob, { mentions: [bob] }))
      model.apply(sentBy(3, bob, { reply_to: 2 as MessageId }))
      assert.isUndefined(countOf(model))
      model.apply(sentBy(4, bob, { ...toAnn, ...reply, mentions_all: true }))
      assert.strictEqual(countOf(model), 1)
      model.apply(sentBy(5, bob, { mentions_all: true }))
      model.apply(sentBy(6, bob, reply))
      assert.strictEqual(countOf(model), 3)
      assert.isFalse(model.stale)
      model.raiseMine(6)
      assert.isFalse("unread_mention_count" in model.chat!)
      model.apply(sentBy(7, ann, toAnn))
      model.apply(sentBy(8, bob, { ...toAnn, deleted: true, text: "" }))
      assert.isUndefined(countOf(model))
    })
  }

  it("follow edits, deletions and the watermark among loaded messages", () => {
    const model = begun(true)
    for (const id of [2, 3, 4, 5]) model.apply(sentBy(id, bob, toAnn))
    model.apply(by(2, bob, { version: 10 }))
    assert.strictEqual(countOf(model), 3)
    model.apply(by(2, bob, { ...toAnn, version: 11 }))
    assert.strictEqual(countOf(model), 4)
    model.apply(by(3, bob, { deleted: true, text: "", version: 12 }))
    assert.strictEqual(countOf(model), 3)
    model.raiseMine(4)
    assert.strictEqual(countOf(model), 1)
    assert.isFalse(model.stale)
    model.apply(by(4, bob, { version: 13 }))
    assert.strictEqual(countOf(model), 1)
  })

  it("of messages that are not loaded are asked for when an edit or the watermark leaves them uncertain", () => {
    for (const change of [by(2, bob, { version: 10 }), by(2, bob, { deleted: true, text: "", version: 10 })]) {
      const model = begun(false)
      model.apply(sentBy(2, bob, toAnn))
      assert.isFalse(model.stale)
      model.apply(change)
      assert.isTrue(model.stale)
    }
    const read = begun(false)
    for (const id of [2, 3]) read.apply(sentBy(id, bob, toAnn))
    read.raiseMine(2)
    assert.isTrue(read.stale)
    const plain = begun(false)
    for (const id of [2, 3]) plain.apply(sentBy(id, bob))
    plain.apply(by(2, bob, { version: 10 }))
    plain.raiseMine(2)
    assert.isFalse(plain.stale)
  })

  it("of replies to messages that are not known are counted once these are loaded", () => {
    const model = begun(false)
    const [mine, his] = [900 as MessageId, 901 as MessageId]
    for (const [id, reply_to] of [
      [2, mine],
      [3, his],
      [4, mine],
      [5, mine],
    ] as const) {
      model.apply(sentBy(id, bob, { reply_to }))
    }
    assert.isUndefined(countOf(model))
    assert.deepStrictEqual([...model.mentions.unsure.keys()], [2, 3, 4, 5])
    model.apply(by(5, bob, { deleted: true, text: "", version: 10 }))
    model.quotes.put([
      { ...message("old"), id: mine, sender_id: ann },
      { ...message("old"), id: his, sender_id: bob },
    ])
    model.quoted()
    assert.strictEqual(countOf(model), 2)
    model.quoted()
    assert.strictEqual(countOf(model), 2)
    assert.strictEqual(model.mentions.unsure.size, 0)
  })
})
