// The statements for nearly all commits: messages and read marks only. The database pays for each arm of a statement in
// every batch, so each has only the arms that may find something.
import type { MessageId } from "../../domain/Ids.ts"
import { instant, number, numberOrNull, text } from "../database/params.ts"
import { type Parameters, type Scalar, type Statement, statementOf } from "../database/Statement.ts"
import {
  type Batch,
  expectedVersion,
  folds,
  hasAttachments,
  hasExtras,
  hasNotes,
  heads,
  instantsOfChats,
  sentRows,
} from "./batchRows.ts"
import {
  answer,
  attachedFrom,
  fencedFrom,
  lineage,
  lockedFrom,
  markedFrom,
  notedFrom,
  sentFrom,
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
type Written =
  | "chat_id"
  | "expected_version"
  | "fence"
  | "version"
  | "last_seq"
  | "at"
  | "sent"
  | "marks"
  | "lowest_read_seq"
/**
 * Every further field of a change must be checked or written by the statements here; otherwise this does not compile.
 */
true satisfies [Exclude<keyof ChatChange, Looked | Written>] extends [never] ? true : false

/** For a plain change: there is more to write than messages. */
export const mustFold = ({ lowest_read_seq, sent, marks }: ChatChange): boolean =>
  lowest_read_seq !== null || sent.length === 0 || marks.some(({ read_version }) => read_version !== null)

/** What the messages of a batch have, each with all before it. */
const contents = ["plain", "extras", "notes", "attachments"] as const
type Content = (typeof contents)[number]

const contentOf = (changes: ReadonlyArray<ChatChange>): Content => {
  if (!hasExtras(changes)) return "plain"
  if (hasAttachments(changes)) return "attachments"
  return hasNotes(changes) ? "notes" : "extras"
}

/** The arms for the messages of the chats that the arm `chats` has. */
const messageArms = (p: Parameters<Batch>, chats: string, content: Content): ReadonlyArray<string> => {
  const level = contents.indexOf(content)
  const arms = [sentFrom(p, chats, level > 0, level > 1 ? sentPlaces : "id")]
  if (level > 1) arms.push(notedFrom(p))
  if (level > 2) arms.push(attachedFrom(p))
  return arms
}

const byContent = <A>(make: (content: Content) => A): Readonly<Record<Content, A>> => ({
  plain: make("plain"),
  extras: make("extras"),
  notes: make("notes"),
  attachments: make("attachments"),
})

/** For chats whose last message is certainly there (`Batch.since`), and for others. */
interface Sending<A> {
  readonly sure: A
  readonly unsure: A
}

const bothWays = <A>(make: (where: (p: Parameters<Batch>) => string) => A): Sending<A> => ({
  sure: make(standingSince),
  unsure: make(() => standing),
})

/** Messages of many chats. */
const manySends = byContent((content) =>
  bothWays((where) =>
    statementOf<Batch>(
      (p) => `
  with ${[lockedFrom(p, [instantsOfChats], where(p)), ...messageArms(p, "locked", content)].join(", ")}
  ${answer("locked")}`,
    ),
  ),
)

/** Messages and marks of many chats, some of which fold. */
const foldingSends = byContent((content) =>
  statementOf<Batch>(
    (p) => `
  with ${lockedFrom(p, [instantsOfChats, heads, folds])}, ${fencedFrom},
  folding as (select * from fenced where folds),
  moved as (
    update chats c set version = f.version::bigint, last_seq = f.last_seq::bigint,
      lowest_read_seq = coalesce(f.lowest_read_seq::bigint, c.lowest_read_seq)
    from folding f where c.id = f.id
  ), ${[markedFrom(p, "folding"), ...messageArms(p, "fenced", content)].join(", ")}
  ${answer("fenced")}`,
  ),
)

const insert = `
  insert into messages (chat_id, seq, sender_id, created_version, version, created_at, reply_to, text, dedup_key)`

/** The only change of a batch. */
const only = ({ changes }: Batch): ChatChange => changes[0]!
const chat_id: Scalar<Batch> = { type: "float8", param: (batch) => number(only(batch).chat_id) }
const expected: Scalar<Batch> = { type: "float8", param: (batch) => number(expectedVersion(only(batch))) }
const expectedSeq: Scalar<Batch> = {
  type: "float8",
  param: (batch) => number(only(batch).last_seq - only(batch).sent.length),
}
const at: Scalar<Batch> = { type: "timestamptz", param: (batch) => instant(only(batch).at) }

/** A statement for one chat needs no list of current chats. */
const oneStanding = (p: Parameters<Batch>, where: string): string => `(
    select c.id
    from chats c, (select ${p.value(expected)} as expected_version, ${p.value(expectedSeq)} as expected_seq) u
    where c.id = ${p.value(chat_id)}::bigint and ${where}
    for no key update of c
  ) f`

/** The result of a statement for one chat, by message. No row: the chat does not have the expected version. */
export interface MessageRow {
  readonly id: MessageId
  /** The lineage of an unsure statement. */
  readonly lineage?: number
}

const oneAnswer = (where: string): string => `id::float8${where === standing ? `, ${lineage} as lineage` : ""}`

/** Messages of one chat. */
const one = bothWays((where) =>
  statementOf<Batch>((p) => {
    const condition = where(p)
    return `${insert}
  select f.id, s.seq::bigint, s.sender_id::bigint, s.version::bigint, s.version::bigint, ${p.value(at)},
    s.reply_to::bigint, s.text, s.dedup_key
  from ${p.table("s", sentRows, "place")}, ${oneStanding(p, condition)}
  order by s.place
  returning ${oneAnswer(condition)}`
  }),
)

/** The only message of the only change. */
const message = (batch: Batch): ChatChange["sent"][number] => only(batch).sent[0]!
const sender_id: Scalar<Batch> = { type: "float8", param: (batch) => number(message(batch).sender_id) }
const version: Scalar<Batch> = { type: "float8", param: (batch) => number(message(batch).version) }
const reply_to: Scalar<Batch> = { type: "float8", param: (batch) => numberOrNull(message(batch).draft.reply_to) }
const content: Scalar<Batch> = { type: "text", param: (batch) => text(message(batch).draft.text) }
const dedup_key: Scalar<Batch> = { type: "text", param: (batch) => text(message(batch).draft.dedup_key) }

/** One message, with scalar parameters instead of arrays. */
const single = bothWays((where) =>
  statementOf<Batch>((p) => {
    const condition = where(p)
    return `${insert}
  select f.id, ${p.value(expectedSeq)}::bigint + 1, ${p.value(sender_id)}::bigint, ${p.value(version)}::bigint,
    ${p.value(version)}::bigint, ${p.value(at)}, ${p.value(reply_to)}::bigint, ${p.value(content)}, ${p.value(dedup_key)}
  from ${oneStanding(p, condition)}
  returning ${oneAnswer(condition)}`
  }),
)

/** The smallest statement that commits these changes, all plain and sorted by chat id. */
export const sendStatement = ({ changes, folding, since }: Batch): Statement<Batch> => {
  const content = contentOf(changes)
  if (folding !== undefined) return foldingSends[content]
  const sends = content === "plain" ? plainSends(changes) : manySends[content]
  return since === undefined ? sends.unsure : sends.sure
}

const plainSends = (changes: ReadonlyArray<ChatChange>): Sending<Statement<Batch>> => {
  const [change] = changes
  if (change === undefined || changes.length > 1) return manySends.plain
  return change.sent.length === 1 ? single : one
}
