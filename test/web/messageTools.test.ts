// What is done with messages beyond sending them, as pure functions: pins, threads, selecting, forwarding.
import { describe, expect, it } from "vitest"
import { ChatClientError } from "../../src/client/ChatClientError.ts"
import type { Conversation } from "../../src/client/state/ChatState.ts"
import type { ChatId, MessageId, UserId } from "../../src/domain/Ids.ts"
import type { Message } from "../../src/domain/Message.ts"
import { dayOf, firstSince, startOfDay } from "../../web/chat/findDay.ts"
import { forwardAll, forwardToAll } from "../../web/chat/forwardAll.ts"
import { arePinsMissing, pinnedMessages } from "../../web/chat/pins/pinnedMessages.ts"
import { asText } from "../../web/chat/selected.ts"
import { isAnswer, type Swipe, swiped } from "../../web/chat/swipe.ts"
import { threadCounts } from "../../web/chat/threadCounts.ts"
import { sharedLinks } from "../../web/dialogs/sharedLinks.ts"
import { fromMessage } from "../../web/model/Entry.ts"

const chatId = 1 as ChatId
const id = (n: number) => n as MessageId

const message = (seq: number, more: Partial<Message> = {}): Message => ({
  id: id(1_000 + seq),
  chat_id: chatId,
  seq,
  sender_id: 2 as UserId,
  text: `Message ${seq}`,
  created_at: "2026-11-20T10:00:00.000Z",
  edited_at: null,
  deleted: false,
  reply_to: null,
  is_read: false,
  dedup_key: null,
  version: seq,
  ...more,
})

const conversation = (messages: ReadonlyArray<Message>, pinned: ReadonlyArray<number> | null): Conversation => ({
  chatId,
  messages,
  pending: [],
  quoted: new Map(),
  loaded: true,
  hasMoreBefore: true,
  hasMoreAfter: false,
  loading: null,
  members: null,
  pins:
    pinned?.map((seq) => ({
      message_id: id(1_000 + seq),
      user_id: 2 as UserId,
      at: `2026-11-20T1${seq % 10}:00:00.000Z`,
    })) ?? null,
})

const copies = (...messages: ReadonlyArray<Message>) => new Map(messages.map((one) => [one.id, one]))

describe("the pinned messages", () => {
  it("come in the order of the chat, with the newest copy of each", () => {
    const edited = message(12, { text: "Edited" })
    const shown = pinnedMessages(
      conversation([message(11), edited, message(13)], [2, 12, 40, 7]),
      copies(message(2), message(7, { deleted: true }), message(12), message(40)),
    )
    expect(shown.map(({ message }) => message.seq)).toEqual([40, 12, 2])
    expect(shown[1]?.message).toBe(edited)
  })

  it("are requested while one of them, or the list itself, is not known", () => {
    expect(arePinsMissing(conversation([], null), copies())).toBe(true)
    expect(arePinsMissing(conversation([], [3]), copies())).toBe(true)
    expect(arePinsMissing(conversation([], [3]), copies(message(3)))).toBe(false)
    expect(arePinsMissing(conversation([], []), copies())).toBe(false)
  })
})

describe("the counts of threads", () => {
  it("are by root, and the same object until one of them changes", () => {
    const first = threadCounts([message(1), message(2, { thread_id: id(1_001) })], new Map())
    expect([...first]).toEqual([[1_001, 1]])
    const plain = [message(1), message(2, { thread_id: id(1_001) }), message(3)]
    expect(threadCounts(plain, first)).toBe(first)
    const more = threadCounts([...plain, message(4, { thread_id: id(1_001) })], first)
    expect([...more]).toEqual([[1_001, 2]])
    expect([...threadCounts(plain.slice(2), more)]).toEqual([])
  })
})

describe("several messages as a text", () => {
  it("have their senders and times, and one alone is copied as it is", () => {
    const entries = [message(1), message(2)].map((one) => fromMessage(one, 0))
    const nameOf = () => "Ann"
    const timeOf = () => "noon"
    expect(asText(entries, nameOf, timeOf)).toBe("Ann, noon\nMessage 1\n\nAnn, noon\nMessage 2")
    expect(asText(entries.slice(1), nameOf, timeOf)).toBe("Message 2")
  })
})

describe("forwarding several messages", () => {
  const ids = [id(1), id(2), id(3)]
  const keyOf = (one: MessageId) => `key-${one}`
  const run = async (answer: (messageId: MessageId, call: number) => void, abort = new AbortController()) => {
    const calls: Array<string> = []
    const pauses: Array<number> = []
    const client = {
      forward: async (chat: ChatId, messageId: MessageId, { dedupKey }: { dedupKey?: string } = {}) => {
        calls.push(`${chat} ${messageId} ${dedupKey}`)
        answer(messageId, calls.length)
        return message(messageId)
      },
    }
    const result = await forwardAll(
      client,
      chatId,
      ids,
      keyOf,
      abort.signal,
      () => undefined,
      async (millis) => {
        pauses.push(millis)
      },
    )
    return { calls, pauses, result }
  }

  it("keeps their order, and waits as long as the server asks where it limits the rate", async () => {
    const { calls, pauses, result } = await run((_, call) => {
      if (call === 2) throw new ChatClientError("TooManyRequests", "Slow down.", { status: 429, retryAfterMs: 700 })
    })
    expect(calls).toEqual(["1 1 key-1", "1 2 key-2", "1 2 key-2", "1 3 key-3"])
    expect(pauses).toEqual([700])
    expect(result).toEqual({ done: 3 })
  })

  it("ends at any other refusal, and says how many were sent", async () => {
    const gone = new ChatClientError("MessageDeleted", "Deleted.", { status: 409 })
    const { calls, result } = await run((messageId) => {
      if (messageId === 2) throw gone
    })
    expect(calls.length).toBe(2)
    expect(result).toEqual({ done: 1, failure: gone })
  })

  it("ends when it is called off", async () => {
    const abort = new AbortController()
    const { calls, result } = await run(() => abort.abort(), abort)
    expect(calls.length).toBe(1)
    expect(result).toEqual({ done: 1 })
  })
})

describe("forwarding to several chats", () => {
  it("goes on after one that refuses, and repeats nothing when it is tried again", async () => {
    const [here, there] = [
      { id: 1 as ChatId, name: "Here" },
      { id: 2 as ChatId, name: "There" },
    ]
    const blocked = new ChatClientError("Blocked", "Blocked.", { status: 403 })
    const keys: Array<string> = []
    const counts: Array<number> = []
    const client = {
      forward: async (chat: ChatId, messageId: MessageId, { dedupKey = "" }: { dedupKey?: string } = {}) => {
        keys.push(dedupKey)
        if (chat === 1 && messageId === 8) throw blocked
        return message(messageId)
      },
    }
    const run = () =>
      forwardToAll(client, [here, there], [id(7), id(8)], "now", new AbortController().signal, (done) =>
        counts.push(done),
      )
    expect(await run()).toEqual({ done: 3, failed: [{ target: here, failure: blocked }] })
    expect(counts).toEqual([1, 2, 3])
    const first = keys.splice(0)
    expect(new Set(first).size).toBe(4)
    await run()
    expect(keys).toEqual(first)
  })
})

describe("the links of a chat", () => {
  it("come newest first, once a message, as the messages are now", () => {
    const looked = [
      message(1, { text: "https://one.example and again https://one.example" }),
      message(2, { text: "https://two.example" }),
      message(3, { text: "nothing" }),
    ]
    const open = [message(2, { text: "", deleted: true }), message(4, { text: "see www.four.example/path" })]
    expect(sharedLinks(looked, open).map(({ seq, href }) => [seq, href])).toEqual([
      [4, "https://www.four.example/path"],
      [1, "https://one.example/"],
    ])
  })
})

describe("a finger on a message", () => {
  const from = { x: 200, y: 300 }
  const along = (points: ReadonlyArray<readonly [number, number]>, towards: -1 | 1 = -1) =>
    points.reduce<Swipe>((swipe, [x, y]) => swiped(swipe, from, { x, y }, towards), { kind: "open" })

  it("answers once it has moved far enough towards the start of the line", () => {
    expect(along([[195, 301]])).toEqual({ kind: "open" })
    expect(along([[170, 305]])).toEqual({ kind: "swipe", by: 30 })
    expect(isAnswer(along([[170, 305]]))).toBe(false)
    // Once it is a swipe, it may wander.
    expect(
      isAnswer(
        along([
          [170, 305],
          [120, 380],
        ]),
      ),
    ).toBe(true)
    expect(
      along([
        [170, 305],
        [20, 300],
      ]),
    ).toEqual({ kind: "swipe", by: 84 })
    expect(
      along([
        [170, 305],
        [230, 300],
      ]),
    ).toEqual({ kind: "swipe", by: 0 })
    expect(isAnswer(along([[270, 300]], 1))).toBe(true)
  })

  it("that scrolls, or moves the other way, never becomes a swipe", () => {
    expect(along([[196, 330]])).toEqual({ kind: "other" })
    expect(
      along([
        [196, 330],
        [100, 330],
      ]),
    ).toEqual({ kind: "other" })
    expect(
      along([
        [230, 300],
        [100, 300],
      ]),
    ).toEqual({ kind: "other" })
    expect(along([[170, 320]])).toEqual({ kind: "other" })
  })
})

describe("the first message of a day", () => {
  it("is found in few questions, whatever the day", async () => {
    const times = Array.from({ length: 100_000 }, (_, i) => i * 7)
    let asked = 0
    const timeOf = async (seq: number) => {
      asked++
      return times[seq - 1]!
    }
    for (const [time, seq] of [
      [0, 1],
      [7, 2],
      [8, 3],
      [699_993, 100_000],
      [9e9, 100_000],
    ] as const) {
      asked = 0
      expect(await firstSince(time, times.length, timeOf)).toBe(seq)
      expect(asked).toBeLessThanOrEqual(17)
    }
    expect(await firstSince(5, 0, timeOf)).toBe(1)
  })

  it("begins at local midnight", () => {
    const time = startOfDay("2026-03-09")
    expect(time).toBe(new Date(2026, 2, 9).getTime())
    expect(dayOf(new Date(time ?? 0))).toBe("2026-03-09")
    expect(startOfDay("")).toBeUndefined()
    expect(startOfDay("9 March")).toBeUndefined()
  })
})
