// The MessageStore over the in-memory tables.
import { Effect } from "effect"
import { editsShown } from "../../domain/EditHistory.ts"
import type { ChatId, MessageId, UserId } from "../../domain/Ids.ts"
import type { Message } from "../../domain/Message.ts"
import { timestamp } from "../../domain/Timestamp.ts"
import { type ChatTable, membership, present, Tables } from "../memory/Tables.ts"
import { isMentioned, readByAll, toMessage, toUser } from "../memory/views.ts"
import type { MessageStoreShape } from "./shape.ts"

/** The messages with `lower < seq <= upper`, ascending. */
const slice = (chat: ChatTable, reader: UserId, lower: number, upper: number): ReadonlyArray<Message> => {
  const readUpTo = readByAll(chat)
  return chat.messages
    .slice(Math.max(lower, 0), Math.max(upper, 0))
    .map((message) => toMessage(chat, message, reader, readUpTo))
}

export const makeMessages = Effect.gen(function* () {
  const tables = yield* Tables

  const placeOf = (id: MessageId, reader: UserId) => {
    const place = tables.places.get(id)
    const found = place === undefined ? undefined : membership(tables, place.chat_id, reader)
    const message = place === undefined ? undefined : found?.chat.messages[place.seq - 1]
    return found === undefined || message === undefined ? undefined : { chat: found.chat, message }
  }
  const inChat = (chat_id: ChatId, reader: UserId, read: (chat: ChatTable) => unknown) =>
    Effect.sync(() => {
      const found = membership(tables, chat_id, reader)
      return found === undefined ? undefined : JSON.stringify(read(found.chat))
    })

  return {
    page: (chat_id, reader, { limit, before, after, around }) =>
      inChat(chat_id, reader, (chat) => {
        const { last_seq } = chat.row
        if (around !== undefined) {
          const upper = Math.min(Math.max(around + Math.floor(limit / 2), limit), last_seq)
          const lower = upper - limit
          return { items: slice(chat, reader, lower, upper), has_more: lower > 0, has_newer: upper < last_seq }
        }
        const upper = after === undefined ? Math.min((before ?? last_seq + 1) - 1, last_seq) : after + limit
        const lower = upper - limit
        const has_more = after === undefined ? lower > 0 : upper < last_seq
        return { items: slice(chat, reader, lower, upper), has_more }
      }),
    history: (chat_id, reader, limit, offset) =>
      inChat(chat_id, reader, (chat) => slice(chat, reader, offset, offset + limit)),
    recent: (reader, limit) =>
      Effect.sync(() => {
        const items = [...(tables.memberships.get(reader) ?? [])]
          .flatMap((chat_id) => {
            const found = membership(tables, chat_id, reader)
            if (found === undefined) return []
            const { last_seq } = found.chat.row
            return slice(found.chat, reader, last_seq - limit, last_seq)
          })
          .sort((a, b) => b.id - a.id)
          .slice(0, limit)
        return JSON.stringify({ items })
      }),
    byIds: (ids, reader) =>
      Effect.sync(() =>
        [...ids]
          .sort((a, b) => a - b)
          .flatMap((id) => {
            const found = placeOf(id, reader)
            return found === undefined
              ? []
              : [JSON.stringify(toMessage(found.chat, found.message, reader, readByAll(found.chat)))]
          }),
      ),
    thread: (id, reader, { limit, before, after }) =>
      Effect.sync(() => {
        const found = placeOf(id, reader)
        if (found === undefined) return undefined
        const { chat, message } = found
        const readUpTo = readByAll(chat)
        const root = placeOf(message.thread_id ?? id, reader)?.message ?? message
        const replies = chat.messages.filter(({ thread_id }) => thread_id === root.id)
        const range = replies.filter(({ seq }) => seq > (after ?? 0) && seq < (before ?? Number.MAX_SAFE_INTEGER))
        const page = after === undefined ? range.slice(-limit) : range.slice(0, limit)
        return JSON.stringify({
          root: toMessage(chat, root, reader, readUpTo),
          count: replies.length,
          items: page.map((reply) => toMessage(chat, reply, reader, readUpTo)),
          has_more: page.length < range.length,
        })
      }),
    mentions: (reader, limit, before = Number.MAX_SAFE_INTEGER) =>
      Effect.sync(() =>
        [...(tables.memberships.get(reader) ?? [])]
          .flatMap((chat_id) => {
            const found = membership(tables, chat_id, reader)
            return found === undefined
              ? []
              : found.chat.messages.filter((message) => isMentioned(found.chat, message, found.member))
          })
          .map(({ id }) => id)
          .filter((id) => id < before)
          .sort((a, b) => b - a)
          .slice(0, limit),
      ),
    place: (id, reader) =>
      Effect.sync(() => {
        const found = placeOf(id, reader)
        if (found === undefined) return undefined
        const { chat_id, seq, sender_id } = found.message
        return { chat_id, seq, sender_id }
      }),
    edits: (id, reader) =>
      Effect.sync(() => {
        const found = placeOf(id, reader)
        const member = found?.chat.members.get(reader)
        if (found === undefined || member === undefined) return undefined
        const former = (found.chat.former.get(id) ?? []).slice(-editsShown)
        const items = JSON.stringify(former.map(({ at, text }) => ({ text, at: timestamp(at) })))
        return { sender_id: found.message.sender_id, role: member.role, items }
      }),
    readers: (id, reader) =>
      Effect.sync(() => {
        const found = placeOf(id, reader)
        return found === undefined
          ? undefined
          : present(found.chat)
              .filter(
                ({ user_id, last_read_seq }) =>
                  last_read_seq >= found.message.seq && user_id !== found.message.sender_id,
              )
              .sort((a, b) => a.user_id - b.user_id)
              .flatMap(({ user_id }) => {
                const user = tables.users.get(user_id)
                return user === undefined ? [] : [toUser(user)]
              })
      }),
  } satisfies MessageStoreShape
})
