// What a reader sees of the in-memory rows, in the wire's shapes.
import { type Chat, type ChatSummary, type Member, mentionCount } from "../../domain/Chat.ts"
import { chatSettingsKey, shownSettings } from "../../domain/ChatSettings.ts"
import type { UserId } from "../../domain/Ids.ts"
import type { EventMessage, Message } from "../../domain/Message.ts"
import { type Extras, withExtras } from "../../domain/MessageParts.ts"
import { timestamp } from "../../domain/Timestamp.ts"
import type { Me, User } from "../../domain/User.ts"
import { kinds } from "../../kinds/Kinds.ts"
import { RecordSet } from "../../kinds/RecordSet.ts"
import { everybody } from "../journal/mentionRows.ts"
import { type ChatTable, type MembershipRow, type MessageRow, present, type Tables, type UserRow } from "./Tables.ts"

export const toUser = (row: UserRow): User => ({
  id: row.id,
  username: row.username,
  display_name: row.display_name,
  created_at: timestamp(row.created_at),
  ...row.info,
})

export const toMe = (row: UserRow, email: string): Me => ({
  ...toUser(row),
  email,
  ...(row.server_role === null ? {} : { server_role: row.server_role }),
})

/** How far every present member has read. */
export const readByAll = (chat: ChatTable): number => {
  let least = Number.MAX_SAFE_INTEGER
  for (const member of chat.members.values()) {
    if (!member.removed && member.last_read_seq < least) least = member.last_read_seq
  }
  return least
}

/** As in the chat's events, without the fields that plain messages lack. */
export const toPlainMessage = (
  row: MessageRow,
  reader: UserId,
  readUpTo: number,
): Omit<EventMessage, keyof Extras> => ({
  id: row.id,
  chat_id: row.chat_id,
  seq: row.seq,
  sender_id: row.sender_id,
  text: row.text,
  created_at: timestamp(row.created_at),
  edited_at: row.edited_at === null ? null : timestamp(row.edited_at),
  deleted: row.deleted,
  reply_to: row.reply_to,
  is_read: row.seq <= readUpTo,
  dedup_key: row.sender_id === reader ? row.dedup_key : null,
})

const reactionsOf = (chat: ChatTable, row: MessageRow, reader: UserId): Pick<Message, "reactions" | "my_reactions"> => {
  const reactions = RecordSet.of(
    [...chat.records].filter(([, one]) => one.kind === "reaction" && one.message_id === row.id && !one.removed),
  )
  if (reactions.size === 0) return {}
  const mine = reactions.get(`reaction ${kinds.reaction.keyOf(row.id, reader)}`)
  return {
    reactions: reactions.tallies().map(({ count, key }) => ({ emoji: key, count })),
    ...(mine === undefined
      ? {}
      : {
          my_reactions: RecordSet.of([["", mine]])
            .tallies()
            .map(({ key }) => key),
        }),
  }
}

export const toMessage = (chat: ChatTable, row: MessageRow, reader: UserId, readUpTo: number): Message => ({
  ...withExtras(toPlainMessage(row, reader, readUpTo), row.thread_id, row.parts),
  version: Math.max(row.version, row.records_version ?? 0),
  ...reactionsOf(chat, row, reader),
})

export const unreadCount = (chat: ChatTable, last_read_seq: number): number => {
  let unread = 0
  for (let seq = last_read_seq; seq < chat.messages.length; seq++) if (!chat.messages[seq]!.deleted) unread++
  return unread
}

/** Whether the message is a mention or a reply for this member. One to all is for those who were there. */
export const isMentioned = (
  chat: ChatTable,
  message: MessageRow,
  { joined_version, user_id }: MembershipRow,
): boolean =>
  (chat.mentions.get(message.id) ?? []).some(
    (row) =>
      row.user_id === user_id ||
      (row.user_id === everybody && message.sender_id !== user_id && message.created_version > joined_version),
  )

/** How far the member has read, also where others do not see it. */
export const ownReadSeq = ({ last_read_seq, private_read_seq }: MembershipRow): number =>
  Math.max(last_read_seq, private_read_seq)

export const unreadMentionCount = (chat: ChatTable, member: MembershipRow): number =>
  chat.messages.slice(ownReadSeq(member)).filter((message) => isMentioned(chat, message, member)).length

export const toSummary = (chat: ChatTable): ChatSummary => ({
  id: chat.row.id,
  type: chat.row.type,
  name: chat.row.name,
  created_by: chat.row.created_by,
  created_at: timestamp(chat.row.created_at),
  member_count: present(chat).length,
  ...chat.row.info,
})

export const toChat = (tables: Tables["Service"], chat: ChatTable, member: MembershipRow): Chat => {
  const last = chat.messages.at(-1)
  const peer = present(chat).find((other) => other.user_id !== member.user_id)
  const peerRow = chat.row.type === "private" && peer !== undefined ? tables.users.get(peer.user_id) : undefined
  return {
    ...toSummary(chat),
    version: chat.row.name_version,
    role: member.role,
    last_seq: chat.row.last_seq,
    last_read_seq: ownReadSeq(member),
    unread_count: unreadCount(chat, ownReadSeq(member)),
    ...mentionCount(unreadMentionCount(chat, member)),
    last_message: last === undefined ? null : toMessage(chat, last, member.user_id, readByAll(chat)),
    peer: peerRow === undefined ? null : toUser(peerRow),
    ...shownSettings(tables.state.get(member.user_id)?.entries.get(chatSettingsKey(chat.row.id))?.value ?? null),
  }
}

/** undefined when the user does not exist: the database's join leaves such rows out. */
export const toMember = (
  tables: Tables["Service"],
  member: MembershipRow,
  last_delivered_seq?: number,
): Member | undefined => {
  const user = tables.users.get(member.user_id)
  return user === undefined
    ? undefined
    : {
        user: toUser(user),
        role: member.role,
        last_read_seq: member.last_read_seq,
        joined_at: timestamp(member.joined_at),
        version: Math.max(member.version, member.read_version),
        ...(last_delivered_seq === undefined ? {} : { last_delivered_seq }),
      }
}
