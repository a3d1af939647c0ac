// The parts of the statements that commit changes, and their parameters.
// `locked` locks the rows of the chats that have the version that their actor expects, and waits for other holders: a
// row that another process has just changed is checked again and left out. Messages that were only sent concurrently do
// not change the row. Then a new message has the same `seq` as one of them, and the unique index refuses the statement;
// a change without messages reads the newest `seq` in `fenced`, once it has the lock. Everything else joins these, so
// that nothing of a stale chat is written, while the other chats of the batch are committed. Chats are locked in the
// order of their ids, so that two processes do not deadlock.
import type { ChatId, MessageId } from "../../domain/Ids.ts"
import { booleans, numbers, texts } from "../database/params.ts"
import { mentionRows } from "./mentionRows.ts"
import type { ChatChange } from "./shape.ts"

/** Arrays as rows; the number of the first parameter is `first`. */
const rowsOf = (first: number, columns: ReadonlyArray<readonly [name: string, type: string]>): string =>
  `unnest(${columns.map(([, type], i) => `$${first + i}::${type}[]`).join(", ")})
      as u(${columns.map(([name]) => name).join(", ")})`

type Column = readonly [name: string, type: string]

const place: ReadonlyArray<Column> = [
  ["chat_id", "float8"],
  ["expected_version", "float8"],
  ["expected_seq", "float8"],
]

/**
 * Identifies the server that has the messages, and their file: a number that differs when either does. A commit is only
 * lost with a server that was started anew, or with a file that a restore replaced while the server runs.
 */
export const lineage =
  "date_part('epoch', pg_postmaster_start_time()) - pg_relation_filenode('messages'::regclass)::bigint"

const unmoved = `c.version + u.expected_seq::bigint - c.last_seq = u.expected_version::bigint and c.deleted_at is null`

/**
 * The chat has the version and messages that `u` expects, or more messages: the index or `fenced` detects later ones.
 */
export const standing = `${unmoved}
      and (c.last_seq = u.expected_seq::bigint or c.last_seq < u.expected_seq::bigint and exists (
        select from messages where chat_id = c.id and seq = u.expected_seq::bigint
      ))`

/**
 * The same for chats whose last message this process committed in the lineage of the parameter with this number
 * (`ServerEpoch.ts`): reading that message costs more than everything else but writing the new one.
 */
export const standingSince = (at: number): string => `${unmoved} and ${lineage} = $${at}::float8`

/** Locks the chats. The first parameters: the expected positions of the chats, and `more` columns of each. */
export const lockedFrom = (more: ReadonlyArray<Column>, where = standing): string => `
  locked as (
    select c.id, c.last_seq as folded_seq, u.*
    from ${rowsOf(1, [...place, ...more])}
    join chats c on c.id = u.chat_id::bigint
    where ${where}
    for no key update of c
  )`

export const fencedFrom = `
  fenced as (
    select * from locked where last_seq > expected_seq or newest_seq(id) = expected_seq::bigint
  )`

/**
 * Inserts the new messages; `at` is the number of the first of their seven parameters, `extras` that of the first of
 * the three for messages with more than plain ones; 0: all of them are plain.
 */
export const sentFrom = (at: number, chats = "fenced", extras = 0, returning = "id"): string => `
  sent as (
    insert into messages (chat_id, seq, sender_id, created_version, version, created_at, reply_to, text, dedup_key${
      extras === 0 ? "" : ", thread_id, parts, original_digest"
    })
    select f.id, s.seq::bigint, s.sender_id::bigint, s.version::bigint, s.version::bigint, f.at,
      s.reply_to::bigint, s.text, s.dedup_key${extras === 0 ? "" : ", s.thread_id::bigint, s.parts::jsonb, s.original_digest"}
    from unnest($${at}::float8[], $${at + 1}::float8[], $${at + 2}::float8[], $${at + 3}::float8[], $${at + 4}::text[],
        $${at + 5}::text[], $${at + 6}::float8[]${
          extras === 0 ? "" : `, $${extras}::float8[], $${extras + 1}::text[], $${extras + 2}::text[]`
        }) with ordinality
      as s(chat_id, seq, sender_id, version, text, dedup_key, reply_to${
        extras === 0 ? "" : ", thread_id, parts, original_digest"
      }, place)
    join ${chats} f on f.id = s.chat_id::bigint
    order by s.place
    returning ${returning}
  )`

/**
 * Raises watermarks, by the given marks and by unfolded messages; `at` is the number of the first of the four
 * parameters. `only`: a further condition on an unfolded message `m` of the chat `f`; `also`: other columns to set, and the end of the update.
 */
export const markedFrom = (at: number, chats = "fenced", only = "", also = { set: "", end: "" }): string => `
  marked as (
    update chat_members o set
      last_read_seq = greatest(o.last_read_seq, r.seq),
      read_version = coalesce(r.read_version, o.read_version) ${also.set}
    from (
      select chat_id, user_id, max(seq) as seq, max(read_version) as read_version
      from (
        select f.id as chat_id, u.user_id::bigint as user_id, u.last_read_seq::bigint as seq,
          u.read_version::bigint as read_version
        from unnest($${at}::float8[], $${at + 1}::float8[], $${at + 2}::float8[], $${at + 3}::float8[])
          as u(chat_id, user_id, last_read_seq, read_version)
        join ${chats} f on f.id = u.chat_id::bigint
        union all
        select f.id, m.sender_id, m.seq, null
        from ${chats} f
        join messages m on m.chat_id = f.id and m.seq > f.folded_seq and m.seq <= f.expected_seq::bigint ${only}
      ) all_marks
      group by chat_id, user_id
    ) r
    where o.chat_id = r.chat_id and o.user_id = r.user_id and not o.removed
    ${also.end}
  )`

/** What `sent` returns for `notedFrom`. */
export const sentPlaces = "id, chat_id, seq"

/** The mentions and replies of new messages; `at` is the number of the first of the four parameters. */
export const notedFrom = (at: number): string => `
  noted as (
    insert into mentions (user_id, chat_id, message_id, is_reply)
    select u.user_id::bigint, s.chat_id, s.id, u.is_reply
    from unnest($${at}::float8[], $${at + 1}::float8[], $${at + 2}::float8[], $${at + 3}::boolean[])
      as u(chat_id, seq, user_id, is_reply)
    join sent s on s.chat_id = u.chat_id::bigint and s.seq = u.seq::bigint
  )`

/** The result of every commit: see `CommitRow`. */
export const answer = (chats: string): string => `select
    (select array_agg(id::float8) from ${chats}) as chats,
    (select array_agg(id::float8 order by id) from sent) as ids,
    ${lineage} as lineage`

/** The chats that had the expected versions, and the ids of their messages in the order of the parameters. */
export interface CommitRow {
  readonly chats: ReadonlyArray<ChatId> | null
  readonly ids: ReadonlyArray<MessageId> | null
  /** The lineage of the messages. */
  readonly lineage: number
}

export const placeParams = (changes: ReadonlyArray<ChatChange>) => [
  numbers(changes.map((change) => change.chat_id)),
  numbers(changes.map((change) => change.expected_version)),
  numbers(changes.map((change) => change.last_seq - change.sent.length)),
]

export const sentParams = (changes: ReadonlyArray<ChatChange>) => {
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
  // Elements beyond an array's end are null.
  return [
    numbers(chat_id),
    numbers(seq),
    numbers(sender_id),
    numbers(version),
    texts(text),
    texts(dedup_key),
    numbers(replies ? reply_to : []),
  ]
}

/** Whether any message has more than a plain one. */
export const hasExtras = (changes: ReadonlyArray<ChatChange>): boolean => {
  for (const { sent } of changes) {
    for (const { draft, thread_id } of sent) {
      if (draft.parts !== null || thread_id !== null || draft.forward !== null) return true
    }
  }
  return false
}

export const extraParams = (changes: ReadonlyArray<ChatChange>) => {
  const sent = changes.flatMap((change) => change.sent)
  return [
    numbers(sent.map(({ thread_id }) => thread_id)),
    texts(sent.map(({ draft }) => (draft.parts === null ? null : JSON.stringify(draft.parts)))),
    texts(sent.map(({ original_digest }) => original_digest)),
  ]
}

/** Whether any message is a mention or a reply for others. */
export const hasMentions = (changes: ReadonlyArray<ChatChange>): boolean =>
  changes.some(({ sent }) => sent.some((message) => mentionRows(message).length > 0))

export const noteParams = (changes: ReadonlyArray<ChatChange>) => {
  const rows = changes.flatMap(({ chat_id, sent }) =>
    sent.flatMap((message) => mentionRows(message).map((row) => ({ ...row, chat_id, seq: message.seq }))),
  )
  return [
    numbers(rows.map(({ chat_id }) => chat_id)),
    numbers(rows.map(({ seq }) => seq)),
    numbers(rows.map(({ user_id }) => user_id)),
    booleans(rows.map(({ is_reply }) => is_reply)),
  ]
}

export const markParams = (changes: ReadonlyArray<ChatChange>) => {
  const chat_id: Array<number> = []
  const user_id: Array<number> = []
  const last_read_seq: Array<number> = []
  const read_version: Array<number | null> = []
  for (const change of changes) {
    for (const mark of change.marks) {
      chat_id.push(change.chat_id)
      user_id.push(mark.user_id)
      last_read_seq.push(mark.last_read_seq)
      read_version.push(mark.read_version)
    }
  }
  return [numbers(chat_id), numbers(user_id), numbers(last_read_seq), numbers(read_version)]
}
