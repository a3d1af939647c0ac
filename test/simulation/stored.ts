// What the tables of a simulation hold: the input of the checker, and what clients load.
import { Effect } from "effect"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { Chats } from "../../src/services/Chats.ts"
import { Messages } from "../../src/services/Messages.ts"
import { OwnState } from "../../src/services/OwnState.ts"
import { Records } from "../../src/services/Records.ts"
import { membership, present, type Tables } from "../../src/sql/memory/Tables.ts"
import { ownReadSeq, toMessage } from "../../src/sql/memory/views.ts"
import type { Loaded } from "../faults/ChatLog.ts"
import type { FreshChat, History, Message } from "../faults/History.ts"
import type { StoredState } from "../faults/StateLog.ts"

/** The rows that are counted and listed are those that the messages show. */
export const mentionViolations = (tables: Tables["Service"]): ReadonlyArray<string> =>
  [...tables.chats.values()].flatMap(({ mentions, messages }) =>
    messages.flatMap(({ deleted, id, parts, reply_to, sender_id }) => {
      const place = reply_to === null || deleted ? undefined : tables.places.get(reply_to)
      const author = place === undefined ? undefined : messages[place.seq - 1]?.sender_id
      const shown = new Set<number>(parts?.mentions ?? [])
      if (parts?.mentions_all === true) shown.add(0)
      if (author !== undefined && author !== sender_id) shown.add(author)
      const asked = new Set((mentions.get(id) ?? []).map(({ user_id }) => user_id))
      const isSame = asked.size === shown.size && [...asked].every((user_id) => shown.has(user_id))
      return isSame ? [] : [`message ${id} shows mentions of ${[...shown]}, and has rows for ${[...asked]}`]
    }),
  )

/**
 * Whether this version of the chat is that of a thing as it is now, so that this member who reads the chat is sent it. What
 * is said of the whole chat is in what introduces it to them.
 */
export const shows = (tables: Tables["Service"], chat_id: ChatId, version: number, user_id: UserId): boolean => {
  const chat = tables.chats.get(chat_id)
  if (chat === undefined) return false
  const joined = chat.members.get(user_id)?.joined_version ?? 0
  return (
    (chat.row.name_version === version && version > joined) ||
    chat.messages.some((row) => row.version === version || row.created_version === version) ||
    [...chat.records.values()].some((row) => row.version === version) ||
    [...chat.members.values()].some(
      (row) =>
        row.version === version || (!row.removed && (row.joined_version === version || row.read_version === version)),
    )
  )
}

/** A chat as one of its members would load it. */
export const loaded = (tables: Tables["Service"], chat_id: ChatId, user_id: UserId): Loaded | undefined => {
  const found = membership(tables, chat_id, user_id)
  if (found === undefined) return undefined
  const { messages, records, row } = found.chat
  const all = messages.map((message) => ({
    ...toMessage(found.chat, message, user_id, 0),
    version: message.version,
    records_version: message.records_version,
    pinned: records.get(`pin ${message.id}`)?.removed === false,
  }))
  return { version: row.version, name: row.name, messages: all, members: present(found.chat) }
}

/** A user's own state, with the keys that were removed. */
export const storedState = (tables: Tables["Service"], user_id: UserId): StoredState => {
  const { entries, version } = tables.state.get(user_id) ?? { version: 0, entries: new Map() }
  return {
    version,
    entries: [...entries.values()].map(({ key, value, version }) => ({
      key,
      value: value === null ? null : JSON.parse(value),
      version,
    })),
  }
}

/** Whether this version is the last of its key. */
export const showsState = (tables: Tables["Service"], user_id: UserId, version: number): boolean =>
  [...(tables.state.get(user_id)?.entries.values() ?? [])].some((entry) => entry.version === version)

const freshChat = Effect.fnUntraced(function* (user_id: UserId, chat_id: ChatId) {
  const messages = yield* Messages
  const { name, members } = yield* (yield* Chats).get(user_id, chat_id)
  const all: Array<Message> = []
  for (let more = true; more; ) {
    const page: { items: Array<Message>; has_more: boolean } = JSON.parse(
      yield* messages.page(user_id, chat_id, { limit: 200, after: all.length }),
    )
    all.push(...page.items)
    more = page.has_more
  }
  const threads = new Map<number, ReadonlyArray<number>>()
  const former = new Map<number, ReadonlyArray<string>>()
  const texts = { items: [] as Array<{ id: number; text: string }> }
  for (const { edited_at, id, sender_id, thread_id } of all) {
    if (thread_id !== undefined && !threads.has(thread_id)) {
      const thread: typeof texts = JSON.parse(yield* messages.thread(user_id, id as never, { limit: 200 }))
      threads.set(
        thread_id,
        thread.items.map(({ id }) => id),
      )
    }
    if (edited_at === null || sender_id !== user_id) continue
    const edits: typeof texts = JSON.parse(yield* messages.edits(user_id, id as never))
    former.set(
      id,
      edits.items.map(({ text }) => text),
    )
  }
  const pins = (yield* (yield* Records).pins(user_id, chat_id)).items
  const pinned = new Set<number>(pins.map(({ message }) => message.id))
  return {
    chat_id,
    name,
    first: 1,
    messages: all.map((message) => ({ ...message, pinned: pinned.has(message.id) })),
    reads: new Map(members.map((member) => [member.user.id, member.last_read_seq])),
    members: new Map(members.map((member) => [member.user.id, member.role])),
    threads,
    former,
  } satisfies FreshChat
})

/** What a new client of each of them would load, and what the tables hold. */
export const gather = Effect.fnUntraced(function* (tables: Tables["Service"], users: ReadonlyArray<UserId>) {
  const chats = yield* Chats
  const fresh = new Map<number, ReadonlyArray<FreshChat>>()
  const mentions = new Map<number, ReadonlyArray<number>>()
  const states = new Map<number, StoredState>()
  for (const user_id of users) {
    const { items } = yield* chats.list(user_id, 100, undefined)
    fresh.set(user_id, yield* Effect.forEach(items, ({ id }) => freshChat(user_id, id)))
    const listed: { items: Array<{ id: number }> } = JSON.parse(
      yield* (yield* Messages).mentions(user_id, 1_000, undefined),
    )
    mentions.set(
      user_id,
      listed.items.map(({ id }) => id),
    )
    const { items: entries, version } = yield* (yield* OwnState).list(user_id, { limit: 1_000 })
    const removed = storedState(tables, user_id).entries.filter(({ value }) => value === null)
    states.set(user_id, { version, entries: [...entries, ...removed] })
  }
  return {
    fresh,
    mentions,
    states,
    messages: [...tables.chats.values()].flatMap(({ messages }) =>
      messages.map(({ parts, ...row }) => ({
        ...row,
        edited: row.edited_at !== null,
        ...(parts?.forwarded === undefined ? {} : { forwarded: parts.forwarded }),
      })),
    ),
    chats: [...tables.chats.values()].map(({ row, members }) => ({
      id: row.id,
      last_seq: row.last_seq,
      version: row.version,
      isSaved: row.type === "saved",
      // As far as their user knows: others may not see it.
      reads: new Map([...members.values()].map((member) => [member.user_id, ownReadSeq(member)])),
    })),
  } satisfies Partial<History>
})
