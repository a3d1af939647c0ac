// The statements of the commits that nearly all commits are: people sent and read, nothing else changed. The database pays for
// each arm of a statement in every batch, so each has only those that may find something.
import type { ChatChange } from "../Journal.ts"
import {
  answer,
  fencedFrom,
  lockedFrom,
  markedFrom,
  markParams,
  placeParams,
  sentFrom,
  sentParams,
  standing,
} from "./commitPieces.ts"
import { booleans, instant, instants, number, numberOrNull, numbers, text } from "./params.ts"

/** So many messages of a chat at most lie in `messages` alone, before where it stands and who has read is written again. */
const foldEvery = 64

/** People sent, and read by it, or read; nothing else. */
export const isPlain = ({ messages, members, renamed, deleted }: ChatChange): boolean =>
  messages.length === 0 && members.length === 0 && renamed === null && !deleted

/** Of a plain change: more than messages is to be written. */
const folds = ({ last_seq, sent, marks }: ChatChange): boolean =>
  sent.length === 0 ||
  marks.some(({ read_version }) => read_version !== null) ||
  Math.floor(last_seq / foldEvery) > Math.floor((last_seq - sent.length) / foldEvery)

/** Plain, and writes messages alone. */
const isLight = (change: ChatChange): boolean => isPlain(change) && !folds(change)

const lightStatement = `
  with ${lockedFrom([["at", "timestamptz"]])}, ${sentFrom(5, "locked")}
  ${answer("locked")}`

const lightParams = (changes: ReadonlyArray<ChatChange>) => [
  ...placeParams(changes),
  instants(changes.map((change) => change.at)),
  ...sentParams(changes),
]

const plainStatement = `
  with ${lockedFrom([
    ["version", "float8"],
    ["last_seq", "float8"],
    ["at", "timestamptz"],
    ["folds", "boolean"],
  ])}, ${fencedFrom},
  folding as (select * from fenced where folds),
  moved as (
    update chats c set version = f.version::bigint, last_seq = f.last_seq::bigint from folding f where c.id = f.id
  ), ${sentFrom(8)}, ${markedFrom(15, "folding")}
  ${answer("fenced")}`

const plainParams = (changes: ReadonlyArray<ChatChange>) => {
  const folding = changes.map(folds)
  return [
    ...placeParams(changes),
    numbers(changes.map((change) => change.version)),
    numbers(changes.map((change) => change.last_seq)),
    instants(changes.map((change) => change.at)),
    booleans(folding),
    ...sentParams(changes),
    ...markParams(changes.filter((_, i) => folding[i])),
  ]
}

/** One message, with plain values instead of arrays. */
const singleStatement = `
  insert into messages (chat_id, seq, sender_id, created_version, version, created_at, reply_to, text, dedup_key)
  select f.id, $3::float8::bigint, $4::float8::bigint, $5::float8::bigint, $5::float8::bigint, $6::timestamptz,
    $7::float8::bigint, $8::text, $9::text
  from (
    select c.id
    from chats c, (select $2::float8 as expected_version, $3::float8 - 1 as expected_seq) u
    where c.id = $1::float8::bigint and ${standing}
    for no key update of c
  ) f
  returning array[chat_id::float8] as chats, array[id::float8] as ids`

const singleParams = ({ chat_id, expected_version, at }: ChatChange, message: ChatChange["sent"][number]) => [
  number(chat_id),
  number(expected_version),
  number(message.seq),
  number(message.sender_id),
  number(message.version),
  instant(at),
  numberOrNull(message.reply_to),
  text(message.text),
  text(message.dedup_key),
]

/** The least statement that commits these changes, all plain, ascending by chat id. */
export const sendStatement = (
  changes: ReadonlyArray<ChatChange>,
): readonly [statement: string, params: ReadonlyArray<unknown>] => {
  if (!changes.every(isLight)) return [plainStatement, plainParams(changes)]
  const [change] = changes
  const [message] = change?.sent ?? []
  return change !== undefined && message !== undefined && changes.length === 1 && change.sent.length === 1
    ? [singleStatement, singleParams(change, message)]
    : [lightStatement, lightParams(changes)]
}
