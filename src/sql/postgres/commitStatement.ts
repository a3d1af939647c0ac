// The one statement that commits a batch of changes of many chats, and its parameters.
//
// `fenced` moves the chats that stand where their actor thought they did. Under READ COMMITTED a row that another
// process has just moved is looked at again once that one has committed: its version then differs and it is left out.
// Everything else joins `fenced`, so of a stale chat nothing is written, while the others of the batch go through.
// Chats are taken in the order of their ids, so that two processes do not wait for each other in a circle.
import type { ChatChange } from "../Journal.ts"
import { booleans, instants, numbers, texts } from "./params.ts"

const fenced = `
  fenced as (
    update chats c set
      version = u.version::bigint,
      last_seq = u.last_seq::bigint,
      last_activity = case when u.active then greatest(c.last_activity, u.at) else c.last_activity end,
      name = coalesce(u.name, c.name),
      name_version = coalesce(u.name_version::bigint, c.name_version),
      deleted_at = case when u.deleted then u.at end
    from unnest($1::float8[], $2::float8[], $3::float8[], $4::float8[], $5::float8[], $6::timestamptz[], $7::boolean[],
        $8::text[], $9::float8[], $10::boolean[])
      as u(id, expected_version, expected_seq, version, last_seq, at, active, name, name_version, deleted)
    where c.id = u.id::bigint and c.version = u.expected_version::bigint and c.last_seq = u.expected_seq::bigint
      and c.deleted_at is null
    returning c.id, u.deleted, u.version
  )`

/** Array parameters of these types, numbered from `first` on. */
const arrays = (first: number, ...types: ReadonlyArray<string>): string =>
  types.map((type, i) => `$${first + i}::${type}[]`).join(", ")

/** Puts the new messages in; `at` is the number of the first of their eight parameters. */
export const sentFrom = (at: number): string => `
  sent as (
    insert into messages (chat_id, seq, sender_id, created_version, version, created_at, reply_to, text, dedup_key)
    select f.id, u.seq::bigint, u.sender_id::bigint, u.version::bigint, u.version::bigint, u.created_at,
      u.reply_to::bigint, u.text, u.dedup_key
    from unnest(${arrays(at, "float8", "float8", "float8", "float8", "timestamptz", "float8", "text", "text")}) with ordinality
      as u(chat_id, seq, sender_id, version, created_at, reply_to, text, dedup_key, place)
    join fenced f on f.id = u.chat_id::bigint
    order by u.place
    returning id
  )`

/** Raises watermarks; `at` is the number of the first of their four parameters. */
export const markedFrom = (at: number): string => `
  marked as (
    update chat_members m set
      last_read_seq = greatest(m.last_read_seq, u.last_read_seq::bigint),
      read_version = coalesce(u.read_version::bigint, m.read_version)
    from unnest(${arrays(at, "float8", "float8", "float8", "float8")})
        as u(chat_id, user_id, last_read_seq, read_version)
      join fenced f on f.id = u.chat_id::bigint
    where m.chat_id = u.chat_id::bigint and m.user_id = u.user_id::bigint and not m.removed
  )`

const joined = `
  joined as (
    insert into chat_members as m
      (chat_id, user_id, last_read_seq, joined_version, version, joined_at, removed, role)
    select f.id, u.user_id::bigint, u.last_read_seq::bigint, u.version::bigint, u.version::bigint, u.joined_at,
      u.removed, u.role
    from unnest($23::float8[], $24::float8[], $25::float8[], $26::float8[], $27::timestamptz[], $28::boolean[],
        $29::text[])
      as u(chat_id, user_id, last_read_seq, version, joined_at, removed, role)
    join fenced f on f.id = u.chat_id::bigint
    on conflict (chat_id, user_id) do update set
      last_read_seq = excluded.last_read_seq,
      joined_version = case when m.removed then excluded.version else m.joined_version end,
      version = excluded.version,
      read_version = case when m.removed then 0 else m.read_version end,
      joined_at = excluded.joined_at,
      removed = excluded.removed,
      role = excluded.role
  )`

const edited = `
  edited as (
    update messages m set
      text = u.text,
      edited_at = u.edited_at,
      deleted = u.deleted,
      original_digest = u.original_digest,
      version = u.version::bigint
    from unnest($30::float8[], $31::float8[], $32::float8[], $33::timestamptz[], $34::boolean[], $35::text[],
        $36::text[])
        as u(chat_id, id, version, edited_at, deleted, text, original_digest)
      join fenced f on f.id = u.chat_id::bigint
    where m.id = u.id::bigint and m.chat_id = u.chat_id::bigint
  )`

const emptied = `
  emptied as (
    update chat_members m set removed = true, version = f.version::bigint
    from fenced f
    where f.deleted and m.chat_id = f.id and not m.removed
  )`

/** What every commit answers: see `CommitRow`. */
export const answer = `select
    (select array_agg(id::float8) from fenced) as chats,
    (select array_agg(id::float8 order by id) from sent) as ids`

export const commitStatement = `
  with ${[fenced, sentFrom(11), markedFrom(19), joined, edited, emptied].join(",")}
  ${answer}`

/** The chats that were moved, and the ids of their messages in the order of the parameters. */
export interface CommitRow {
  readonly chats: ReadonlyArray<number> | null
  readonly ids: ReadonlyArray<number> | null
}

type Column<A> = Array<A>

const chatParams = (changes: ReadonlyArray<ChatChange>) => [
  numbers(changes.map((change) => change.chat_id)),
  numbers(changes.map((change) => change.expected_version)),
  numbers(changes.map((change) => change.last_seq - change.sent.length)),
  numbers(changes.map((change) => change.version)),
  numbers(changes.map((change) => change.last_seq)),
  instants(changes.map((change) => change.at)),
  booleans(changes.map((change) => change.sent.length > 0 || change.members.length > 0 || change.renamed !== null)),
  texts(changes.map((change) => change.renamed?.name ?? null)),
  numbers(changes.map((change) => change.renamed?.version ?? null)),
  booleans(changes.map((change) => change.deleted)),
]

export const sentParams = (changes: ReadonlyArray<ChatChange>) => {
  const chat_id: Column<number> = []
  const seq: Column<number> = []
  const sender_id: Column<number> = []
  const version: Column<number> = []
  const created_at: Column<number> = []
  const reply_to: Column<number | null> = []
  const text: Column<string> = []
  const dedup_key: Column<string | null> = []
  for (const change of changes) {
    for (const message of change.sent) {
      chat_id.push(change.chat_id)
      seq.push(message.seq)
      sender_id.push(message.sender_id)
      version.push(message.version)
      created_at.push(message.created_at)
      reply_to.push(message.reply_to)
      text.push(message.text)
      dedup_key.push(message.dedup_key)
    }
  }
  return [
    numbers(chat_id),
    numbers(seq),
    numbers(sender_id),
    numbers(version),
    instants(created_at),
    numbers(reply_to),
    texts(text),
    texts(dedup_key),
  ]
}

export const markParams = (changes: ReadonlyArray<ChatChange>) => {
  const chat_id: Column<number> = []
  const user_id: Column<number> = []
  const last_read_seq: Column<number> = []
  const read_version: Column<number | null> = []
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

/** Each item with the chat it belongs to. */
const inChats = <A>(changes: ReadonlyArray<ChatChange>, items: (change: ChatChange) => ReadonlyArray<A>) =>
  changes.flatMap((change) => items(change).map((item) => ({ chat_id: change.chat_id, item })))

const memberParams = (changes: ReadonlyArray<ChatChange>) => {
  // Of a deleted chat `emptied` takes all members; a row can be changed only once in a statement.
  const rows = inChats(changes, (change) => (change.deleted ? [] : change.members))
  return [
    numbers(rows.map((row) => row.chat_id)),
    numbers(rows.map((row) => row.item.user_id)),
    numbers(rows.map((row) => row.item.last_read_seq)),
    numbers(rows.map((row) => row.item.version)),
    instants(rows.map((row) => row.item.joined_at)),
    booleans(rows.map((row) => row.item.removed)),
    texts(rows.map((row) => row.item.role)),
  ]
}

const editParams = (changes: ReadonlyArray<ChatChange>) => {
  const rows = inChats(changes, (change) => change.messages)
  return [
    numbers(rows.map((row) => row.chat_id)),
    numbers(rows.map((row) => row.item.id)),
    numbers(rows.map((row) => row.item.version)),
    instants(rows.map((row) => row.item.edited_at)),
    booleans(rows.map((row) => row.item.deleted)),
    texts(rows.map((row) => row.item.text)),
    texts(rows.map((row) => row.item.original_digest)),
  ]
}

/** `changes` ascend by chat id. */
export const commitParams = (changes: ReadonlyArray<ChatChange>) => [
  ...chatParams(changes),
  ...sentParams(changes),
  ...markParams(changes),
  ...memberParams(changes),
  ...editParams(changes),
]
