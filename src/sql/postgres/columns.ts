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

/** A time as the database itself writes it into JSON, in a quarter of the time; `wireTimes` makes of it what the wire has. */
export const jsonTime = (column: string): string => `${column} at time zone 'UTC'`

// What people typed cannot look like this: in a JSON string each quote has a backslash before it.
const jsonTimes = /("(?:created|edited)_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,3}))?"/g

/** The JSON of messages, each `jsonTime` with its milliseconds and `Z`. */
export const wireTimes = (json: string): string =>
  json.replace(jsonTimes, (_, seconds: string, fraction = "") => `${seconds}.${fraction.padEnd(3, "0")}Z"`)

/** A `Message` as `reader` sees it; `read_by_all` is how far every present member of its chat has read. */
export const messageColumns = (m: string, reader: string, read_by_all: string, time = iso): string =>
  `${m}.id, ${m}.chat_id, ${m}.seq, ${m}.sender_id, ${m}.text, ${time(`${m}.created_at`)} as created_at,
  ${time(`${m}.edited_at`)} as edited_at, ${m}.deleted, ${m}.reply_to, ${m}.seq <= ${read_by_all} as is_read,
  case when ${m}.sender_id = ${reader} then ${m}.dedup_key end as dedup_key`

/** A `StoredMessage`. */
export const storedColumns = `id::float8, chat_id::float8, seq::float8, sender_id::float8, text, dedup_key,
  reply_to::float8, ${millis("created_at")} as created_at, ${millis("edited_at")} as edited_at, deleted,
  version::float8, original_digest`
