// The checker: compares every acknowledgement, every device's event log and the database. Pure; knows nothing of how the
// run went. An empty answer means that no promise was broken.
import { blocks } from "./checkBlocks.ts"
import { content, threads } from "./checkContent.ts"
import { scheduledMessages, scheduledPrefix } from "./checkScheduled.ts"
import { ownStates } from "./checkStates.ts"
import type { Held, History, Message, StoredMessage } from "./History.ts"

const group = <A, K>(items: ReadonlyArray<A>, key: (item: A) => K): Map<K, Array<A>> => {
  const groups = new Map<K, Array<A>>()
  for (const item of items) {
    const found = groups.get(key(item))
    if (found === undefined) groups.set(key(item), [item])
    else found.push(item)
  }
  return groups
}

const keyOf = (message: { chat_id: number; sender_id: number; dedup_key: string | null }) =>
  `${message.chat_id}/${message.sender_id}/${message.dedup_key}`

/** Acknowledged ⇒ stored, as acknowledged; one key ⇒ one message; no message without a sender's intention. */
function* acknowledgements({ sent, messages, changes }: History): Iterable<string> {
  const stored = group(messages, keyOf)
  const changed = new Set(changes.map((change) => change.message_id))
  const wanted = new Set(sent.map(keyOf))
  for (const [key, rows] of stored) {
    if (rows.length > 1) yield `stored ${rows.length} times: ${key}`
    if (!wanted.has(key) && rows[0]?.dedup_key?.startsWith(scheduledPrefix) !== true)
      yield `stored, but nobody sent it: ${key}`
  }
  for (const one of sent) {
    const row = stored.get(keyOf(one))?.[0]
    for (const ack of one.acks) {
      if (row === undefined) yield `acknowledged, but not stored: ${keyOf(one)} seq ${ack.seq}`
      else if (row.id !== ack.id || row.seq !== ack.seq)
        yield `acknowledged as ${ack.id}/${ack.seq}, but stored as ${row.id}/${row.seq}: ${keyOf(one)}`
      if (ack.created_at !== one.acks[0]?.created_at) yield `acknowledged with two times: ${keyOf(one)}`
    }
    const isOwnText = one.forward !== undefined || row?.text === one.text
    if (row !== undefined && !changed.has(row.id) && (!isOwnText || row.deleted || row.edited))
      yield `stored otherwise than sent, though nobody changed it: ${keyOf(one)}`
  }
}

/** `seq` is 1..n in every chat, and n is the chat's `last_seq`. */
function* numbering({ messages, chats }: History): Iterable<string> {
  const byChat = group(messages, (message) => message.chat_id)
  for (const chat of chats) {
    const seqs = (byChat.get(chat.id) ?? []).map((message) => message.seq).sort((a, b) => a - b)
    const wrong = seqs.findIndex((seq, index) => seq !== index + 1)
    if (wrong >= 0) yield `chat ${chat.id}: seq ${seqs[wrong]} where ${wrong + 1} belongs`
    if (seqs.length !== chat.last_seq) yield `chat ${chat.id}: last_seq ${chat.last_seq}, but ${seqs.length} messages`
  }
}

/** An acknowledged edit or deletion took place, and only intended ones. */
function* edits({ messages, changes }: History): Iterable<string> {
  const byMessage = group(changes, (change) => change.message_id)
  for (const row of messages) {
    const wanted = byMessage.get(row.id) ?? []
    const deletions = wanted.filter((change) => change.text === null)
    const texts = wanted.filter((change) => change.text !== null)
    if (row.deleted && deletions.length === 0) yield `message ${row.id} is deleted, though nobody asked for it`
    if (!row.deleted && deletions.some((change) => change.acked))
      yield `message ${row.id}: an acknowledged deletion is lost`
    if (row.deleted) {
      if (row.text !== "") yield `message ${row.id} is deleted and still has its text`
      continue
    }
    if (row.edited && !texts.some((change) => change.text === row.text))
      yield `message ${row.id}: a text that nobody wrote`
    const last = texts.at(-1)
    const isCertain = last?.acked === true && texts.every((change) => change.attempts === 1)
    if (isCertain && row.text !== last.text) yield `message ${row.id}: an acknowledged edit is lost`
  }
}

/** Watermarks only rise, and an answered one is kept. */
function* watermarks({ readAcks, chats }: History): Iterable<string> {
  const stored = new Map(chats.map((chat) => [chat.id, chat]))
  for (const { chat_id, user_id, acks } of readAcks) {
    const byAnswer = [...acks].sort((a, b) => a.answered - b.answered)
    let told = 0
    let next = 0
    // Answers of two servers may overtake each other; an answer before a request may not.
    for (const { asked, seq } of [...acks].sort((a, b) => a.asked - b.asked)) {
      for (let known = byAnswer[next]; known !== undefined && known.answered < asked; known = byAnswer[++next])
        told = Math.max(told, known.seq)
      if (seq < told) yield `chat ${chat_id}, user ${user_id}: watermark fell from ${told} to ${seq}`
    }
    const last = Math.max(0, ...acks.map(({ seq }) => seq))
    const kept = stored.get(chat_id)?.reads.get(user_id) ?? 0
    if (kept < last) yield `chat ${chat_id}, user ${user_id}: was told ${last}, but ${kept} is stored`
  }
}

const describe = (message: Message | undefined) =>
  message === undefined
    ? "nothing"
    : JSON.stringify([
        message.id,
        message.seq,
        message.sender_id,
        message.text,
        message.created_at,
        message.edited_at,
        message.deleted,
        message.reply_to,
        message.thread_id ?? null,
        // The database orders the fields in its own way.
        Object.entries(message.forwarded ?? {}).toSorted(),
        message.mentions ?? [],
        message.mentions_all === true,
        message.reactions ?? [],
        message.pinned === true,
        message.attachments?.map(({ id }) => id) ?? [],
      ])

function* difference(who: string, held: Held, fresh: Held): Iterable<string> {
  const known = fresh.messages.filter(({ seq }) => seq >= held.first)
  const length = Math.max(held.messages.length, known.length)
  for (let i = 0; i < length; i++) {
    const [mine, theirs] = [describe(held.messages[i]), describe(known[i])]
    if (mine !== theirs) yield `${who}: holds ${mine}, a fresh client loads ${theirs}`
  }
  for (const user of new Set([...held.members.keys(), ...fresh.members.keys()])) {
    const [mine, theirs] = [held.members.get(user) ?? "nobody", fresh.members.get(user) ?? "nobody"]
    if (mine !== theirs) yield `${who}: user ${user} is ${mine}, a fresh client loads ${theirs}`
  }
  if (held.name !== fresh.name) yield `${who}: holds the name ${held.name}, a fresh client loads ${fresh.name}`
  for (const [user, seq] of fresh.reads) {
    const mine = held.reads.get(user) ?? 0
    if (mine !== seq) yield `${who}: user ${user} has read up to ${mine}, a fresh client loads ${seq}`
  }
}

/** The same order for all: what a device holds by its events is what a fresh client loads, which is what is stored. */
function* readers({ devices, fresh, messages, chats }: History): Iterable<string> {
  const rows = group(messages, (message) => message.chat_id)
  const places = new Map<number, StoredMessage>(messages.map((row) => [row.id, row]))
  const versions = new Map(chats.map((chat) => [chat.id, chat.version]))
  for (const [user, loaded] of fresh)
    for (const chat of loaded) {
      if (chat.messages.length !== (rows.get(chat.chat_id) ?? []).length)
        yield `user ${user}, chat ${chat.chat_id}: loads ${chat.messages.length} messages of ${rows.get(chat.chat_id)?.length ?? 0}`
      for (const message of chat.messages) {
        const row = places.get(message.id)
        if (row?.seq !== message.seq || row.text !== message.text || row.deleted !== message.deleted)
          yield `user ${user}: loads ${describe(message)}, but ${JSON.stringify(row)} is stored`
      }
    }
  for (const device of devices) {
    yield* device.violations.map((violation) => `${device.name}: ${violation}`)
    const { only, user_id } = device
    const mine = (fresh.get(user_id) ?? []).filter(({ chat_id }) => only === undefined || chat_id === only)
    const loaded = new Map(mine.map((chat) => [chat.chat_id, chat]))
    if (loaded.size !== device.chats.length)
      yield `${device.name}: holds ${device.chats.length} chats, a fresh client loads ${loaded.size}`
    for (const held of device.chats) {
      const who = `${device.name}, chat ${held.chat_id}`
      const theirs = loaded.get(held.chat_id)
      if (theirs === undefined) yield `${who}: is not there for a fresh client`
      else yield* difference(who, held, theirs)
      const version = versions.get(held.chat_id)
      if (held.version !== version) yield `${who}: stands at version ${held.version}, the chat at ${version}`
    }
  }
}

/** Every broken promise, as a sentence. */
export const check = (history: History): ReadonlyArray<string> => [
  ...acknowledgements(history),
  ...numbering(history),
  ...edits(history),
  ...watermarks(history),
  ...readers(history),
  ...content(history),
  ...threads(history),
  ...ownStates(history),
  ...scheduledMessages(history),
  ...blocks(history),
]
