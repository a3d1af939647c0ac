// How rows are shown, as SQL: the shapes of the wire, built by the database.

/** A time as the wire has it. */
export const iso = (column: string): string => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** A time as epoch milliseconds. */
export const millis = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`

/** A `User`. */
export const userColumns = (u: string): string =>
  `${u}.id::float8, ${u}.username, ${u}.display_name, ${iso(`${u}.created_at`)} as created_at`

/** How far the member `own` of the chat `c` (of `chats_now`) has read. */
export const ownRead = (c: string, own: string): string =>
  `greatest(${own}.last_read_seq, (
    select max(seq) from messages where chat_id = ${c}.id and seq > ${c}.folded_seq and sender_id = ${own}.user_id
  ))`

/** How far every present member of the chat `c` (of `chats_now`) has read; `folded`: the lowest `last_read_seq` at rest. */
export const readByAll = (c: string, folded: string): string =>
  `case when ${c}.folded_seq = ${c}.last_seq then ${folded} else read_by_all(${c}.id) end`

/** A `Message` as `reader` sees it; `read_by_all` is how far every present member of its chat has read. */
export const messageColumns = (m: string, reader: string, read_by_all: string): string =>
  `${m}.id, ${m}.chat_id, ${m}.seq, ${m}.sender_id, ${m}.text, ${iso(`${m}.created_at`)} as created_at,
  ${iso(`${m}.edited_at`)} as edited_at, ${m}.deleted, ${m}.reply_to, ${m}.seq <= ${read_by_all} as is_read,
  case when ${m}.sender_id = ${reader} then ${m}.dedup_key end as dedup_key`

/** A `StoredMessage`. */
export const storedColumns = `id::float8, chat_id::float8, seq::float8, sender_id::float8, text, dedup_key,
  reply_to::float8, ${millis("created_at")} as created_at, ${millis("edited_at")} as edited_at, deleted,
  version::float8, original_digest`
