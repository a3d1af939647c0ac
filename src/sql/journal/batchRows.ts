// What a batch of changes hands to the statements that commit it, as rows.
import type { MessageId } from "../../domain/Ids.ts"
import { kindOf } from "../../kinds/Kinds.ts"
import { numbers, texts } from "../database/params.ts"
import { type Rows, rowsOf } from "../database/Statement.ts"
import { mentionRows } from "./mentionRows.ts"
import type { ChatChange } from "./shape.ts"

/** The changes of a batch, sorted by chat id, each chat once. */
export interface Batch {
  readonly changes: ReadonlyArray<ChatChange>
  /** Which of the changes fold their chats, as of `Folds.due`. */
  readonly folding?: ReadonlyArray<boolean> | undefined
  /** The lineage that certainly has the chats' last messages, as of `ServerEpoch.since`. */
  readonly since?: number | undefined
}

const changesOf = ({ changes }: Batch) => changes

/** Each item with its chat. */
const inChats = <A>({ changes }: Batch, items: (change: ChatChange) => ReadonlyArray<A>) =>
  changes.flatMap((change) => items(change).map((item) => ({ chat_id: change.chat_id, item })))

/** With the fence: see `unmoved`. */
export const expectedVersion = ({ expected_version, fence }: ChatChange): number => expected_version + fence

/** The chats, and the position that each is expected to have. */
export const places = rowsOf(changesOf, {
  chat_id: ["float8", (change) => change.chat_id],
  expected_version: ["float8", expectedVersion],
  expected_seq: ["float8", (change) => change.last_seq - change.sent.length],
})

/** With `places`. */
export const instantsOfChats = rowsOf(changesOf, { at: ["timestamptz", (change) => change.at] })

/** With `places`: the positions after the batch. */
export const heads = rowsOf(changesOf, {
  version: ["float8", (change) => change.version],
  last_seq: ["float8", (change) => change.last_seq],
  lowest_read_seq: ["float8", (change) => change.lowest_read_seq],
})

/** With `places`. */
export const folds = rowsOf(({ changes, folding }: Batch) => folding ?? changes.map(() => true), {
  folds: ["boolean", (folds) => folds],
})

/** With `places`: what else changes of a chat. */
export const chatRows = rowsOf(changesOf, {
  active: ["boolean", (change) => change.members.length > 0 || change.summary !== null],
  summary: ["text", ({ summary }) => summary && JSON.stringify({ name: summary.name, info: summary.info })],
  name_version: ["float8", (change) => change.summary?.version ?? null],
  deleted: ["boolean", (change) => change.deleted],
  member_count: ["float8", (change) => change.member_count],
})

/** New messages. On the path of every message, so one walk fills all columns. */
export const sentRows: Rows<Batch> = {
  columns: [
    ["chat_id", "float8"],
    ["seq", "float8"],
    ["sender_id", "float8"],
    ["version", "float8"],
    ["text", "text"],
    ["dedup_key", "text"],
    ["reply_to", "float8"],
  ],
  params: ({ changes }) => {
    const chat_id: Array<number> = []
    const seq: Array<number> = []
    const sender_id: Array<number> = []
    const version: Array<number> = []
    const text: Array<string> = []
    const dedup_key: Array<string | null> = []
    const reply_to: Array<number | null> = []
    let replies = false
    for (const change of changes) {
      for (const message of change.sent) {
        chat_id.push(change.chat_id)
        seq.push(message.seq)
        sender_id.push(message.sender_id)
        version.push(message.version)
        text.push(message.draft.text)
        dedup_key.push(message.draft.dedup_key)
        reply_to.push(message.draft.reply_to)
        replies ||= message.draft.reply_to !== null
      }
    }
    return [
      numbers(chat_id),
      numbers(seq),
      numbers(sender_id),
      numbers(version),
      texts(text),
      texts(dedup_key),
      numbers(replies ? reply_to : []),
    ]
  },
}

/** With `sentRows`: what more than plain messages have. */
export const extraRows = rowsOf(({ changes }: Batch) => changes.flatMap((change) => change.sent), {
  thread_id: ["float8", (message) => message.thread_id],
  parts: ["text", ({ draft }) => (draft.parts === null ? null : JSON.stringify(draft.parts))],
  original_digest: ["text", (message) => message.original_digest],
})

/** Whether any message has more than a plain one. */
export const hasExtras = (changes: ReadonlyArray<ChatChange>): boolean => {
  for (const { sent } of changes) {
    for (const { draft, thread_id } of sent) {
      if (draft.parts !== null || thread_id !== null || draft.forward !== null) return true
    }
  }
  return false
}

/** Marks of the chats that fold. */
export const markRows = rowsOf(
  ({ changes, folding }: Batch) =>
    inChats({ changes: folding === undefined ? changes : changes.filter((_, i) => folding[i]) }, ({ marks }) => marks),
  {
    chat_id: ["float8", (row) => row.chat_id],
    user_id: ["float8", ({ item }) => item.user_id],
    last_read_seq: ["float8", ({ item }) => item.last_read_seq],
    read_version: ["float8", ({ item }) => item.read_version],
  },
)

/** Memberships. All those of a deleted chat end at once, and a row can be written only once in a statement. */
export const memberRows = rowsOf((batch: Batch) => inChats(batch, ({ deleted, members }) => (deleted ? [] : members)), {
  chat_id: ["float8", (row) => row.chat_id],
  user_id: ["float8", ({ item }) => item.user_id],
  last_read_seq: ["float8", ({ item }) => item.last_read_seq],
  version: ["float8", ({ item }) => item.version],
  joined_at: ["timestamptz", ({ item }) => item.joined_at],
  removed: ["boolean", ({ item }) => item.removed],
  role: ["text", ({ item }) => item.role],
})

/** For each message, the version of its visible records. */
const shownVersions = (batch: Batch) => {
  const versions = new Map<MessageId, { readonly chat_id: number; readonly version: number }>()
  for (const { chat_id, item } of inChats(batch, ({ records }) => records)) {
    if (kindOf(item.kind).inMessage) versions.set(item.message_id, { chat_id, version: item.version })
  }
  return versions
}

/** Edited and deleted messages; `parts` null: unchanged. */
export const editRows = rowsOf(
  (batch: Batch) => {
    const versions = shownVersions(batch)
    return inChats(batch, ({ messages }) => messages).map((row) => ({ ...row, shown: versions.get(row.item.id) }))
  },
  {
    chat_id: ["float8", (row) => row.chat_id],
    id: ["float8", ({ item }) => item.id],
    version: ["float8", ({ item }) => item.version],
    edited_at: ["timestamptz", ({ item }) => item.edited_at],
    deleted: ["boolean", ({ item }) => item.deleted],
    text: ["text", ({ item }) => item.text],
    original_digest: ["text", ({ item }) => item.original_digest],
    records_version: ["float8", ({ shown }) => shown?.version ?? null],
    parts: ["text", ({ item }) => item.mentioned && JSON.stringify(item.mentioned.parts)],
  },
)

export const formerRows = rowsOf((batch: Batch) => inChats(batch, ({ former }) => former), {
  chat_id: ["float8", (row) => row.chat_id],
  message_id: ["float8", ({ item }) => item.message_id],
  version: ["float8", ({ item }) => item.version],
  text: ["text", ({ item }) => item.text],
  at: ["timestamptz", ({ item }) => item.at],
})

export const recordRows = rowsOf((batch: Batch) => inChats(batch, ({ records }) => records), {
  chat_id: ["float8", (row) => row.chat_id],
  kind: ["text", ({ item }) => item.kind],
  key: ["text", ({ item }) => item.key],
  message_id: ["float8", ({ item }) => item.message_id],
  user_id: ["float8", ({ item }) => item.user_id],
  version: ["float8", ({ item }) => item.version],
  removed: ["boolean", ({ item }) => item.removed],
  body: ["text", ({ item }) => JSON.stringify(item.body)],
})

/** Messages that are not edited, but show other records. */
export const shownRows = rowsOf(
  (batch: Batch) => {
    const edited = new Set(batch.changes.flatMap(({ messages }) => messages.map(({ id }) => id)))
    return [...shownVersions(batch)].filter(([id]) => !edited.has(id))
  },
  {
    chat_id: ["float8", ([, { chat_id }]) => chat_id],
    id: ["float8", ([id]) => id],
    version: ["float8", ([, { version }]) => version],
  },
)

/** New bounds of activity. */
export const boundRows = rowsOf(({ changes }: Batch) => changes.filter((change) => change.active_before !== null), {
  chat_id: ["float8", (change) => change.chat_id],
  active_before: ["timestamptz", (change) => change.active_before],
})

/** The mentions and replies of new messages. */
export const noteRows = rowsOf(
  ({ changes }: Batch) =>
    changes.flatMap(({ chat_id, sent }) =>
      sent.flatMap((message) => mentionRows(message).map((row) => ({ ...row, chat_id, seq: message.seq }))),
    ),
  {
    chat_id: ["float8", (row) => row.chat_id],
    seq: ["float8", (row) => row.seq],
    user_id: ["float8", (row) => row.user_id],
    is_reply: ["boolean", (row) => row.is_reply],
  },
)

/** Whether any new message is a mention or a reply for others. */
export const hasNotes = (changes: ReadonlyArray<ChatChange>): boolean =>
  changes.some(({ sent }) => sent.some((message) => mentionRows(message).length > 0))

/** Whom edits mention in addition, or no longer. */
const mentionedBy = (which: "added" | "removed") =>
  rowsOf(
    ({ changes }: Batch) =>
      changes.flatMap(({ chat_id, messages }) =>
        messages.flatMap(({ id, mentioned }) =>
          (mentioned?.[which] ?? []).map((user_id) => ({ chat_id, message_id: id, user_id })),
        ),
      ),
    {
      chat_id: ["float8", (row) => row.chat_id],
      message_id: ["float8", (row) => row.message_id],
      user_id: ["float8", (row) => row.user_id],
    },
  )

export const mentionedRows = mentionedBy("added")
export const unmentionedRows = mentionedBy("removed")

/** The attachments of new messages. */
export const attachmentRows = rowsOf(
  ({ changes }: Batch) =>
    changes.flatMap(({ chat_id, sent }) =>
      sent.flatMap(({ draft, seq }) =>
        (draft.parts?.attachments ?? []).map(({ id, kind }, place) => ({ chat_id, seq, place, id, kind })),
      ),
    ),
  {
    chat_id: ["float8", (row) => row.chat_id],
    seq: ["float8", (row) => row.seq],
    place: ["float8", (row) => row.place],
    file_id: ["float8", (row) => row.id],
    kind: ["text", (row) => row.kind],
  },
)

/** Whether any new message has attachments. */
export const hasAttachments = (changes: ReadonlyArray<ChatChange>): boolean =>
  changes.some(({ sent }) => sent.some(({ draft }) => draft.parts?.attachments !== undefined))
