// The Journal over the in-memory tables.
import { Effect } from "effect"
import type { ChatId, MessageId, UserId } from "../../domain/Ids.ts"
import type { MessageParts } from "../../domain/MessageParts.ts"
import { droppedKinds, kindOf } from "../../kinds/Kinds.ts"
import {
  type AttachmentRow,
  attachmentKey,
  type ChatTable,
  dedupKey,
  hasBlocked,
  liveChat,
  type MessageRow,
  present,
  remember,
  Tables,
} from "../memory/Tables.ts"
import { mentionRows } from "./mentionRows.ts"
import type { ChatChange, CommitResult, JournalShape, MessageChange, StoredMessage } from "./shape.ts"

const isStale = (chat: ChatTable, change: ChatChange): boolean =>
  chat.row.version + chat.row.fence !== change.expected_version + change.fence ||
  change.sent.some((message, i) => message.seq !== chat.messages.length + i + 1)

const hasTakenKey = (chat: ChatTable, change: ChatChange): boolean => {
  const keys = new Set<string>()
  for (const { draft, sender_id } of change.sent) {
    const { dedup_key } = draft
    if (dedup_key === null) continue
    const key = dedupKey(sender_id, dedup_key)
    if (keys.has(key) || chat.keys.has(key)) return true
    keys.add(key)
  }
  return false
}

const send = (tables: Tables["Service"], chat: ChatTable, change: ChatChange): ReadonlyArray<MessageId> =>
  change.sent.map((message) => {
    const { draft, original_digest, sender_id, seq, thread_id, version } = message
    const id = tables.nextId.message++ as MessageId
    const { chat_id } = change
    chat.messages.push({
      id,
      chat_id,
      seq,
      sender_id,
      text: draft.text,
      dedup_key: draft.dedup_key,
      reply_to: draft.reply_to,
      thread_id,
      parts: draft.parts,
      created_at: change.at,
      edited_at: null,
      deleted: false,
      original_digest,
      records_version: null,
      version,
      created_version: version,
    })
    tables.places.set(id, { chat_id, seq })
    const mentions = mentionRows(message)
    if (mentions.length > 0) chat.mentions.set(id, mentions)
    for (const [place, { id: file_id, kind }] of (draft.parts?.attachments ?? []).entries()) {
      const row = { chat_id, seq, place, file_id, kind }
      tables.attachments.set(attachmentKey(row), row)
    }
    if (draft.dedup_key !== null) chat.keys.set(dedupKey(sender_id, draft.dedup_key), seq)
    return id
  })

const record = (tables: Tables["Service"], chat: ChatTable, change: ChatChange): void => {
  const deleted = new Set(change.messages.filter((message) => message.deleted).map(({ id }) => id))
  for (const [key, row] of chat.records) {
    if (deleted.has(row.message_id) && droppedKinds.includes(row.kind)) chat.records.delete(key)
  }
  for (const row of change.records) {
    chat.records.set(`${row.kind} ${row.key}`, row)
    const place = kindOf(row.kind).inMessage ? tables.places.get(row.message_id) : undefined
    const message = place === undefined ? undefined : chat.messages[place.seq - 1]
    if (message !== undefined) chat.messages[message.seq - 1] = { ...message, records_version: row.version }
  }
}

const keepFormer = (chat: ChatTable, change: ChatChange): void => {
  for (const former of change.former) {
    chat.former.set(former.message_id, [...(chat.former.get(former.message_id) ?? []), former])
  }
  for (const { deleted, id } of change.messages) if (deleted) chat.former.delete(id)
}

/** The parts of a message after an edit. */
const partsAfter = ({ deleted, mentioned }: MessageChange, parts: MessageParts | null): MessageParts | null =>
  deleted ? null : mentioned === null ? parts : mentioned.parts

const mention = (chat: ChatTable, { deleted, id, mentioned }: MessageChange): void => {
  if (deleted) chat.mentions.delete(id)
  if (deleted || mentioned === null) return
  const kept = (chat.mentions.get(id) ?? []).filter((row) => row.is_reply || !mentioned.removed.includes(row.user_id))
  const added = mentioned.added.filter((user_id) => kept.every((row) => row.user_id !== user_id))
  chat.mentions.set(id, [...kept, ...added.map((user_id) => ({ user_id, is_reply: false }))])
}

const detach = (tables: Tables["Service"], isGone: (row: AttachmentRow) => boolean): void => {
  for (const [key, row] of tables.attachments) if (isGone(row)) tables.attachments.delete(key)
}

const apply = (tables: Tables["Service"], chat: ChatTable, change: ChatChange): CommitResult => {
  const ids = send(tables, chat, change)
  for (const edited of change.messages) {
    const place = tables.places.get(edited.id)
    const row = place?.chat_id === change.chat_id ? chat.messages[place.seq - 1] : undefined
    if (row === undefined) continue
    const { detached, mentioned: _, ...changed } = edited
    if (detached) detach(tables, (attachment) => attachment.chat_id === row.chat_id && attachment.seq === row.seq)
    chat.messages[row.seq - 1] = { ...row, ...changed, parts: partsAfter(edited, row.parts) }
    mention(chat, edited)
  }
  keepFormer(chat, change)
  record(tables, chat, change)
  for (const mark of change.marks) {
    const row = chat.members.get(mark.user_id)
    if (row === undefined || row.removed) continue
    chat.members.set(mark.user_id, {
      ...row,
      last_read_seq: Math.max(row.last_read_seq, mark.last_read_seq),
      read_version: mark.read_version ?? row.read_version,
    })
  }
  for (const member of change.members) {
    const row = chat.members.get(member.user_id)
    const joins = row === undefined || row.removed
    chat.members.set(member.user_id, {
      ...member,
      joined_version: joins ? member.version : row.joined_version,
      read_version: joins ? 0 : row.read_version,
      private_read_seq: joins ? 0 : row.private_read_seq,
    })
    remember(tables, member.user_id, change.chat_id)
  }
  if (change.deleted) {
    for (const row of present(chat)) {
      chat.members.set(row.user_id, { ...row, removed: true, version: change.version })
    }
  }
  const active = change.sent.length > 0 || change.members.length > 0 || change.summary !== null
  chat.row = {
    ...chat.row,
    version: change.version,
    last_seq: change.last_seq,
    last_activity: active ? Math.max(chat.row.last_activity, change.at) : chat.row.last_activity,
    deleted: change.deleted,
    ...(change.summary === null
      ? {}
      : { name: change.summary.name, info: change.summary.info, name_version: change.summary.version }),
  }
  return { _tag: "Committed", ids }
}

const stored = ({ created_version: _, ...row }: MessageRow): StoredMessage => row

/** The members who have blocked another one. */
const blockersIn = (tables: Tables["Service"], members: ReadonlyArray<{ readonly user_id: UserId }>) =>
  members
    .map(({ user_id }) => user_id)
    .filter((owner) => members.some(({ user_id }) => hasBlocked(tables, owner, user_id)))

export const makeJournal = Effect.gen(function* () {
  const tables = yield* Tables
  const messagesOf = (chat_id: ChatId): ReadonlyArray<MessageRow> => liveChat(tables, chat_id)?.messages ?? []

  return {
    commit: (changes) =>
      Effect.sync(() =>
        changes.map((change): CommitResult => {
          const chat = liveChat(tables, change.chat_id)
          if (chat === undefined || isStale(chat, change)) return { _tag: "Stale" }
          return hasTakenKey(chat, change) ? { _tag: "KeyTaken" } : apply(tables, chat, change)
        }),
      ),
    load: (chat_id) =>
      Effect.sync(() => {
        const chat = liveChat(tables, chat_id)
        if (chat === undefined) return undefined
        const { id, type, name, info, created_by, created_at, version, last_seq, fence } = chat.row
        const departed =
          present(chat).find((row) => type === "private" && row.version > row.joined_version)?.user_id ?? null
        const members = present(chat).map(({ user_id, role, last_read_seq, joined_at, read_version, version }) => ({
          user_id,
          role,
          last_read_seq,
          joined_at,
          version: Math.max(version, read_version),
        }))
        return {
          id,
          type,
          name,
          info,
          created_by,
          created_at,
          version,
          last_seq,
          departed,
          blockers: type === "private" ? blockersIn(tables, members) : [],
          fence,
          active_before: null,
          members,
        }
      }),
    fencedVersion: (chat_id) =>
      Effect.sync(() => {
        const chat = liveChat(tables, chat_id)
        return chat && chat.row.version + chat.row.fence
      }),
    messages: (chat_id, ids) =>
      Effect.sync(() => {
        const wanted = new Set(ids)
        return messagesOf(chat_id)
          .filter((row) => wanted.has(row.id))
          .map(stored)
      }),
    byDedupKeys: (chat_id, keys) =>
      Effect.sync(() => {
        const wanted = new Set(keys.map((key) => dedupKey(key.sender_id, key.dedup_key)))
        return messagesOf(chat_id)
          .filter((row) => row.dedup_key !== null && wanted.has(dedupKey(row.sender_id, row.dedup_key)))
          .map(stored)
      }),
    newestPerSender: (chat_id, after, upTo) =>
      Effect.sync(() => {
        const newest = new Map<number, MessageRow>()
        for (const row of messagesOf(chat_id)) {
          if (row.seq > after && row.seq <= upTo) newest.set(row.sender_id, row)
        }
        return [...newest.values()].map(({ sender_id, seq, id }) => ({ sender_id, seq, id }))
      }),
    records: (chat_id, scopes) =>
      Effect.sync(() => {
        const chat = liveChat(tables, chat_id)
        return [...(chat?.records.values() ?? [])].flatMap(({ version: _, ...row }) =>
          !row.removed &&
          scopes.some((scope) => scope.kind === row.kind && (scope.message_id ?? row.message_id) === row.message_id)
            ? [row]
            : [],
        )
      }),
    messageIdAt: (chat_id, seq) => Effect.sync(() => messagesOf(chat_id)[seq - 1]?.id),
  } satisfies JournalShape
})
