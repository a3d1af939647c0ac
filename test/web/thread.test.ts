// What is loaded of a thread, as pages and events change it.
import { describe, expect, it } from "vitest"
import type { ServerFrame } from "../../src/contract/ServerFrame.ts"
import type { ChatId, MessageId, UserId } from "../../src/domain/Ids.ts"
import type { Message } from "../../src/domain/Message.ts"
import { opened, told, withEarlier } from "../../web/chat/thread/threadState.ts"

const me = 1 as UserId
const rootId = 1_001 as MessageId

const message = (seq: number, more: Partial<Message> = {}): Message => ({
  id: (1_000 + seq) as MessageId,
  chat_id: 5 as ChatId,
  seq,
  sender_id: 2 as UserId,
  text: `Message ${seq}`,
  created_at: "2026-11-20T10:00:00.000Z",
  edited_at: null,
  deleted: false,
  reply_to: seq === 1 ? null : rootId,
  is_read: false,
  dedup_key: null,
  version: seq,
  ...(seq === 1 ? {} : { thread_id: rootId }),
  ...more,
})

const event = (type: "message" | "message_updated" | "message_deleted", of: Message): ServerFrame => ({ type, ...of })
const seqs = ({ items }: { readonly items: ReadonlyArray<Message> }) => items.map(({ seq }) => seq)

describe("a thread", () => {
  const state = opened({ root: message(1), count: 4, items: [message(7), message(9)], has_more: true })

  it("takes a new reply once, and nothing of other threads", () => {
    const after = told(state, event("message", message(12)), me)
    expect(seqs(after)).toEqual([7, 9, 12])
    expect(after.count).toBe(5)
    const again = told(after, event("message", message(12)), me)
    expect(again.count).toBe(5)
    expect(seqs(again)).toEqual([7, 9, 12])
    const { thread_id: _, ...plain } = message(13)
    expect(told(state, event("message", plain), me)).toBe(state)
    expect(told(state, event("message", message(13, { thread_id: 7_777 as MessageId })), me)).toBe(state)
  })

  it("keeps the newer of two copies, of the root too", () => {
    const edited = message(9, { text: "Edited", version: 20 })
    const after = told(state, event("message_updated", edited), me)
    expect(after.items[1]?.text).toBe("Edited")
    expect(told(after, event("message_updated", message(9, { version: 19 })), me).items[1]?.text).toBe("Edited")
    const gone = told(after, event("message_deleted", message(1, { text: "", deleted: true, version: 21 })), me)
    expect(gone.root.deleted).toBe(true)
    expect(gone.count).toBe(4)
  })

  it("leaves what lies above the loaded replies to their page", () => {
    expect(told(state, event("message_updated", message(3, { version: 30 })), me)).toBe(state)
    expect(told(state, event("message", message(3, { version: 30 })), me)).toBe(state)
    const page = { root: message(1), count: 4, items: [message(3), message(5), message(7)], has_more: false }
    const after = withEarlier(state, page)
    expect(seqs(after)).toEqual([3, 5, 7, 9])
    expect(after.hasMore).toBe(false)
  })

  it("shows reactions, and those of the user among them", () => {
    const frame = (user_id: UserId): ServerFrame => ({
      type: "reaction",
      chat_id: 5 as ChatId,
      message_id: message(7).id,
      user_id,
      emojis: ["👍"],
      reactions: [{ emoji: "👍", count: 1 }],
      version: 40,
    })
    const other = told(state, frame(2 as UserId), me).items[0]
    expect(other?.reactions).toEqual([{ emoji: "👍", count: 1 }])
    expect(other?.my_reactions).toBeUndefined()
    expect(told(state, frame(me), me).items[0]?.my_reactions).toEqual(["👍"])
  })
})
