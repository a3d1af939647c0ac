// The statements for nearly all commits: messages and read marks only. The database pays for each arm of a statement in
// every batch, so each has only the arms that may find something.
import type { MessageId } from "../../domain/Ids.ts"
import { booleans, instant, instants, number, numberOrNull, numbers, text } from "../database/params.ts"
import { attachedFrom, attachedParams, hasAttachments } from "./commitAttachments.ts"
import {
  answer,
  extraParams,
  fencedFrom,
  hasExtras,
  hasMentions,
  lineage,
  lockedFrom,
  markedFrom,
  markParams,
  notedFrom,
  noteParams,
  placeParams,
  sentFrom,
  sentParams,
  sentPlaces,
  standing,
  standingSince,
} from "./commitPieces.ts"
import type { ChatChange } from "./shape.ts"

/** Only messages, with the reading that they imply, and read marks. A former text comes with its edited message. */
export const isPlain = (change: ChatChange): boolean => {
  const { active_before, deleted, member_count, members, messages, records, summary } = change
  return (
    messages.length === 0 &&
    members.length === 0 &&
    records.length === 0 &&
    summary === null &&
    member_count === null &&
    active_before === null &&
    !deleted
  )
}

type Looked = "active_before" | "deleted" | "former" | "member_count" | "members" | "messages" | "records" | "summary"
type Written = "chat_id" | "expected_version" | "version" | "last_seq" | "at" | "sent" | "marks" | "lowest_read_seq"
/**
 * Every further field of a change must be checked or written by the statements here; otherwise this does not compile.
 */
true satisfies [Exclude<keyof ChatChange, Looked | Written>] extends [never] ? true : false

/** For a plain change: there is more to write than messages. */
export const mustFold = ({ lowest_read_seq, sent, marks }: ChatChange): boolean =>
  lowest_read_seq !== null || sent.length === 0 || marks.some(({ read_version }) => read_version !== null)

/** For chats whose last message is certainly there, and for others. */
interface Statements {
  /** The last parameter is the lineage in which they are there. */
  readonly sure: string
  readonly unsure: string
}

const lightStatement = (where: string, extras = 0): string => `
  with ${lockedFrom([["at", "timestamptz"]], where)}, ${sentFrom(5, "locked", extras)}
  ${answer("locked")}`

const notedStatement = (where: string, files = ""): string => `
  with ${lockedFrom([["at", "timestamptz"]], where)}, ${sentFrom(5, "locked", 12, sentPlaces)}, ${notedFrom(15)}${files}
  ${answer("locked")}`
const attachedStatement = (where: string): string => notedStatement(where, `, ${attachedFrom(19)}`)

const light: Statements = { sure: lightStatement(standingSince(12)), unsure: lightStatement(standing) }

/** The same for messages with more than plain ones; their parameters come after the others. */
const extra: Statements = { sure: lightStatement(standingSince(15), 12), unsure: lightStatement(standing, 12) }

/** The same for messages that are mentions or replies for others. */
const noted: Statements = { sure: notedStatement(standingSince(19)), unsure: notedStatement(standing) }

/** The same for messages with attachments. */
const attached: Statements = { sure: attachedStatement(standingSince(24)), unsure: attachedStatement(standing) }

const lightParams = (changes: ReadonlyArray<ChatChange>) => [
  ...placeParams(changes),
  instants(changes.map((change) => change.at)),
  ...sentParams(changes),
]

const plainStatement = (extras = 0, notes = 0, files = 0): string => `
  with ${lockedFrom([
    ["version", "float8"],
    ["last_seq", "float8"],
    ["at", "timestamptz"],
    ["folds", "boolean"],
    ["lowest_read_seq", "float8"],
  ])}, ${fencedFrom},
  folding as (select * from fenced where folds),
  moved as (
    update chats c set version = f.version::bigint, last_seq = f.last_seq::bigint,
      lowest_read_seq = coalesce(f.lowest_read_seq::bigint, c.lowest_read_seq)
    from folding f where c.id = f.id
  ), ${sentFrom(9, "fenced", extras, notes === 0 ? "id" : sentPlaces)}, ${markedFrom(16, "folding")}${notes === 0 ? "" : `, ${notedFrom(notes)}`}${files === 0 ? "" : `, ${attachedFrom(files)}`}
  ${answer("fenced")}`

const plain = plainStatement()
const plainExtra = plainStatement(20)
const plainNoted = plainStatement(20, 23)
const plainAttached = plainStatement(20, 23, 27)

const plainParams = (changes: ReadonlyArray<ChatChange>, folding: ReadonlyArray<boolean>) => [
  ...placeParams(changes),
  numbers(changes.map((change) => change.version)),
  numbers(changes.map((change) => change.last_seq)),
  instants(changes.map((change) => change.at)),
  booleans(folding),
  numbers(changes.map((change) => change.lowest_read_seq)),
  ...sentParams(changes),
  ...markParams(changes.filter((_, i) => folding[i])),
]

const insert = `
  insert into messages (chat_id, seq, sender_id, created_version, version, created_at, reply_to, text, dedup_key)`

/**
 * The first parameters: the chat and its expected position. A statement for one chat needs no list of current chats.
 */
const oneStanding = (where: string): string => `(
    select c.id
    from chats c, (select $2::float8 as expected_version, $3::float8 as expected_seq) u
    where c.id = $1::float8::bigint and ${where}
    for no key update of c
  ) f`

const oneParams = ({ chat_id, expected_version, last_seq, sent, at }: ChatChange) => [
  number(chat_id),
  number(expected_version),
  number(last_seq - sent.length),
  instant(at),
]

/** The result of a statement for one chat, by message. No row: the chat does not have the expected version. */
export interface MessageRow {
  readonly id: MessageId
  /** The lineage of an unsure statement. */
  readonly lineage?: number
}

/** Messages of one chat. */
const oneStatement = (where: string): string => `${insert}
  select f.id, s.seq::bigint, s.sender_id::bigint, s.version::bigint, s.version::bigint, $4::timestamptz,
    s.reply_to::bigint, s.text, s.dedup_key
  from unnest($5::float8[], $6::float8[], $7::float8[], $8::text[], $9::text[], $10::float8[]) with ordinality
      as s(seq, sender_id, version, text, dedup_key, reply_to, place), ${oneStanding(where)}
  order by s.place
  returning id::float8`

const one: Statements = {
  sure: oneStatement(standingSince(11)),
  unsure: `${oneStatement(standing)}, ${lineage} as lineage`,
}

/** One message, with scalar parameters instead of arrays. */
const singleStatement = (where: string): string => `${insert}
  select f.id, $3::float8::bigint + 1, $5::float8::bigint, $6::float8::bigint, $6::float8::bigint, $4::timestamptz,
    $7::float8::bigint, $8::text, $9::text
  from ${oneStanding(where)}
  returning id::float8`

const single: Statements = {
  sure: singleStatement(standingSince(10)),
  unsure: `${singleStatement(standing)}, ${lineage} as lineage`,
}

const singleParams = ({ draft, sender_id, version }: ChatChange["sent"][number]) => [
  number(sender_id),
  number(version),
  numberOrNull(draft.reply_to),
  text(draft.text),
  text(draft.dedup_key),
]

/**
 * The smallest statement that commits these changes, all plain and sorted by chat id; `folding` as of `Folds.due`,
 * `since` as of `ServerEpoch.since`.
 */
export const sendStatement = (
  changes: ReadonlyArray<ChatChange>,
  folding: ReadonlyArray<boolean> | undefined,
  since: number | undefined,
): readonly [statement: string, params: ReadonlyArray<unknown>] => {
  const extras = hasExtras(changes)
  if (folding !== undefined) {
    const params = plainParams(changes, folding)
    if (!extras) return [plain, params]
    const all = [...params, ...extraParams(changes)]
    if (hasAttachments(changes)) {
      return [plainAttached, [...all, ...noteParams(changes), ...attachedParams(changes)]]
    }
    return hasMentions(changes) ? [plainNoted, [...all, ...noteParams(changes)]] : [plainExtra, all]
  }
  const [statements, params] = extras ? extraSending(changes) : sending(changes)
  return since === undefined ? [statements.unsure, params] : [statements.sure, [...params, number(since)]]
}

const extraSending = (changes: ReadonlyArray<ChatChange>): readonly [Statements, ReadonlyArray<unknown>] => {
  const params = [...lightParams(changes), ...extraParams(changes)]
  if (hasAttachments(changes)) return [attached, [...params, ...noteParams(changes), ...attachedParams(changes)]]
  return hasMentions(changes) ? [noted, [...params, ...noteParams(changes)]] : [extra, params]
}

const sending = (changes: ReadonlyArray<ChatChange>): readonly [Statements, ReadonlyArray<unknown>] => {
  const [change] = changes
  if (change === undefined || changes.length > 1) return [light, lightParams(changes)]
  const [message] = change.sent
  if (message !== undefined && change.sent.length === 1) {
    return [single, [...oneParams(change), ...singleParams(message)]]
  }
  const [, ...columns] = sentParams(changes)
  return [one, [...oneParams(change), ...columns]]
}
