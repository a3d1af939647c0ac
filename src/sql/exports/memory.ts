// The ExportStore over the in-memory tables.
import { Effect } from "effect"
import { withExtras } from "../../domain/MessageParts.ts"
import { timestamp } from "../../domain/Timestamp.ts"
import { liveChat, type MessageRow, Tables } from "../memory/Tables.ts"
import { toUser } from "../memory/views.ts"
import { exportPage } from "./exportPage.ts"
import type { ExportStoreShape } from "./shape.ts"

const toJson = ({ created_at, edited_at, parts, thread_id, ...row }: MessageRow): string => {
  const { chat_id, dedup_key, deleted, id, reply_to, seq, text } = row
  const message = {
    id,
    chat_id,
    seq,
    text,
    created_at: timestamp(created_at),
    edited_at: edited_at === null ? null : timestamp(edited_at),
    deleted,
    reply_to,
    dedup_key,
  }
  return JSON.stringify(withExtras(message, thread_id, parts))
}

export const makeExports = Effect.gen(function* () {
  const tables = yield* Tables
  return {
    chats: (user_id, after, limit) =>
      Effect.sync(() =>
        [...(tables.memberships.get(user_id) ?? [])]
          .filter((chat_id) => chat_id > after)
          .sort((a, b) => a - b)
          .slice(0, limit)
          .flatMap((chat_id) => {
            const chat = tables.chats.get(chat_id)
            const own = chat?.members.get(user_id)
            if (chat === undefined || own === undefined) return []
            const { id, type, name, created_at, last_seq, deleted } = chat.row
            const other = [...chat.members.keys()].find((member) => member !== user_id)
            const peer = type === "private" && other !== undefined ? tables.users.get(other) : undefined
            const json = JSON.stringify({
              id,
              type,
              name: own.removed ? null : name,
              created_at: timestamp(created_at),
              peer: peer === undefined ? null : toUser(peer),
              member: !own.removed,
              role: own.removed ? null : own.role,
              joined_at: timestamp(own.joined_at),
              last_read_seq: own.last_read_seq,
            })
            return [{ chat_id, last_seq, json: deleted ? null : json }]
          }),
      ),
    messages: (user_id, { chat_id, last_seq }, after) =>
      Effect.sync(() => {
        const end = after + exportPage.places
        const own = (liveChat(tables, chat_id)?.messages ?? [])
          .slice(after, end)
          .filter((row) => row.sender_id === user_id)
          .slice(0, exportPage.messages)
        const last = own.at(-1)
        const next = last !== undefined && own.length === exportPage.messages ? last.seq : end
        return { items: own.map(toJson).join(","), next: next < last_seq ? next : null }
      }),
    edits: (user_id, after, limit) =>
      Effect.sync(() =>
        [...tables.chats.values()]
          .filter((chat) => !chat.row.deleted)
          .flatMap((chat) =>
            chat.messages
              .filter((message) => message.sender_id === user_id)
              .flatMap(({ id }) => chat.former.get(id) ?? []),
          )
          .sort((a, b) => a.message_id - b.message_id || a.version - b.version)
          .filter(
            ({ message_id, version }) =>
              message_id > after.message_id || (message_id === after.message_id && version > after.version),
          )
          .slice(0, limit)
          .map(({ at, message_id, text, version }) => ({
            message_id,
            version,
            json: JSON.stringify({ message_id, text, at: timestamp(at) }),
          })),
      ),
    records: (user_id, after, limit) =>
      Effect.sync(() =>
        [...tables.chats.entries()]
          .flatMap(([chat_id, chat]) =>
            [...(chat.row.deleted ? [] : chat.records.values())]
              .filter((row) => row.user_id === user_id && !row.removed)
              .map(({ body, key, kind, message_id }) => ({
                place: `${kind} ${key}`,
                json: JSON.stringify({ kind, chat_id, message_id, kept: body }),
              })),
          )
          .filter(({ place }) => place > after)
          .sort((a, b) => (a.place < b.place ? -1 : 1))
          .slice(0, limit),
      ),
  } satisfies ExportStoreShape
})
