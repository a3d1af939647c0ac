// The Changes over PostgreSQL: one statement each, so one snapshot. Their parts are functions of the parameters.
import { Effect } from "effect"
import type { ChatSums, SeqRange } from "../../domain/Check.ts"
import type { Unavailable } from "../../domain/errors.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import { iso, messageColumns, readByAll, userJson } from "../database/columns.ts"
import { Database } from "../database/Database.ts"
import { numberOrNull } from "../database/params.ts"
import { type Parameters, type Scalar, type Statement, statementOf } from "../database/Statement.ts"
import { eventBytes, type PageSize, pageSize } from "./ReplayPage.ts"
import {
  type ChangedChat,
  type ChangedForMember,
  changesAfter,
  holeBytes,
  holeLimit,
  logged,
  membershipChanges,
  replay,
  replayLimit,
  type VersionRange,
} from "./replay.ts"
import type { ChangesShape, Hole, Missed } from "./shape.ts"

/** The changes of a chat that a statement reads. */
interface Wanted {
  readonly chat_id: ChatId
  /** undefined: a reader who sees everything. */
  readonly user_id?: UserId
  /** The reader's version when the replay began. */
  readonly cursor: number
  /** The versions of which a page is read; undefined: all after the cursor. */
  readonly range?: VersionRange | undefined
  readonly size?: PageSize | undefined
  /** The messages whose sums are read. */
  readonly check?: SeqRange | undefined
}

type P = Parameters<Wanted>

/** Writes a parameter. */
type Value = (p: P) => string

const parameter = (of: (wanted: Wanted) => number | undefined): Value => {
  const scalar: Scalar<Wanted> = { type: "float8", param: (wanted) => numberOrNull(of(wanted) ?? null) }
  return (p) => `${p.value(scalar)}::bigint`
}

const chat_id = parameter((wanted) => wanted.chat_id)
const user_id = parameter((wanted) => wanted.user_id)
const cursor = parameter((wanted) => wanted.cursor)
const after = parameter(({ range }) => range?.after)
const upto = parameter(({ range }) => range?.upto)
const mostEvents = parameter(({ size = pageSize }) => size.events)
const mostBytes = parameter(({ size = pageSize }) => size.bytes)
const firstChecked = parameter(({ check }) => check?.[0])
const lastChecked = parameter(({ check }) => check?.[1])

const messageRow = `${messageColumns("m", "m.sender_id", "chat.read_by_all")}, m.created_version, m.version, m.thread_id, m.parts`

/** The estimated size of a message's event. */
const messageBytes = "octet_length(m.text) + coalesce(octet_length(m.parts::text), 0)"

/** Above `after`, up to `upto`. */
const between = (column: string, after: string, upto: string): string => `${column} > ${after} and ${column} <= ${upto}`

/** The beginning of new messages: each took a version, so they are among the last (version - after). */
const firstNew = (after: string): string => `m.seq > chat.last_seq - (chat.version - ${after})`

/** Messages from before the cursor that have changed since. */
const changedSince = (p: P, range: string): string =>
  `m.version <> m.created_version and m.created_version <= ${cursor(p)} and ${range}`

const messagesOf = (columns: string, condition: string): string =>
  `select ${columns} from messages m where m.chat_id = chat.id and ${condition}`

const json = (rows: string): string => `select coalesce(json_agg(r), '[]') from (${rows}) r`

const changedMembers = (isChanged: string): string => `
  select ${userJson("u")} as user, m.role, at.seq as last_read_seq, ${iso("m.joined_at")} as joined_at, m.joined_version,
    m.version, m.read_version, m.removed, read.id as read_message_id
  from chat_members m
  join users u on u.id = m.user_id
  left join unfolded sent on sent.chat_id = m.chat_id and sent.user_id = m.user_id
  cross join lateral (select greatest(m.last_read_seq, sent.seq) as seq) at
  left join messages read on read.chat_id = m.chat_id and read.seq = at.seq
  where m.chat_id = chat.id and (${isChanged})`

/** Records that changed in a range of versions. */
const changedRecords = (isChanged: string): string => `
  select r.kind, r.message_id, r.user_id, r.version, r.removed, r.body
  from records r where r.stream = chat.id and ${isChanged}`

/** The tallies of the messages of these records. */
const tallies = (isChanged: string): string => `
  select about.kind, about.message_id, e.key, count(*) as count, min(e.value::float8) as since
  from (select distinct r.kind, r.message_id from records r where r.stream = chat.id and ${isChanged}) about
  join records s on s.message_id = about.message_id and s.kind = about.kind and not s.removed
  cross join lateral jsonb_each(s.body) e
  group by about.kind, about.message_id, e.key`

const summary = `
  select to_jsonb(r) || chat.info from (
    select chat.id, chat.type, chat.name, chat.created_by, ${iso("chat.created_at")} as created_at, chat.member_count
  ) r`

// The end of a page is found by versions and lengths alone, without reading texts. At most `mostEvents` fit, and one
// more of each kind is read.
const listed = (p: P): string => `
  (${messagesOf(
    `m.created_version as at, ${messageBytes} + ${eventBytes} as bytes, m.seq, false as is_member`,
    `${firstNew("chat.after")} and ${between("m.created_version", "chat.after", "chat.upto")}`,
  )} order by m.seq limit ${mostEvents(p)} + 1)
  union all
  (${messagesOf(
    `m.version, ${messageBytes} + ${eventBytes}, null, false`,
    changedSince(p, between("m.version", "chat.after", "chat.upto")),
  )} order by m.version limit ${mostEvents(p)} + 1)
  union all
  (select changed.at, ${eventBytes} + (select octet_length(info::text) from users where id = m.user_id), null, true
  from chat_members m
  cross join lateral (values
    (case when m.joined_version > 1 then m.joined_version end),
    (case when m.version > m.joined_version then m.version end),
    (m.read_version)
  ) changed(at)
  where m.chat_id = chat.id and (m.version > chat.after or m.read_version > chat.after)
    and ${between("changed.at", "chat.after", "chat.upto")}
  order by changed.at limit ${mostEvents(p)} + 1)
  union all
  (select r.version, octet_length(r.body::text) + ${eventBytes}, null, false
  from records r where r.stream = chat.id and ${between("r.version", "chat.after", "chat.upto")}
  order by r.version limit ${mostEvents(p)} + 1)
  union all
  select chat.name_version, ${eventBytes}, null, false where ${between("chat.name_version", "chat.after", "chat.upto")}`

/** As much of `listed` as fits, by `at`; at least one. */
const page = (p: P): string => `
  select case when bool_and(fits) then chat.upto else coalesce(max(at) filter (where fits), chat.upto) end as upto,
    min(seq) filter (where fits) as first_seq, max(seq) filter (where fits) as last_seq,
    coalesce(bool_or(is_member and fits), false) as has_members
  from (
    select at, seq, is_member, n = 1 or (n <= ${mostEvents(p)} and bytes <= ${mostBytes(p)}) as fits
    from (
      select at, seq, is_member, row_number() over (order by at) as n,
        sum(bytes) over (order by at rows unbounded preceding) as bytes
      from (${listed(p)}) listed
    ) counted
  ) cut`

const pageMessages = (p: P): string => `
  ${messagesOf(messageRow, "m.seq between page.first_seq and page.last_seq")}
  union all
  ${messagesOf(messageRow, changedSince(p, between("m.version", "chat.after", "page.upto")))}`

const pageMembers = changedMembers(
  ["m.joined_version", "m.version", "m.read_version"]
    .map((column) => `(${between(column, "chat.after", "page.upto")})`)
    .join(" or "),
)

const pageRange = between("r.version", "chat.after", "page.upto")

const sumOf = (version: string, rows: string): string =>
  `(select json_build_object('count', count(*), 'sum', coalesce(sum(${version}), 0)) from ${rows})`

/** The sums at the end of the replay, if the chat still stands there. */
const sums = (p: P): string => `
    case when page.upto = chat.version then json_build_object(
      'messages', ${sumOf(
        "greatest(m.version, m.records_version)",
        `messages m where m.chat_id = chat.id and m.seq between ${firstChecked(p)} and ${lastChecked(p)}`,
      )},
      'members', ${sumOf(
        "greatest(m.version, m.read_version)",
        "chat_members m where m.chat_id = chat.id and not m.removed",
      )}
    ) end as sums,`

/** The reader is a member. */
const member = (p: P): string =>
  `join chat_members own on own.chat_id = c.id and own.user_id = ${user_id(p)} and not own.removed`
/** The reader sees everything. */
const everything = "join (select 0::bigint as joined_version) own on c.deleted_at is null"

const since = (p: P, more: string, reader: string): string => `
  select ${more} chat.upto::float8 as version, page.upto::float8 as page_end,
    case when page.upto is not null then json_build_object(
      'summary', (${summary}),
      'name_version', chat.name_version,
      'joined_version', chat.joined_version,
      'member_ids', chat.member_ids,
      'messages', (${json(pageMessages(p))}),
      'members', (select case when page.has_members then (${json(pageMembers)}) else '[]' end),
      'records', (${json(changedRecords(pageRange))}),
      'tallies', (${json(tallies(pageRange))})
    ) end as changed
  from (
    select c.*, own.joined_version, others.*, coalesce(${after(p)}, ${cursor(p)}) as after,
      coalesce(${upto(p)}, c.version) as upto
    from chats_now c
    ${reader}
    cross join lateral (
      select ${readByAll("c")} as read_by_all,
        case when own.joined_version > ${cursor(p)} and ${after(p)} is null then (
          select array_agg(user_id order by user_id) from chat_members where chat_id = c.id and not removed
        ) else '{}' end as member_ids
      offset 0
    ) others
    where c.id = ${chat_id(p)}
  ) chat
  left join lateral (${page(p)}) page on ${upto(p)} is not null or chat.version - ${cursor(p)} between 0 and ${replayLimit}`

const sinceStatement = statementOf<Wanted>((p) => since(p, "", member(p)))
const checkStatement = statementOf<Wanted>((p) => since(p, sums(p), member(p)))
const logStatement = statementOf<Wanted>((p) => since(p, "", everything))

const holeMessages = (p: P, columns: string): string => `
  ${messagesOf(columns, `${firstNew(cursor(p))} and m.created_version > ${cursor(p)}`)}
  union all
  ${messagesOf(columns, changedSince(p, `m.version > ${cursor(p)}`))}`

const holeStatement = statementOf<Wanted>(
  (p) => `
  select chat.version::float8, chat.narrow,
    case when chat.deleted_at is null then json_build_object(
      'summary', (${summary}),
      'name_version', chat.name_version,
      'messages', (select case when chat.narrow then (${json(holeMessages(p, messageRow))}) else '[]' end),
      'members', (${json(changedMembers(`m.version > ${cursor(p)} or (chat.narrow and m.read_version > ${cursor(p)})`))}),
      'records', (${json(changedRecords(`chat.narrow and r.version > ${cursor(p)}`))}),
      'tallies', (${json(tallies(`chat.narrow and r.version > ${cursor(p)}`))})
    ) end as changed
  from (
    select chat.*, case when chat.version - ${cursor(p)} between 0 and ${holeLimit} then (
        select coalesce(sum(bytes), 0) <= ${holeBytes} from (${holeMessages(p, `${messageBytes} as bytes`)}) texts
      ) else false end as narrow
    from (
      select c.*, others.*
      from chats_now c
      cross join lateral (select ${readByAll("c")} as read_by_all offset 0) others
      where c.id = ${chat_id(p)}
    ) chat
  ) chat`,
)

interface ChangedRow {
  readonly version: number
  /** null with `changed`: not replayable. */
  readonly page_end: number | null
  readonly changed: ChangedForMember | null
  readonly sums?: ChatSums | null
}

interface HoleRow {
  readonly version: number
  readonly narrow: boolean
  /** null: the chat was deleted. */
  readonly changed: ChangedChat | null
}

export const makeChanges = Effect.gen(function* () {
  const { query } = yield* Database
  const read = <Row extends object>({ params, text }: Statement<Wanted>, wanted: Wanted) =>
    query<Row>(text, params(wanted))
  return {
    since: Effect.fn("Changes.since")(function* (chat_id, user_id, cursor, position, size, check): Effect.fn.Return<
      Missed,
      Unavailable
    > {
      const statement = check === undefined ? sinceStatement : checkStatement
      const [row] = yield* read<ChangedRow>(statement, { chat_id, user_id, cursor, range: position, size, check })
      if (row === undefined) return { _tag: "Gone" }
      const { changed, page_end, version } = row
      if (changed === null || page_end === null) return { _tag: "Reset", version }
      return {
        _tag: "Replay",
        version,
        joined_version: changed.joined_version,
        events: replay(changed, user_id, cursor, { after: position?.after ?? cursor, upto: page_end }),
        next: page_end < version ? { after: page_end, upto: version } : undefined,
        ...(row.sums == null ? {} : { sums: row.sums }),
      }
    }),
    log: Effect.fn("Changes.log")(function* (chat_id, after, upto) {
      const [row] = yield* read<ChangedRow>(logStatement, { chat_id, cursor: after, range: { after, upto } })
      if (row?.changed == null || row.page_end === null) return undefined
      return { events: logged(row.changed, { after, upto: row.page_end }), upto: row.page_end }
    }),
    hole: Effect.fn("Changes.hole")(function* (chat_id, after): Effect.fn.Return<Hole, Unavailable> {
      const [row] = yield* read<HoleRow>(holeStatement, { chat_id, cursor: after })
      if (row === undefined) return { _tag: "Gone" }
      const { version, narrow, changed } = row
      if (changed === null) return { _tag: "Hole", version, events: [{ event: { _tag: "ChatDeleted", version } }] }
      return narrow
        ? { _tag: "Hole", version, events: changesAfter(changed, after) }
        : { _tag: "Wide", version, events: membershipChanges(changed, after) }
    }),
  } satisfies ChangesShape
})
