// A checker that never finds anything proves nothing: each promise is broken here on purpose, and must be found.
import { describe, expect, it } from "vitest"
import { ChatLog, type Loaded } from "./ChatLog.ts"
import { check } from "./check.ts"
import type { DeviceHistory, History, Message, Sent, StoredMessage } from "./History.ts"
import { StateLog } from "./StateLog.ts"

const message = (seq: number, change: Partial<Message> = {}): Message => ({
  id: 100 + seq,
  chat_id: 1,
  seq,
  sender_id: 7,
  text: `text ${seq}`,
  created_at: "2026-11-21T09:30:00.000Z",
  edited_at: null,
  deleted: false,
  reply_to: null,
  ...change,
})
const row = (seq: number, change: Partial<StoredMessage> = {}): StoredMessage => {
  const { id, chat_id, sender_id, text, deleted } = message(seq)
  return { id, chat_id, seq, sender_id, text, deleted, edited: false, dedup_key: `key ${seq}`, ...change }
}
const sent = (seq: number, change: Partial<Sent> = {}): Sent => ({
  chat_id: 1,
  sender_id: 7,
  dedup_key: `key ${seq}`,
  text: `text ${seq}`,
  attempts: 1,
  acks: [{ id: 100 + seq, seq, created_at: message(seq).created_at }],
  ...change,
})
/** One answer after the other. */
const told = (...seqs: ReadonlyArray<number>) => seqs.map((seq, i) => ({ seq, asked: 2 * i, answered: 2 * i + 1 }))
const reads = new Map([[7, 3]])
const held = {
  chat_id: 1,
  name: "Chat",
  first: 1,
  reads,
  members: new Map([
    [7, "owner"],
    [8, "member"],
  ]),
  messages: [message(1), message(2), message(3)],
}
const device: DeviceHistory = {
  name: "device",
  user_id: 7,
  chats: [{ ...held, version: 9 }],
  violations: [],
}
const good: History = {
  sent: [sent(1), sent(2), sent(3)],
  changes: [],
  readAcks: [{ chat_id: 1, user_id: 7, acks: told(1, 3) }],
  devices: [device],
  fresh: new Map([[7, [held]]]),
  messages: [row(1), row(2), row(3)],
  chats: [{ id: 1, last_seq: 3, version: 9, reads }],
}

const later = { chat_id: 1, sender_id: 7, text: "later", key: "scheduled:1" }
const failed = (tag: string) => ({
  version: 2,
  entries: [{ key: later.key, value: { chat_id: 1, failed: tag }, version: 2 }],
})
const sentLater = row(4, { text: "later", dedup_key: "scheduled:1" })

/** User 8 blocks user 7 from 1 on, at the latest from 2, until 6 or 7. */
const blockWrites = [
  { user_id: 8, blocked_id: 7, on: true, asked: 1, acked: 2, settled: 2 },
  { user_id: 8, blocked_id: 7, on: false, asked: 6, acked: 7, settled: 7 },
]
const contact = (asked: number, answered: number, outcome: "done" | "blocked") => ({
  contacts: [{ what: "message a", user_id: 7, other_id: 8, asked, answered, outcome }],
})

const chatOfDevice = (change: object): ReadonlyArray<DeviceHistory> => [
  { ...device, chats: device.chats.map((chat) => ({ ...chat, ...change })) },
]

describe("the checker", () => {
  it("finds nothing in a run that kept every promise", () => {
    expect(check(good)).toEqual([])
  })

  it("asks of a device that began with a page no more than that", () => {
    expect(check({ ...good, devices: chatOfDevice({ first: 3, messages: [message(3)] }) })).toEqual([])
  })

  it("lets answers overtake each other whose questions were under way together", () => {
    const acks = [
      { seq: 3, asked: 0, answered: 2 },
      { seq: 1, asked: 1, answered: 3 },
    ]
    expect(check({ ...good, readAcks: [{ chat_id: 1, user_id: 7, acks }] })).toEqual([])
  })

  const broken: Record<string, [Partial<History>, RegExp]> = {
    "an acknowledged message that is missing": [{ messages: [row(1), row(2)] }, /acknowledged, but not stored/],
    "a message stored twice": [
      { messages: [row(1), row(2), row(3), row(4, { dedup_key: "key 3" })] },
      /stored 2 times/,
    ],
    "two answers to one key": [
      { sent: [sent(1), sent(2), sent(3, { acks: [...sent(3).acks, ...sent(2).acks] })] },
      /acknowledged as 102\/2, but stored as 103\/3/,
    ],
    "a message that nobody sent": [{ sent: [sent(1), sent(2)] }, /nobody sent it/],
    "a hole in the numbers": [{ messages: [row(1), row(2), row(3, { seq: 4 })] }, /seq 4 where 3 belongs/],
    "a number too many": [{ chats: [{ id: 1, last_seq: 4, version: 9, reads }] }, /last_seq 4, but 3 messages/],
    "a text that changed by itself": [{ messages: [row(1), row(2), row(3, { text: "!" })] }, /nobody changed it/],
    "a lost edit": [
      { changes: [{ message_id: 103, text: "new", attempts: 1, acked: true }] },
      /an acknowledged edit is lost/,
    ],
    "a lost deletion": [
      { changes: [{ message_id: 103, text: null, attempts: 1, acked: true }] },
      /an acknowledged deletion is lost/,
    ],
    "a watermark that fell": [{ readAcks: [{ chat_id: 1, user_id: 7, acks: told(3, 2) }] }, /fell from 3 to 2/],
    "a watermark that was forgotten": [{ readAcks: [{ chat_id: 1, user_id: 7, acks: told(5) }] }, /was told 5, but 3/],
    "a device that missed a message": [
      { devices: chatOfDevice({ messages: [message(1), message(2)] }) },
      /holds nothing, a fresh client loads \[103/,
    ],
    "a device that missed an edit": [
      { devices: chatOfDevice({ messages: [message(1), message(2), message(3, { text: "old" })] }) },
      /a fresh client loads/,
    ],
    "a device that missed a deletion": [
      {
        devices: chatOfDevice({}),
        fresh: new Map([
          [7, [{ ...held, messages: [message(1), message(2), message(3, { text: "", deleted: true })] }]],
        ]),
      },
      /holds \[103,3,7,"text 3".*, a fresh client loads \[103,3,7,""/,
    ],
    "a device that missed that somebody was made an admin": [
      { devices: chatOfDevice({ members: new Map([[7, "owner"]]) }) },
      /user 8 is nobody, a fresh client loads member/,
    ],
    "a device that missed that somebody was removed": [
      { devices: chatOfDevice({ members: new Map([...held.members, [9, "member"]]) }) },
      /user 9 is member, a fresh client loads nobody/,
    ],
    "a device that began with a page and missed an edit on it": [
      { devices: chatOfDevice({ first: 3, messages: [message(3, { text: "old" })] }) },
      /holds \[103,3,7,"old"/,
    ],
    "a device that missed a read mark": [{ devices: chatOfDevice({ reads: new Map([[7, 2]]) }) }, /read up to 2/],
    "a device that stands behind": [{ devices: chatOfDevice({ version: 8 }) }, /stands at version 8, the chat at 9/],
    "a guest that is in a chat no more and does not know it": [
      { fresh: new Map([[7, []]]) },
      /holds 1 chats, a fresh client loads 0/,
    ],
    "a history that leaves one out": [
      { fresh: new Map([[7, [{ ...held, messages: [message(1), message(2)] }]]]) },
      /loads 2 messages of 3/,
    ],
  }
  const forward = sent(3, { text: "", forward: 102 })
  const forwarded = row(3, { text: "text 2", forwarded: { sender_id: 7 } })
  const former = new Map([[103, ["text 3"]]])
  const edited = { message_id: 103, text: "new", attempts: 1, acked: true }
  const state = { version: 2, entries: [{ key: "app:a", value: 1, version: 2 }] }
  const write = { user_id: 7, key: "app:a", value: "1", version: 2 }
  const own = { states: new Map([[7, state]]), stateWrites: [write] }
  const reply = { reply_to: 101, thread_id: 101 }

  it("judges nothing by a block that was set or ended in between, or may still be by a lost attempt", () => {
    const found = (writes: NonNullable<History["blockWrites"]>, ...of: Parameters<typeof contact>) =>
      check({ ...good, blockWrites: writes, ...contact(...of) })
    const lost = blockWrites.map(({ settled: _, ...write }) => write)
    expect(found(blockWrites, 1, 5, "done")).toEqual([])
    expect(found(blockWrites, 1, 5, "blocked")).toEqual([])
    expect(found(blockWrites, 3, 6, "done")).toEqual([])
    expect(found(blockWrites, 6, 9, "blocked")).toEqual([])
    expect(found(blockWrites, 3, 5, "blocked")).toEqual([])
    expect(found(blockWrites, 8, 9, "done")).toEqual([])
    expect(found(lost, 8, 9, "blocked")).toEqual([])
    const scheduled = { blockWrites, scheduled: [later], states: new Map([[7, failed("Blocked")]]) }
    expect(check({ ...good, ...scheduled })).toEqual([])
  })

  it("finds nothing wrong with replies, forwards, former texts and own state that are right", () => {
    const shown = { ...held, threads: new Map([[101, [102]]]), former }
    const history = {
      ...good,
      ...own,
      sent: [sent(1), sent(2, { reply_to: 101 }), forward],
      messages: [row(1), row(2, reply), forwarded],
      fresh: new Map([[7, [{ ...shown, messages: [message(1), message(2, reply), message(3, { text: "text 2" })] }]]]),
      devices: [],
    }
    expect(
      check({ ...history, fresh: new Map([[7, history.fresh.get(7)!.map((one) => ({ ...one, former: new Map() }))]]) }),
    ).toEqual([])
    const changed = {
      ...good,
      changes: [edited],
      messages: [row(1), row(2), row(3, { text: "new", edited: true })],
      devices: [],
    }
    const messages = [message(1), message(2), message(3, { text: "new" })]
    expect(check({ ...changed, fresh: new Map([[7, [{ ...held, messages, former }]]]) })).toEqual([])
  })

  Object.assign(broken, {
    "a reply to another message": [
      {
        sent: [sent(1), sent(2), sent(3, { reply_to: 101 })],
        messages: [row(1), row(2), row(3, { reply_to: 102, thread_id: 102 })],
      },
      /replies to 102 instead of 101/,
    ],
    "a reply in another thread": [
      { messages: [row(1), row(2, reply), row(3, { reply_to: 102, thread_id: 102 })] },
      /message 103 replies to 102, and is in thread 102 instead of 101/,
    ],
    "a thread that leaves out a reply": [
      {
        fresh: new Map([
          [7, [{ ...held, messages: [message(1), message(2, reply), message(3)], threads: new Map([[101, []]]) }]],
        ]),
      },
      /thread 101 has the replies {2}instead of 102/,
    ],
    "a forward of another text": [
      { sent: [sent(1), sent(2), forward], messages: [row(1), row(2), { ...forwarded, text: "text 1" }] },
      /forwards 102, but says text 1/,
    ],
    "a forward without its author": [
      { sent: [sent(1), sent(2), forward], messages: [row(1), row(2), { ...forwarded, forwarded: { sender_id: 8 } }] },
      /of 7, but shows {"sender_id":8}/,
    ],
    "a forward that tells where it is from": [
      {
        sent: [sent(1), sent(2), forward],
        messages: [row(1), row(2), { ...forwarded, forwarded: { sender_id: 7, message_id: 102 } }],
      },
      /in a chat tells that it comes from 102/,
    ],
    "a forward that was refused without need": [
      { sent: [sent(1), sent(2), sent(3), { ...forward, dedup_key: "f", acks: [], refused: "gone" }] },
      /refused, though message 102 is there/,
    ],
    "a file that is not shown": [
      { sent: [sent(1), sent(2), sent(3, { attachments: [5] })] },
      /message 103 has the files {2}instead of 5/,
    ],
    "a mention that is not shown": [
      { sent: [sent(1), sent(2), sent(3, { mentions: [8] })] },
      /message 103 mentions {2}instead of 8/,
    ],
    "a mention that is not listed": [
      {
        mentions: new Map([[8, []]]),
        fresh: new Map([[8, [{ ...held, messages: [message(1, { mentions: [8] }), message(2), message(3)] }]]]),
        devices: [],
      },
      /message 101 is not among the mentions of user 8/,
    ],
    "a former text that is missing": [
      {
        changes: [edited, { ...edited, text: "newer" }],
        messages: [row(1), row(2), row(3, { text: "newer", edited: true })],
        fresh: new Map([[7, [{ ...held, former }]]]),
      },
      /the text new is not among its former ones/,
    ],
    "a former text that never was": [
      {
        changes: [edited],
        messages: [row(1), row(2), row(3, { text: "new", edited: true })],
        fresh: new Map([[7, [{ ...held, former: new Map([[103, ["text 3", "?"]]]) }]]]),
      },
      /had the texts \["text 3","\?","new"\]/,
    ],
    "a scheduled message that was not sent": [{ scheduled: [later] }, /scheduled as scheduled:1, but not sent/],
    "a scheduled message that was sent twice": [
      {
        scheduled: [later],
        messages: [...good.messages, sentLater, { ...sentLater, id: 105, dedup_key: "scheduled:2" }],
      },
      /scheduled once, but sent again as message 105/,
    ],
    "a scheduled message with another key": [
      { scheduled: [{ ...later, key: "scheduled:2" }], messages: [...good.messages, sentLater] },
      /message 104 has the key scheduled:1 instead of scheduled:2/,
    ],
    "a message at its time that nobody scheduled": [
      { messages: [...good.messages, sentLater] },
      /message 104 was sent at its time, though nobody scheduled it/,
    ],
    "a value that was acknowledged and is lost": [
      { ...own, states: new Map([[7, { version: 2, entries: [] }]]) },
      /app:a, acknowledged at 2: is lost/,
    ],
    "a value that is stored otherwise": [
      { ...own, stateWrites: [write, { ...write, value: "2" }] },
      /acknowledged at 2: 2 is stored as 1/,
    ],
    "a message of a blocked user that was acknowledged": [
      { blockWrites, ...contact(3, 5, "done") },
      /user 7 is blocked by 8, but was not refused: message a/,
    ],
    "a message that was refused as blocked after the block ended": [
      { blockWrites, ...contact(8, 9, "blocked") },
      /user 7 is not blocked by 8, but was refused: message a/,
    ],
    "a message that was refused as blocked without a block": [
      contact(1, 2, "blocked"),
      /user 7 is not blocked by 8, but was refused/,
    ],
    "a scheduled message that failed as blocked without a block": [
      { scheduled: [later], states: new Map([[7, failed("Blocked")]]) },
      /scheduled as scheduled:1, but not sent \(Blocked\)/,
    ],
    "a scheduled message that failed, though only a block could refuse it": [
      { blockWrites, scheduled: [later], states: new Map([[7, failed("ChatNotFound")]]) },
      /scheduled as scheduled:1, but not sent \(ChatNotFound\)/,
    ],
    "a value that nobody wrote": [{ ...own, stateWrites: [] }, /app:a is 1, which nobody wrote/],
    "a device that missed a value": [
      { ...own, devices: [{ ...device, state: { version: 1, values: new Map() } }] },
      /has its own state at version 1, which is at 2\n.*holds app:a as undefined, but 1 is stored/,
    ],
  } satisfies typeof broken)
  for (const [name, [change, sentence]] of Object.entries(broken))
    it(`finds ${name}`, () => {
      expect(check({ ...good, ...change }).join("\n")).toMatch(sentence)
    })
})

describe("a device's log of its user's own state", () => {
  const log = (leavesOut: boolean, ...versions: ReadonlyArray<number>) => {
    const state = new StateLog(1)
    for (const version of versions)
      state.hear({ type: "state", key: `app:${version}`, value: 1, version }, () => leavesOut)
    return state.violations
  }
  it("notices values that arrive twice or too late, and those left out without reason", () => {
    expect(log(false, 2, 3)).toEqual([])
    expect(log(false, 2, 2)).toEqual(["state 2 after 2"])
    expect(log(false, 3)).toEqual(["state 3 after 1, without 2"])
    expect(log(true, 3)).toEqual([])
  })
})

describe("a device's log", () => {
  const event = (version: number, seq: number, change: Partial<Message> & { changed?: number } = {}) => ({
    type: "message",
    version,
    ...message(seq),
    ...change,
  })
  const empty: Loaded = { version: 1, name: "Chat", messages: [], members: [] }
  const heard = (...events: ReadonlyArray<[frame: { type: string }, live: boolean]>) => {
    const log = new ChatLog(1, 1)
    log.load(empty)
    for (const [frame, live] of events) log.hear(frame, live)
    return log
  }
  const texts = (log: ChatLog) => log.held().messages.map(({ text }) => text)

  it("is content with every event once and in order", () => {
    expect(heard([event(2, 1), true], [event(3, 2), true]).violations).toEqual([])
  })
  it("detects an event that arrives twice", () => {
    expect(heard([event(2, 1), true], [event(2, 1), false]).violations).toHaveLength(2)
  })
  it("notices a live event too few, but allows a replay to skip what is no more", () => {
    expect(heard([event(3, 1), true]).violations).toEqual(["chat 1: live message 3 after 1"])
    expect(heard([event(3, 1), false]).violations).toEqual([])
  })
  it("allows live events to leave out what has changed again, or was shown as changed", () => {
    const log = new ChatLog(1, 1)
    log.load(empty)
    log.hear(event(2, 1, { changed: 3 }), true)
    log.hear(event(4, 2), true)
    log.hear(event(6, 3), true, (version) => version === 5)
    expect(log.violations).toEqual([])
    log.hear(event(8, 4), true, (version) => version === 5)
    expect(log.violations).toEqual(["chat 1: live message 8 after 6"])
  })
  it("notices a replay that leaves out a message", () => {
    const log = heard([event(3, 2), false])
    log.synced(3)
    expect(log.violations).toEqual(["chat 1: synced at 3 without message 1"])
  })
  it("compares the newest and the oldest of more messages than the server adds up at once", () => {
    const log = new ChatLog(1, 1)
    log.load({
      ...empty,
      version: 7_000,
      messages: Array.from({ length: 6_000 }, (_, i) => ({ ...message(i + 1), version: i + 2 })),
    })
    const answered = (lost: number) => {
      const [from = 0, to = 0] = log.ask() ?? []
      const seqs = Array.from({ length: Math.min(to, 6_000) - from + 1 }, (_, i) => from + i)
      const sum = seqs.reduce((total, seq) => total + seq + 1, lost)
      log.check({ type: "check", version: 7_000, messages: { count: seqs.length, sum }, members: { count: 0, sum: 0 } })
      return [from, to]
    }
    expect([answered(0), answered(0), log.violations]).toEqual([[2_001, 7_000], [1, 5_000], []])
    answered(1)
    expect(log.violations).toHaveLength(1)
  })
  it("notices a read mark that falls", () => {
    const read = (version: number, seq: number) => ({ type: "read", version, chat_id: 1, user_id: 8, seq })
    expect(heard([read(2, 2), true], [read(3, 1), true]).violations).toEqual(["chat 1: read of 8 fell from 2 to 1"])
  })
  it("keeps the copy with the greater version, in any order", () => {
    const changed = { ...event(5, 1), type: "message_updated", text: "older" }
    expect(texts(heard([event(2, 1, { text: "newer", changed: 7 }), false], [changed, false]))).toEqual(["newer"])
    expect(texts(heard([event(2, 1, { text: "oldest", changed: 4 }), false], [changed, false]))).toEqual(["older"])
    const log = new ChatLog(1, 1)
    log.hear(event(2, 1, { text: "heard" }), true)
    log.load({ ...empty, version: 3, messages: [{ ...message(1, { text: "loaded" }), version: 3 }] })
    expect(texts(log)).toEqual(["loaded"])
  })
  it("knows the members from what it loaded and from events before or after", () => {
    const log = new ChatLog(1, 5)
    const member = (type: string, version: number, id: number) => ({
      type,
      version,
      chat_id: 1,
      user_id: id,
      member: { user: { id }, role: "member", last_read_seq: 0, version: 1, read_version: 0 },
    })
    log.hear(member("member_removed", 6, 8), true)
    log.hear(member("member_added", 7, 9), true)
    const owner = { user_id: 7, role: "owner", last_read_seq: 0, version: 1, read_version: 0 }
    log.load({ ...empty, version: 6, members: [owner] })
    log.load({
      ...empty,
      version: 5,
      members: [owner, { user_id: 8, role: "member", last_read_seq: 0, version: 1, read_version: 0 }],
    })
    expect([...log.held().members]).toEqual([
      [9, "member"],
      [7, "owner"],
    ])
  })
})
