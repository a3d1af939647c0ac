// Merges consecutive events of a chat, without a hole or a repetition, into one batch.
import type { Signal } from "../broadcast/Broadcast.ts"
import type { ChatEvents } from "../domain/ChatEvent.ts"

export const follows = (next: Signal | undefined, batch: ChatEvents): next is ChatEvents =>
  next?._tag === "ChatEvents" &&
  next.chat_id === batch.chat_id &&
  next.events.length > 0 &&
  batch.events.length > 0 &&
  next.events[0]!.version === batch.events[batch.events.length - 1]!.version + 1

export const joined = (batch: ChatEvents, next: ChatEvents): ChatEvents => ({
  _tag: "ChatEvents",
  chat_id: batch.chat_id,
  events: batch.events.concat(next.events),
  fully_read: batch.fully_read.concat(next.fully_read),
})
