// What messages say besides their text: what they reply to, forward and mention, and their former texts.
import { scheduledPrefix } from "./checkScheduled.ts"
import type { FreshChat, History, Sent, StoredMessage } from "./History.ts"

const keyOf = (message: { chat_id: number; sender_id: number; dedup_key: string | null }) =>
  `${message.chat_id}/${message.sender_id}/${message.dedup_key}`

/** The intention behind each stored message. Nobody changes a scheduled one. */
const intentions = ({ messages, sent }: History): ReadonlyMap<number, Sent> => {
  const byKey = new Map(sent.map((one) => [keyOf(one), one]))
  return new Map(
    messages.flatMap((row) => {
      const { chat_id, dedup_key, sender_id, text } = row
      const one =
        dedup_key?.startsWith(scheduledPrefix) === true
          ? { chat_id, sender_id, dedup_key, text, attempts: 1, acks: [] }
          : byKey.get(keyOf(row))
      return one === undefined ? [] : [[row.id, one]]
    }),
  )
}

/** Of a forwarded message: its author and each text that it ever had. */
const originOf = (
  { changes }: History,
  wanted: ReadonlyMap<number, Sent>,
  id: number,
): { readonly sender_id: number; readonly texts: ReadonlyArray<string> } | undefined => {
  let at = id
  for (let one = wanted.get(at); one?.forward !== undefined; one = wanted.get(at)) at = one.forward
  const one = wanted.get(at)
  const edits = changes.flatMap(({ message_id, text }) => (message_id === at && text !== null ? [text] : []))
  return one && { sender_id: one.sender_id, texts: [one.text, ...edits] }
}

function* forward(
  history: History,
  wanted: ReadonlyMap<number, Sent>,
  row: StoredMessage,
  source: number,
): Iterable<string> {
  if (row.deleted) return
  const origin = originOf(history, wanted, source)
  const { forwarded, text } = row
  if (origin === undefined) yield `message ${row.id} forwards ${source}, which nobody sent`
  else if (!origin.texts.includes(text)) yield `message ${row.id} forwards ${source}, but says ${text}`
  else if (forwarded?.sender_id !== origin.sender_id)
    yield `message ${row.id} forwards ${source} of ${origin.sender_id}, but shows ${JSON.stringify(forwarded)}`
  const isSaved = history.chats.some(({ id, isSaved }) => id === row.chat_id && isSaved === true)
  if (forwarded?.message_id !== (isSaved ? source : undefined))
    yield `message ${row.id} in ${isSaved ? "a saved chat" : "a chat"} tells that it comes from ${forwarded?.message_id}`
}

const isOther = (found: ReadonlyArray<number>, wanted: ReadonlyArray<number> = []): boolean =>
  String(found) !== String(wanted)

/** What was sent is what is stored: replies, forwards, mentions, files; and what was there before edits. */
export function* content(history: History): Iterable<string> {
  const wanted = intentions(history)
  const rows = new Map(history.messages.map((row) => [row.id, row]))
  const changed = new Set(history.changes.map(({ message_id }) => message_id))
  for (const row of history.messages) {
    const one = wanted.get(row.id)
    if (one?.reply_to !== undefined && row.reply_to !== one.reply_to)
      yield `message ${row.id} replies to ${row.reply_to} instead of ${one.reply_to}`
    if (one?.forward !== undefined) yield* forward(history, wanted, row, one.forward)
    else if (row.forwarded !== undefined) yield `message ${row.id} is shown as a forward, which it is not`
  }
  for (const one of history.sent) {
    if (one.refused === "gone" && one.forward !== undefined && rows.get(one.forward)?.deleted === false)
      yield `refused, though message ${one.forward} is there: ${keyOf(one)}`
  }
  for (const [user, chats] of history.fresh) {
    const listed = new Set(history.mentions?.get(user))
    for (const { former, messages } of chats) {
      for (const message of messages) {
        const one = wanted.get(message.id)
        const mentions = message.mentions ?? []
        if (one?.mentions !== undefined && !changed.has(message.id) && String(mentions) !== String(one.mentions))
          yield `message ${message.id} mentions ${mentions} instead of ${one.mentions}`
        // Those of a forward are another's.
        const attachments = message.attachments?.map(({ id }) => id) ?? []
        if (one !== undefined && one.forward === undefined && !message.deleted && isOther(attachments, one.attachments))
          yield `message ${message.id} has the files ${attachments} instead of ${one.attachments ?? []}`
        if (history.mentions === undefined || message.deleted || message.sender_id === user) continue
        const author = message.reply_to === null ? undefined : rows.get(message.reply_to)?.sender_id
        const isFor = mentions.includes(user) || author === user
        if (isFor !== listed.has(message.id) && message.mentions_all !== true)
          yield `message ${message.id} is ${isFor ? "not " : ""}among the mentions of user ${user}`
      }
      for (const [id, texts] of former ?? []) yield* formerTexts(history, wanted.get(id), rows.get(id), texts)
    }
  }
}

/** Former texts are those that were there, in their order, and no acknowledged one is missing. */
function* formerTexts(
  { changes }: History,
  one: Sent | undefined,
  row: StoredMessage | undefined,
  texts: ReadonlyArray<string>,
): Iterable<string> {
  if (one === undefined || row === undefined) return
  const wanted = changes.filter(({ message_id, text }) => message_id === row.id && text !== null)
  const order = [one.text, ...wanted.map(({ text }) => text)]
  if (row.deleted) {
    if (texts.length > 0) yield `message ${row.id} is deleted and still has former texts`
    return
  }
  const shown = [...texts, row.text]
  const places = shown.map((text) => order.indexOf(text))
  // A repeated attempt may be carried out after a later edit.
  const isInOrder = wanted.every(({ attempts }) => attempts === 1)
  if (places.some((place, i) => place < 0 || (isInOrder && i > 0 && place <= places[i - 1]!)))
    yield `message ${row.id} had the texts ${JSON.stringify(shown)}, but was given ${JSON.stringify(order)}`
  for (const { acked, attempts, text } of wanted)
    if (acked && attempts === 1 && text !== null && !shown.includes(text))
      yield `message ${row.id}: the text ${text} is not among its former ones`
}

/** A reply is in the thread of the message that it replies to, and a thread has just its replies. */
export function* threads({ fresh, messages }: History): Iterable<string> {
  const rows = new Map(messages.map((row) => [row.id, row]))
  for (const { id, reply_to, thread_id } of messages) {
    if (reply_to === undefined || reply_to === null) continue
    const root = rows.get(reply_to)?.thread_id ?? reply_to
    if (thread_id !== root)
      yield `message ${id} replies to ${reply_to}, and is in thread ${thread_id} instead of ${root}`
  }
  for (const [user, chats] of fresh) for (const chat of chats) yield* loadedThreads(user, chat)
}

function* loadedThreads(user: number, { messages, threads }: FreshChat): Iterable<string> {
  for (const [root, replies] of threads ?? []) {
    const expected = messages.flatMap(({ id, thread_id }) => (thread_id === root ? [id] : []))
    if (String(expected) !== String(replies))
      yield `user ${user}: thread ${root} has the replies ${replies} instead of ${expected}`
  }
}
