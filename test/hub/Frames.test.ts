// Hand-written encoding and decoding of frames agrees with the contract's schemas.
import type { Writable } from "node:stream"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as ws from "ws"
import { WireSignal } from "../../src/broadcast/SignalWire.ts"
import { ClientFrames } from "../../src/contract/ClientFrame.ts"
import { ServerFrame } from "../../src/contract/ServerFrame.ts"
import { ChatSummary, EventMember } from "../../src/domain/Chat.ts"
import type { ChatEvent } from "../../src/domain/ChatEvent.ts"
import { ChatId, MessageId, Seq, UserId } from "../../src/domain/Ids.ts"
import { EventMessage } from "../../src/domain/Message.ts"
import { eventJson, specialJson, specialReader } from "../../src/hub/frames/EventFrames.ts"
import { EventRun } from "../../src/hub/frames/EventRun.ts"
import { closeFrame, helloPing, pingFrame, textFrame, textsOf } from "../../src/hub/frames/FrameBytes.ts"
import * as Reply from "../../src/hub/frames/ReplyFrames.ts"
import { decode, Rejected } from "../../src/hub/inbound/Decode.ts"
import type { KeptRecord } from "../../src/kinds/Kind.ts"
import { kinds } from "../../src/kinds/Kinds.ts"
import { interpreted } from "../support/interpreted.ts"

const read = Schema.decodeUnknownSync(Schema.fromJsonString(ServerFrame))
const chat_id = ChatId.make(7)

const eventsOf = (
  message: EventMessage,
  chat: ChatSummary,
  member: EventMember,
  version: number,
): ReadonlyArray<ChatEvent> => [
  { _tag: "MessageSent", version, message },
  { _tag: "MessageUpdated", version, message },
  { _tag: "MessageDeleted", version, message },
  { _tag: "ReadMarked", version, user_id: member.user.id, seq: message.seq, message_id: message.id },
  { _tag: "ChatCreated", version, chat, member_ids: [] },
  { _tag: "ChatUpdated", version, chat },
  { _tag: "ChatDeleted", version },
  { _tag: "MemberAdded", version, member, chat },
  { _tag: "MemberUpdated", version, member },
  { _tag: "MemberRemoved", version, user_id: member.user.id },
  ...Object.values(kinds).map(
    (kind): ChatEvent => ({
      _tag: "Recorded",
      version,
      kind: kind.name,
      message_id: message.id,
      shown: kind.show(records[kind.name], member.user.id, [{ key: "👍", count: 2, since: 1 }]),
    }),
  ),
]

const user_id = UserId.make(1)
/** One of each kind. */
const records: { readonly [Name in keyof typeof kinds]: KeptRecord } = {
  pin: { user_id, removed: true, body: { at: 1 } },
  reaction: { user_id, removed: false, body: { "👍": 1, "❤️": 2 } },
}

/** What a client is to read: JSON knows no -0. */
const expected = (event: ChatEvent, reader: number): unknown => JSON.parse(JSON.stringify(told(event, reader)))

const told = (event: ChatEvent, reader: number): object => {
  const { version } = event
  switch (event._tag) {
    case "MessageSent":
    case "MessageUpdated":
    case "MessageDeleted": {
      const type = { MessageSent: "message", MessageUpdated: "message_updated", MessageDeleted: "message_deleted" }
      const { message } = event
      const dedup_key = message.sender_id === reader ? message.dedup_key : null
      return { type: type[event._tag], ...message, dedup_key, version }
    }
    case "ReadMarked": {
      const { message_id, seq, user_id } = event
      return { type: "read", chat_id, user_id, seq, message_id, version }
    }
    case "ChatCreated":
      return { type: "chat_created", chat: event.chat, version }
    case "ChatUpdated":
      return { type: "chat_updated", chat: event.chat, version }
    case "ChatDeleted":
      return { type: "chat_deleted", chat_id, version }
    case "MemberAdded":
      return event.member.user.id === reader
        ? { type: "chat_created", chat: event.chat, version }
        : { type: "member_added", chat_id, member: event.member, version }
    case "MemberUpdated":
      return { type: "member_updated", chat_id, member: event.member, version }
    case "MemberRemoved":
      return { type: "member_removed", chat_id, user_id: event.user_id, version }
    case "Recorded":
      return { type: event.kind, chat_id, message_id: event.message_id, ...event.shown, version }
  }
}

describe("Frames", () => {
  it.prop(
    "every event reads as the contract says, for its special reader too",
    { message: EventMessage, chat: ChatSummary, member: EventMember, version: Seq },
    ({ chat, member, message, version }) => {
      const events = eventsOf(message, chat, member, version)
      for (const event of events) {
        const common = eventJson(chat_id, event)
        assert.deepEqual(read(common), expected(event, 0))
        const reader = specialReader(event)
        if (reader !== 0) assert.deepEqual(read(specialJson(event, common)), expected(event, reader))
      }
      const run = new EventRun(chat_id, events)
      for (const reader of [UserId.make(1), message.sender_id, member.user.id]) {
        const texts = textsOf(run.bytesFor(reader)).map((text) => JSON.parse(text))
        assert.deepEqual(
          texts,
          run.framesFor(reader).map((frame) => JSON.parse(textsOf(frame)[0]!)),
        )
        assert.deepEqual(
          texts,
          events.map((event) => expected(event, reader)),
        )
      }
    },
  )

  it("leave out what other users may not know of a user", () => {
    const user = { id: 1, username: "a", display_name: "A", created_at: "2026-01-01T00:00:00.000Z", email: "a@b.c" }
    const member = { user, role: "member", last_read_seq: 0, joined_at: user.created_at } as unknown
    const event = { _tag: "MemberUpdated", version: 1, member: member as EventMember } as const
    assert.notInclude(eventJson(chat_id, event), "a@b.c")
  })

  it("of every length survive the wire", () => {
    for (const length of [0, 1, 100, 125, 126, 127, 65_535, 65_536, 70_000]) {
      const text = JSON.stringify("é".repeat(Math.floor(length / 2)).padEnd(length, "x"))
      assert.deepStrictEqual(textsOf(Buffer.concat([textFrame(text), textFrame("{}")])), [text, "{}"])
    }
  })

  it.prop(
    "answers carry their ref and read as the contract says",
    { ref: Schema.Union([Schema.String.check(Schema.isMaxLength(128)), Schema.Finite]), message: EventMessage },
    ({ message, ref }) => {
      const well = typeof ref === "string" ? ref.toWellFormed().replaceAll("\0", "") : ref + 0
      const at = "2026-01-01T00:00:00.000Z"
      const session = "00000000-0000-4000-8000-000000000001"
      for (const json of [
        Reply.sentJson(well, message, true),
        Reply.readJson(well, chat_id, 3),
        Reply.changedJson(well, message.id),
        Reply.authenticatedJson(well, at),
        Reply.pongJson(well, at),
        Reply.errorJson(well, "conflict", 'a "quoted" reason', 5),
        Reply.syncedJson(well, new Map([[chat_id, 4]])),
        Reply.syncedJson(well, new Map(), [chat_id]),
      ]) {
        assert.deepPropertyVal(read(json), "ref", JSON.parse(JSON.stringify(well)))
      }
      for (const json of [
        Reply.helloJson(UserId.make(1), session as never, 0, [], [UserId.make(2)]),
        Reply.typingJson(chat_id, UserId.make(1), true),
        Reply.presenceJson(UserId.make(1), null),
        Reply.presenceJson(UserId.make(1), at),
        Reply.resetJson(chat_id, 4),
        Reply.chatGoneJson(chat_id),
        Reply.pongJson(undefined, at),
      ]) {
        assert.strictEqual(JSON.stringify(read(json)), json)
      }
    },
  )
})

describe("Decoding", () => {
  it("is compiled code alone for each frame of a client and each signal of another node", () => {
    assert.deepStrictEqual(interpreted(Schema.Json.ast), [": Declaration"])
    assert.deepStrictEqual(interpreted(WireSignal.ast), [])
    for (const [type, { ast }] of Object.entries(ClientFrames)) assert.deepStrictEqual(interpreted(ast, type), [])
  })

  const parse = (value: unknown, only: ChatId | 0 = 0): object =>
    decode(Buffer.from(JSON.stringify(value)), false, only)

  it("takes a message with or without what may be left out", () => {
    const bare = { type: "message", chat_id: 7, text: "t" }
    assert.deepEqual(parse(bare), bare)
    assert.deepEqual(parse({ ...bare, type: undefined, action: "message", unknown: 1 }), bare)
    assert.deepEqual(parse({ text: "t" }, chat_id), bare)
    assert.deepEqual(parse({ type: "typing" }, chat_id), { type: "typing", chat_id: 7 })
    assert.deepEqual(parse({ type: "read", seq: 3 }, chat_id), { type: "read", chat_id: 7, seq: 3 })
    const full = { ...bare, ref: 5, dedup_key: null, reply_to: MessageId.make(3) }
    assert.deepEqual(parse(full), full)
  })

  it("says what is wrong and where, and gives back the ref", () => {
    const wrong = parse({ type: "message", chat_id: 7, text: "", ref: "r" })
    assert.instanceOf(wrong, Rejected)
    assert.deepEqual(
      { ...wrong },
      { code: "invalid", message: "text: must have at least 1 character, or attachments beside it", ref: "r" },
    )
    for (const value of [
      { type: "message", chat_id: "7", text: "t" },
      { type: "message", chat_id: 7, text: "a\0b" },
      { type: "message", chat_id: 7, text: "\ud800" },
      { type: "message", chat_id: 7, text: "t", dedup_key: "k".repeat(65) },
      { type: "message", chat_id: 7, text: "x".repeat(4097) },
      { type: "read" },
      { type: "read", chat_id: 7 },
      { type: "ping", ref: null },
      { type: "ping", ref: {} },
      { type: "auth" },
      { type: "sync", cursors: [1.5] },
      { text: "t" },
    ]) {
      const result = parse(value)
      assert.instanceOf(result, Rejected, JSON.stringify(value))
      assert.propertyVal(result, "code", "invalid", JSON.stringify(value))
    }
    assert.propertyVal(parse({ type: "__proto__" }), "code", "unknown_type")
  })
})

describe("The frames of the server, read by the library", () => {
  it("follow one another whole: texts, both pings, a close", () => {
    const read: Array<string> = []
    // Its types do not name it.
    const { Receiver } = ws as unknown as { Receiver: new (options: { isServer: boolean }) => Writable }
    const receiver = new Receiver({ isServer: false })
    receiver.on("message", (data) => read.push(`text ${data}`))
    receiver.on("ping", (data) => read.push(`ping ${data}`))
    receiver.on("conclude", (code, reason) => read.push(`close ${code} ${reason}`))
    receiver.on("error", (error) => read.push(error.message))
    for (const frame of [
      textFrame("{}"),
      helloPing,
      textFrame("[]"),
      pingFrame,
      helloPing,
      textFrame("1"),
      closeFrame(4001, "slow"),
    ])
      receiver.write(frame)
    assert.deepStrictEqual(read, ["text {}", "ping h", "text []", "ping ", "ping h", "text 1", "close 4001 slow"])
  })
})
