// The ChatStore over the in-memory tables.
import { Effect } from "effect"
import type { Role } from "../../domain/Chat.ts"
import { decodeChatCursor, encodeChatCursor } from "../../domain/ChatCursor.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import { matches } from "../../domain/searchWords.ts"
import {
  type ChatTable,
  hasBlocked,
  liveChat,
  type MembershipRow,
  membership,
  pairKey,
  present,
  readsPrivately,
  remember,
  Tables,
} from "../memory/Tables.ts"
import { ownReadSeq, toChat, toMember, toSummary, unreadCount, unreadMentionCount } from "../memory/views.ts"
import { stateOf } from "../state/memoryState.ts"
import { type ChatStoreShape, type NewChat, type Position, peerOf } from "./shape.ts"

const insert = (tables: Tables["Service"], chat: NewChat): ChatId => {
  const id = tables.nextId.chat++ as ChatId
  const { type, name, created_by, created_at } = chat
  const first = (user_id: UserId, role: Role): [UserId, MembershipRow] => {
    remember(tables, user_id, id)
    const joined = { joined_at: created_at, joined_version: 1, version: 1 }
    return [
      user_id,
      { user_id, role, last_read_seq: 0, private_read_seq: 0, ...joined, read_version: 0, removed: false },
    ]
  }
  const others = chat.member_ids.filter((member) => member !== created_by)
  const table: ChatTable = {
    row: {
      id,
      type,
      name,
      info: chat.info ?? {},
      created_by,
      created_at,
      version: 1,
      last_seq: 0,
      name_version: 1,
      last_activity: created_at,
      deleted: false,
      fence: 0,
    },
    members: new Map([
      first(created_by, type === "private" ? "member" : "owner"),
      ...others.map((member) => first(member, "member")),
    ]),
    messages: [],
    former: new Map(),
    keys: new Map(),
    records: new Map(),
    mentions: new Map(),
    delivered: new Map(),
  }
  tables.chats.set(id, table)
  return id
}

const toPosition = (chat: ChatTable, member: MembershipRow): Position => {
  const last_read_seq = ownReadSeq(member)
  const { id: chat_id, last_seq, version } = chat.row
  const unread_count = unreadCount(chat, last_read_seq)
  const unread_mention_count = unreadMentionCount(chat, member)
  const member_count = present(chat).length
  const arrived = member.last_read_seq === last_seq ? last_seq : (chat.delivered.get(member.user_id) ?? 0)
  const delivered_seq = chat.row.type === "private" ? arrived : null
  return { chat_id, last_seq, last_read_seq, unread_count, unread_mention_count, version, member_count, delivered_seq }
}

export const makeChats = Effect.gen(function* () {
  const tables = yield* Tables
  const membershipsOf = (user_id: UserId) =>
    [...(tables.memberships.get(user_id) ?? [])].flatMap((chat_id) => {
      const found = membership(tables, chat_id, user_id)
      return found === undefined ? [] : [found]
    })

  return {
    create: (chat) =>
      Effect.sync(() => {
        const peer = peerOf(chat)
        if (peer === undefined) return { chat_id: insert(tables, chat), created: true }
        const pair = pairKey(chat.created_by, peer)
        const existing = tables.pairs.get(pair)
        if (existing !== undefined) return { chat_id: existing, created: false }
        const chat_id = insert(tables, chat)
        tables.pairs.set(pair, chat_id)
        return { chat_id, created: true }
      }),
    privateChat: (a, b) => Effect.sync(() => tables.pairs.get(pairKey(a, b))),
    fence: (a, b) =>
      Effect.sync(() => {
        const chat_id = tables.pairs.get(pairKey(a, b))
        const chat = chat_id && tables.chats.get(chat_id)
        if (chat) chat.row = { ...chat.row, fence: chat.row.fence + 1 }
        return chat_id
      }),
    get: (chat_id, user_id) =>
      Effect.sync(() => {
        const found = membership(tables, chat_id, user_id)
        return found === undefined ? undefined : toChat(tables, found.chat, found.member)
      }),
    list: (user_id, limit, before) =>
      Effect.sync(() => {
        const cursor = before === undefined ? undefined : decodeChatCursor(before)
        if (before !== undefined && cursor === undefined) return { items: [], next: null }
        const rest = membershipsOf(user_id)
          .filter(
            ({ chat: { row } }) =>
              cursor === undefined ||
              row.last_activity < cursor.last_activity ||
              (row.last_activity === cursor.last_activity && row.id < cursor.id),
          )
          .sort((a, b) => b.chat.row.last_activity - a.chat.row.last_activity || b.chat.row.id - a.chat.row.id)
        const page = rest.slice(0, limit)
        const last = page.at(-1)
        return {
          items: page.map(({ chat, member }) => toChat(tables, chat, member)),
          next: rest.length > limit && last !== undefined ? encodeChatCursor(last.chat.row) : null,
        }
      }),
    members: (chat_id, { after = 0, limit, query = "" }) =>
      Effect.sync(() => {
        const chat = liveChat(tables, chat_id)
        const rest = (chat === undefined ? [] : present(chat))
          .filter(({ user_id }) => user_id > after)
          .sort((a, b) => a.user_id - b.user_id)
          .flatMap((member) => toMember(tables, member, chat?.delivered.get(member.user_id)) ?? [])
          .filter(({ user }) => matches(query, user.username, user.display_name))
        const items = rest.slice(0, limit)
        return { items, next: rest.length > limit ? (items.at(-1)?.user.id ?? null) : null }
      }),
    idsOf: (user_id) => Effect.sync(() => membershipsOf(user_id).map(({ chat }) => chat.row.id)),
    positions: (user_id, chat_ids) =>
      Effect.sync(() =>
        [...new Set(chat_ids)].flatMap((chat_id) => {
          const found = membership(tables, chat_id, user_id)
          return found === undefined ? [] : [toPosition(found.chat, found.member)]
        }),
      ),
    positionsOf: (pages) =>
      Effect.sync(() =>
        pages.flatMap(({ after, count, user_id }) => {
          const state_version = stateOf(tables, user_id).version
          const is_blocked = [...tables.state.keys()].some((other) => hasBlocked(tables, other, user_id))
          return membershipsOf(user_id)
            .map(({ chat, member }) => ({ user_id, ...toPosition(chat, member), state_version, is_blocked }))
            .filter(({ chat_id }) => chat_id > after)
            .sort((a, b) => a.chat_id - b.chat_id)
            .slice(0, count)
        }),
      ),
    ahead: (known) =>
      Effect.sync(() =>
        known.flatMap(({ chat_id, version }) => {
          const now = tables.chats.get(chat_id)?.row.version ?? version + 1
          return now > version ? [{ chat_id, version: now }] : []
        }),
      ),
    memberships: (user_ids) =>
      Effect.sync(() =>
        user_ids.flatMap((user_id) =>
          membershipsOf(user_id).map(({ chat, member }) => ({
            user_id,
            chat_id: chat.row.id,
            joined_version: member.joined_version,
          })),
        ),
      ),
    isMember: (chat_id, user_id) => Effect.sync(() => membership(tables, chat_id, user_id) !== undefined),
    standing: (chat_id, user_id) =>
      Effect.sync(() => {
        const found = membership(tables, chat_id, user_id)
        if (found === undefined) return undefined
        const { chat, member } = found
        return { chat: toSummary(chat), version: chat.row.version, joined_version: member.joined_version }
      }),
    role: (chat_id, user_id) =>
      Effect.sync(() => {
        const found = membership(tables, chat_id, user_id)
        return found === undefined ? undefined : { role: found.member.role, type: found.chat.row.type }
      }),
    candidates: (by, chat_id, user_ids, maxChats) =>
      Effect.sync(() =>
        user_ids.flatMap((user_id) => {
          const user = tables.users.get(user_id)
          if (user === undefined) return []
          return {
            user_id,
            deleted: user.deleted_at !== null,
            present: chat_id !== undefined && membership(tables, chat_id, user_id) !== undefined,
            full: maxChats > 0 && membershipsOf(user_id).length >= maxChats,
            blocked: hasBlocked(tables, user_id, by),
          }
        }),
      ),
    readPrivately: (chat_id, user_id, seq) =>
      Effect.sync(() => {
        const found = membership(tables, chat_id, user_id)
        if (found?.chat.row.type !== "private") return undefined
        const { chat, member } = found
        const hides = readsPrivately(tables, user_id)
        const wanted = Math.min(seq, chat.row.last_seq)
        const private_read_seq = hides && wanted > ownReadSeq(member) ? wanted : member.private_read_seq
        chat.members.set(user_id, { ...member, private_read_seq })
        return { hides, private_read_seq, shown_seq: member.last_read_seq }
      }),
    delivered: (marks) =>
      Effect.sync(() => {
        for (const { chat_id, seq, user_id } of marks) {
          const found = membership(tables, chat_id, user_id)
          if (found?.chat.row.type !== "private") continue
          const { delivered, members, row } = found.chat
          const other = [...members.keys()].find((id) => id !== user_id)
          if (other === undefined || hasBlocked(tables, user_id, other)) continue
          delivered.set(user_id, Math.max(delivered.get(user_id) ?? 0, Math.min(seq, row.last_seq)))
        }
      }),
    purge: (limit) =>
      Effect.sync(() => {
        const deleted = [...tables.chats.values()].filter((chat) => chat.row.deleted)
        let gone = 0
        for (const chat of deleted) {
          const removed = chat.messages.splice(0, limit - gone)
          for (const { id } of removed) {
            tables.places.delete(id)
            chat.former.delete(id)
            chat.mentions.delete(id)
          }
          const seqs = new Set(removed.map(({ seq }) => seq))
          for (const [key, { chat_id, seq }] of tables.attachments) {
            if (chat_id === chat.row.id && seqs.has(seq)) tables.attachments.delete(key)
          }
          gone += removed.length
        }
        if (gone > 0) return gone
        const empty = deleted.slice(0, limit)
        for (const chat of empty) tables.chats.delete(chat.row.id)
        return empty.length
      }),
  } satisfies ChatStoreShape
})
