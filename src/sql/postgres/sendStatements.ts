// The statements of the commits that nearly all commits are: people sent and read, nothing else changed. The database pays for
// each arm of a statement in every batch, so each has only those that may find something.
import type { MessageId } from "../../domain/Ids.ts"
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

/** People sent, and read by it, or read; nothing else. */
export const isPlain = ({ messages, members, renamed, deleted }: ChatChange): boolean =>
  messages.length === 0 && members.length === 0 && renamed === null && !deleted

/** Of a plain change: not only messages are to be written. */
export const mustFold = ({ sent, marks }: ChatChange): boolean =>
  sent.length === 0 || marks.some(({ read_version }) => read_version !== null)

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

const plainParams = (changes: ReadonlyArray<ChatChange>, folding: ReadonlyArray<boolean>) => [
  ...placeParams(changes),
  numbers(changes.map((change) => change.version)),
  numbers(changes.map((change) => change.last_seq)),
  instants(changes.map((change) => change.at)),
  booleans(folding),
  ...sentParams(changes),
  ...markParams(changes.filter((_, i) => folding[i])),
]

const insert = `
  insert into messages (chat_id, seq, sender_id, created_version, version, created_at, reply_to, text, dedup_key)`

/** The first parameters: which chat, and where it is expected. A statement of one chat needs no list of those that stand there. */
const oneStanding = `(
    select c.id
    from chats c, (select $2::float8 as expected_version, $3::float8 as expected_seq) u
    where c.id = $1::float8::bigint and ${standing}
    for no key update of c
  ) f`

const oneParams = ({ chat_id, expected_version, last_seq, sent, at }: ChatChange) => [
  number(chat_id),
  number(expected_version),
  number(last_seq - sent.length),
  instant(at),
]

/** What a statement of one chat answers, for each message. No row: the chat does not stand where it was expected. */
export interface MessageRow {
  readonly id: MessageId
}

/** One chat's messages. */
const oneStatement = `${insert}
  select f.id, s.seq::bigint, s.sender_id::bigint, s.version::bigint, s.version::bigint, $4::timestamptz,
    s.reply_to::bigint, s.text, s.dedup_key
  from unnest($5::float8[], $6::float8[], $7::float8[], $8::text[], $9::text[], $10::float8[]) with ordinality
      as s(seq, sender_id, version, text, dedup_key, reply_to, place), ${oneStanding}
  order by s.place
  returning id::float8`

/** One message, with plain values instead of arrays. */
const singleStatement = `${insert}
  select f.id, $3::float8::bigint + 1, $5::float8::bigint, $6::float8::bigint, $6::float8::bigint, $4::timestamptz,
    $7::float8::bigint, $8::text, $9::text
  from ${oneStanding}
  returning id::float8`

const singleParams = ({ sender_id, version, reply_to, ...message }: ChatChange["sent"][number]) => [
  number(sender_id),
  number(version),
  numberOrNull(reply_to),
  text(message.text),
  text(message.dedup_key),
]

/** The least statement that commits these changes, all plain, ascending by chat id; `folding` as of `Folds.due`. */
export const sendStatement = (
  changes: ReadonlyArray<ChatChange>,
  folding: ReadonlyArray<boolean> | undefined,
): readonly [statement: string, params: ReadonlyArray<unknown>] => {
  if (folding !== undefined) return [plainStatement, plainParams(changes, folding)]
  const [change] = changes
  if (change === undefined || changes.length > 1) return [lightStatement, lightParams(changes)]
  const [message] = change.sent
  if (message !== undefined && change.sent.length === 1) {
    return [singleStatement, [...oneParams(change), ...singleParams(message)]]
  }
  const [, ...columns] = sentParams(changes)
  return [oneStatement, [...oneParams(change), ...columns]]
}
