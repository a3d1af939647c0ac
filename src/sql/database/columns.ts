// The wire's shapes as SQL: the database builds them.
import { largeGroup } from "../../domain/Chat.ts"
import type { User, UserInfo } from "../../domain/User.ts"

/** A time in the wire's format. */
export const iso = (column: string): string => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** A time as epoch milliseconds. */
export const millis = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`

const userFields = (u: string): string =>
  `${u}.id::float8, ${u}.username, ${u}.display_name, ${iso(`${u}.created_at`)} as created_at`

/** A user as columns, from which `userOf` makes a `User`. */
export const userColumns = (u: string): string => `${userFields(u)}, ${u}.info`

export interface UserColumns extends Omit<User, keyof UserInfo> {
  readonly info: UserInfo
}

export const userOf = <A extends UserColumns>({ info, ...user }: A): Omit<A, "info"> & UserInfo => ({
  ...user,
  ...info,
})

/** A `User` as `jsonb`. */
export const userJson = (u: string): string =>
  `(select to_jsonb(shown) || ${u}.info from (select ${userFields(u)}) shown)`

/** How far the member `own` of the chat `c` (of `chats_now`) has read. */
export const ownRead = (c: string, own: string): string =>
  `greatest(${own}.last_read_seq, (
    select max(seq) from messages where chat_id = ${c}.id and seq > ${c}.folded_seq and sender_id = ${own}.user_id
  ))`

/** How far every present member of the chat `c` (of `chats_now`) has read. */
export const readByAll = (c: string): string => `case
    when ${c}.member_count > ${largeGroup} then ${c}.lowest_read_seq
    when ${c}.folded_seq = ${c}.last_seq then (
      select min(last_read_seq) from chat_members where chat_id = ${c}.id and not removed
    )
    else read_by_all(${c}.id) end`

/**
 * The fields of a message in events, for `reader`; `read_by_all` is how far every present member of its chat has read.
 */
const messageFields = (m: string, reader: string, read_by_all: string, time: (column: string) => string) => ({
  id: `${m}.id`,
  chat_id: `${m}.chat_id`,
  seq: `${m}.seq`,
  sender_id: `${m}.sender_id`,
  text: `${m}.text`,
  created_at: time(`${m}.created_at`),
  edited_at: time(`${m}.edited_at`),
  deleted: `${m}.deleted`,
  reply_to: `${m}.reply_to`,
  is_read: `${m}.seq <= ${read_by_all}`,
  dedup_key: `case when ${m}.sender_id = ${reader} then ${m}.dedup_key end`,
})

/** The same fields as columns. */
export const messageColumns = (m: string, reader: string, read_by_all: string): string =>
  Object.entries(messageFields(m, reader, read_by_all, iso))
    .map(([name, value]) => `${value} as ${name}`)
    .join(", ")

/** A time at half the cost of `iso`; `wireTimes` converts it to the wire's format. An interval: a zone's name would be looked up each time. */
const jsonTime = (column: string): string => `${column} at time zone interval '0'`

const asJson = (value: string): string => `to_json(${value})::text`

/** Concatenates in pairs: `||` copies its left side, so a chain would copy each piece once for every later one. */
const joined = (texts: ReadonlyArray<string>): string => {
  if (texts.length < 2) return texts.join()
  const middle = texts.length >>> 1
  return `(${joined(texts.slice(0, middle))} || ${joined(texts.slice(middle))})`
}

/**
 * What a message shows and a plain one does not: fields that follow others, or nothing. A `jsonb` has a space after each colon, so that no
 * time in it looks like one that `wireTimes` has to complete.
 */
export const extrasJson = (m: string): string => `case when ${m}.thread_id is null and ${m}.parts is null then ''
    else coalesce(',"thread_id":' || ${m}.thread_id, '') || coalesce(',' || left(substr(${m}.parts::text, 2), -1), '') end`

// A field of JSON as pieces to concatenate: the fewer, the cheaper. A missing value skips its concatenation, and a flag is
// one of two constants.
const value = (name: string, json: string): ReadonlyArray<string> => [`',"${name}":'`, json]
const orNull = (name: string, json: string): string => `coalesce(',"${name}":' || ${json}, ',"${name}":null')`
const flag = (name: string, condition: string): string =>
  `case when ${condition} then ',"${name}":true' else ',"${name}":false' end`

/** What precedes a message's `seq` in its JSON: the same for all of a chat. */
export const chatJson = (chat_id: string): string => `',"chat_id":' || ${chat_id} || ',"seq":'`

/**
 * A `Message` as JSON text, except for its times (see `wireTimes`); faster than `row_to_json`. `chat`: the chat's `chatJson`, where a
 * statement computes it once.
 */
export const messageJson = (m: string, reader: string, read_by_all: string, chat?: string): string => {
  const fields = messageFields(m, reader, read_by_all, jsonTime)
  return joined([
    `'{"id":'`,
    `${fields.id}::text`,
    ...(chat === undefined ? [`',"chat_id":'`, `${fields.chat_id}::text`, `',"seq":'`] : [chat]),
    `${fields.seq}::text`,
    ...value("sender_id", `${fields.sender_id}::text`),
    ...value("text", asJson(fields.text)),
    ...value("created_at", asJson(fields.created_at)),
    orNull("edited_at", asJson(fields.edited_at)),
    flag("deleted", fields.deleted),
    orNull("reply_to", `${fields.reply_to}::text`),
    flag("is_read", fields.is_read),
    orNull("dedup_key", asJson(fields.dedup_key)),
    ...value("version", `greatest(${m}.version, ${m}.records_version)::text`),
    extrasJson(m),
    // In a function that only messages with records call: for other pages it is not even prepared.
    `case when ${m}.records_version is null or ${m}.deleted then '}' else reactions_json(${m}.id, ${reader}) || '}' end`,
  ])
}

// User text cannot contain this: in a JSON string each quote follows a backslash.
const timeHead = '_at":"'
const toFraction = timeHead.length + "YYYY-MM-DDTHH:MM:SS".length

/** Converts each time in the JSON of messages to milliseconds and `Z`. */
export const wireTimes = (json: string): string => {
  let wire = ""
  let from = 0
  for (let at = json.indexOf(timeHead); at !== -1; at = json.indexOf(timeHead, from)) {
    const seconds = at + toFraction
    const end = json.indexOf('"', seconds)
    const fraction = end === seconds ? ".000" : json.slice(seconds, Math.min(end, seconds + 4)).padEnd(4, "0")
    wire += `${json.slice(from, seconds)}${fraction}Z`
    from = end
  }
  return wire + json.slice(from)
}

export const storedColumns = `id::float8, chat_id::float8, seq::float8, sender_id::float8, text, dedup_key,
  reply_to::float8, ${millis("created_at")} as created_at, ${millis("edited_at")} as edited_at, deleted,
  version::float8, original_digest, records_version::float8, thread_id::float8, parts`
