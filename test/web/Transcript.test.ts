// The rows of a conversation that are made anew in part, against all of them made anew.
import { describe, expect, it } from "vitest"
import type { Conversation, PendingMessage } from "../../src/client/state/ChatState.ts"
import type { ChatId, MessageId, UserId } from "../../src/domain/Ids.ts"
import type { Message } from "../../src/domain/Message.ts"
import { Transcript } from "../../web/chat/Transcript.ts"

const chatId = 1 as ChatId
const [me, other] = [1 as UserId, 2 as UserId]
const minute = 60_000

const numbers = (seed: number) => (n: number) => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
  return seed % n
}

const message = (seq: number, random: (n: number) => number): Message => ({
  id: (1_000 + seq) as MessageId,
  chat_id: chatId,
  seq,
  sender_id: random(3) === 0 ? me : other,
  text: `Message ${seq}`,
  // Sometimes a day passes, or a clock goes back.
  created_at: new Date(Date.UTC(2026, 10, 20) + (seq * 7 - random(2) * random(3_000)) * minute).toISOString(),
  edited_at: null,
  deleted: random(20) === 0,
  reply_to: null,
  is_read: false,
  dedup_key: random(2) === 0 ? `key ${seq}` : null,
  version: seq + 1,
})

const pendingMessage = (seq: number): PendingMessage => ({
  dedupKey: `key ${seq}`,
  chatId,
  text: `Message ${seq}`,
  replyTo: null,
  attachments: [],
  uploads: [],
  custom: null,
  createdAt: Date.UTC(2026, 10, 20) + seq * 7 * minute,
  status: "sending",
  failure: null,
})

const conversation = (messages: ReadonlyArray<Message>, pending: ReadonlyArray<PendingMessage>): Conversation => ({
  chatId,
  messages,
  pending,
  quoted: new Map(),
  loaded: true,
  hasMoreBefore: true,
  hasMoreAfter: false,
  loading: null,
  members: null,
  pins: null,
})

describe("the rows of a conversation", () => {
  it("are the same, made anew from where something changed or from the beginning, whatever changes", () => {
    for (let run = 0; run < 60; run++) {
      const random = numbers(run + 1)
      const transcript = new Transcript()
      let messages: ReadonlyArray<Message> = []
      let pending: ReadonlyArray<PendingMessage> = []
      let readSeq = 0
      let deliveredSeq = 0
      let newAfter: number | undefined
      for (let step = 0; step < 40; step++) {
        const [first, last] = [messages[0]?.seq ?? 500, messages.at(-1)?.seq ?? 499]
        const what = random(9)
        if (what < 2)
          messages = [...messages, ...Array.from({ length: 1 + random(3) }, (_, i) => message(last + 1 + i, random))]
        else if (what === 2)
          messages = [...Array.from({ length: 5 }, (_, i) => message(first - 5 + i, random)), ...messages]
        else if (what === 3 && messages.length > 0) {
          const at = random(messages.length)
          messages = messages.with(at, {
            ...messages[at]!,
            text: `Edited at ${step}`,
            edited_at: "2026-11-20T00:00:00.000Z",
          })
        } else if (what === 4) readSeq = Math.max(readSeq, first + random(messages.length + 1))
        else if (what === 8) deliveredSeq = Math.max(deliveredSeq, first + random(messages.length + 1))
        else if (what === 5) pending = random(2) === 0 ? [] : [...pending, pendingMessage(last + 1 + random(2))]
        else if (what === 6 && messages.length > 20) messages = messages.slice(random(5), messages.length - random(5))
        else if (what === 7 && random(4) === 0)
          newAfter = random(2) === 0 ? undefined : first + random(messages.length + 1)
        pending = pending.filter(({ dedupKey }, i) => pending.findIndex((one) => one.dedupKey === dedupKey) === i)
        const options = { me, hasOlder: random(9) > 0, hasNewer: random(9) === 0, newAfter }
        const now = conversation(messages, pending)
        const lines = transcript.update(now, readSeq, options, deliveredSeq)
        const anew = new Transcript().update(now, readSeq, options, deliveredSeq)
        expect(lines.rows).toEqual(anew.rows)
        expect(lines.entries).toEqual(anew.entries)
        expect(new Set(lines.rows.map(({ key }) => key)).size).toBe(lines.rows.length)
        for (const entry of anew.entries) {
          expect(transcript.entry(entry.key)).toEqual(entry)
          if (entry.id !== null) expect(transcript.message(entry.id)).toEqual(entry)
        }
        expect(transcript.message((999 + (messages[0]?.seq ?? 500)) as MessageId)).toBe(undefined)
        expect(transcript.update(now, readSeq, options, deliveredSeq)).toBe(lines)
      }
    }
  })

  it("of what was there stay the very same objects when a message arrives", () => {
    const random = numbers(3)
    const transcript = new Transcript()
    const messages = Array.from({ length: 300 }, (_, i) => message(i + 1, random))
    const options = { me, hasOlder: false, hasNewer: false, newAfter: undefined }
    const before = transcript.update(conversation(messages, []), 0, options).rows
    const after = transcript.update(conversation([...messages, message(301, random)], []), 0, options).rows
    // The last one may end its run no more.
    for (let i = 0; i < before.length - 1; i++) expect(after[i]).toBe(before[i])
  })
})
