// The Changes over PostgreSQL: one statement each, so one snapshot.
import { Effect } from "effect"
import type { ChatSums } from "../../domain/Check.ts"
import type { Unavailable } from "../../domain/errors.ts"
import { iso, messageColumns, readByAll, userJson } from "../database/columns.ts"
import { Database } from "../database/Database.ts"
import { number, numberOrNull } from "../database/params.ts"
import { eventBytes, pageSize } from "./ReplayPage.ts"
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
} from "./replay.ts"
import type { ChangesShape, Hole, Missed } from "./shape.ts"

const messageRow = `${messageColumns("m", "m.sender_id", "chat.read_by_all")}, m.created_version, m.version, m.thread_id, m.parts`

/** The estimated size of a message's event. */
const messageBytes = "octet_length(m.text) + coalesce(octet_length(m.parts::text), 0)"

/** Above `after`, up to `upto`. */
const between = (column: string, after: string, upto: string): string => `${column} > ${after} and ${column} <= ${upto}`

/** The beginning of new messages: each took a version, so they are among the last (version - after). */
const firstNew = (after: string): string => `m.seq > chat.last_seq - (chat.version - ${after})`

/** Messages from before `cursor` that have changed since. */
const changedAfterCursor = (cursor: string, range: string): string =>
  `m.version <> m.created_version and m.created_version <= ${cursor} and ${range}`

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

// The end of a page is found by versions and lengths alone, without reading texts. At most `$6` events fit, and one
// more of each kind is read.
const listed = `
  (${messagesOf(
    `m.created_version as at, ${messageBytes} + ${eventBytes} as bytes, m.seq, false as is_member`,
    `${firstNew("chat.after")} and ${between("m.created_version", "chat.after", "chat.upto")}`,
  )} order by m.seq limit $6::bigint + 1)
  union all
  (${messagesOf(
    `m.version, ${messageBytes} + ${eventBytes}, null, false`,
    changedAfterCursor("$3::bigint", between("m.version", "chat.after", "chat.upto")),
  )} order by m.version limit $6::bigint + 1)
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
  order by changed.at limit $6::bigint + 1)
  union all
  (select r.version, octet_length(r.body::text) + ${eventBytes}, null, false
  from records r where r.stream = chat.id and ${between("r.version", "chat.after", "chat.upto")}
  order by r.version limit $6::bigint + 1)
  union all
  select chat.name_version, ${eventBytes}, null, false where ${between("chat.name_version", "chat.after", "chat.upto")}`

/** As much of `listed` as fits, by `at`; at least one. */
const page = `
  select case when bool_and(fits) then chat.upto else coalesce(max(at) filter (where fits), chat.upto) end as upto,
    min(seq) filter (where fits) as first_seq, max(seq) filter (where fits) as last_seq,
    coalesce(bool_or(is_member and fits), false) as has_members
  from (
    select at, seq, is_member, n = 1 or (n <= $6::bigint and bytes <= $7::bigint) as fits
    from (
      select at, seq, is_member, row_number() over (order by at) as n,
        sum(bytes) over (order by at rows unbounded preceding) as bytes
      from (${listed}) listed
    ) counted
  ) cut`

const pageMessages = `
  ${messagesOf(messageRow, "m.seq between page.first_seq and page.last_seq")}
  union all
  ${messagesOf(messageRow, changedAfterCursor("$3::bigint", between("m.version", "chat.after", "page.upto")))}`

const pageMembers = changedMembers(
  ["m.joined_version", "m.version", "m.read_version"]
    .map((column) => `(${between(column, "chat.after", "page.upto")})`)
    .join(" or "),
)

const pageRange = between("r.version", "chat.after", "page.upto")

const sumOf = (version: string, rows: string): string =>
  `(select json_build_object('count', count(*), 'sum', coalesce(sum(${version}), 0)) from ${rows})`

/** The sums at the end of the replay, if the chat still stands there. */
const sums = `
    case when page.upto = chat.version then json_build_object(
      'messages', ${sumOf(
        "greatest(m.version, m.records_version)",
        "messages m where m.chat_id = chat.id and m.seq between $8::bigint and $9::bigint",
      )},
      'members', ${sumOf(
        "greatest(m.version, m.read_version)",
        "chat_members m where m.chat_id = chat.id and not m.removed",
      )}
    ) end as sums,`

/** The reader is a member. */
const member = "join chat_members own on own.chat_id = c.id and own.user_id = $2::bigint and not own.removed"
/** The reader sees everything; `$2` is null. */
const everything = "join (select 0::bigint as joined_version where $2::bigint is null) own on c.deleted_at is null"

const since = (more: string, reader = member): string => `
  select ${more} chat.upto::float8 as version, page.upto::float8 as page_end,
    case when page.upto is not null then json_build_object(
      'summary', (${summary}),
      'name_version', chat.name_version,
      'joined_version', chat.joined_version,
      'member_ids', chat.member_ids,
      'messages', (${json(pageMessages)}),
      'members', (select case when page.has_members then (${json(pageMembers)}) else '[]' end),
      'records', (${json(changedRecords(pageRange))}),
      'tallies', (${json(tallies(pageRange))})
    ) end as changed
  from (
    select c.*, own.joined_version, others.*, coalesce($4::bigint, $3::bigint) as after,
      coalesce($5::bigint, c.version) as upto
    from chats_now c
    ${reader}
    cross join lateral (
      select ${readByAll("c")} as read_by_all,
        case when own.joined_version > $3::bigint and $4::bigint is null then (
          select array_agg(user_id order by user_id) from chat_members where chat_id = c.id and not removed
        ) else '{}' end as member_ids
      offset 0
    ) others
    where c.id = $1::bigint
  ) chat
  left join lateral (${page}) page on $5::bigint is not null or chat.version - $3::bigint between 0 and ${replayLimit}`

const sinceStatement = since("")
const checkStatement = since(sums)
const logStatement = since("", everything)

const holeMessages = (columns: string): string => `
  ${messagesOf(columns, `${firstNew("$2::bigint")} and m.created_version > $2::bigint`)}
  union all
  ${messagesOf(columns, changedAfterCursor("$2::bigint", "m.version > $2::bigint"))}`

const holeStatement = `
  select chat.version::float8, chat.narrow,
    case when chat.deleted_at is null then json_build_object(
      'summary', (${summary}),
      'name_version', chat.name_version,
      'messages', (select case when chat.narrow then (${json(holeMessages(messageRow))}) else '[]' end),
      'members', (${json(changedMembers("m.version > $2::bigint or (chat.narrow and m.read_version > $2::bigint)"))}),
      'records', (${json(changedRecords("chat.narrow and r.version > $2::bigint"))}),
      'tallies', (${json(tallies("chat.narrow and r.version > $2::bigint"))})
    ) end as changed
  from (
    select chat.*, case when chat.version - $2::bigint between 0 and ${holeLimit} then (
        select coalesce(sum(bytes), 0) <= ${holeBytes} from (${holeMessages(`${messageBytes} as bytes`)}) texts
      ) else false end as narrow
    from (
      select c.*, others.*
      from chats_now c
      cross join lateral (select ${readByAll("c")} as read_by_all offset 0) others
      where c.id = $1::bigint
    ) chat
  ) chat`

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
  return {
    since: Effect.fn("Changes.since")(function* (
      chat_id,
      user_id,
      cursor,
      position,
      size = pageSize,
      check,
    ): Effect.fn.Return<Missed, Unavailable> {
      const [row] = yield* query<ChangedRow>(check === undefined ? sinceStatement : checkStatement, [
        number(chat_id),
        number(user_id),
        number(cursor),
        numberOrNull(position?.after ?? null),
        numberOrNull(position?.upto ?? null),
        number(size.events),
        number(size.bytes),
        ...(check === undefined ? [] : check.map(number)),
      ])
      if (row === undefined) return { _tag: "Gone" }
      const { changed, page_end, version } = row
      if (changed === null || page_end === null) return { _tag: "Reset", version }
      return {
        _tag: "Replay",
        version,
        events: replay(changed, user_id, cursor, { after: position?.after ?? cursor, upto: page_end }),
        next: page_end < version ? { after: page_end, upto: version } : undefined,
        ...(row.sums == null ? {} : { sums: row.sums }),
      }
    }),
    log: Effect.fn("Changes.log")(function* (chat_id, after, upto) {
      const [row] = yield* query<ChangedRow>(logStatement, [
        number(chat_id),
        numberOrNull(null),
        number(after),
        number(after),
        number(upto),
        number(pageSize.events),
        number(pageSize.bytes),
      ])
      if (row?.changed == null || row.page_end === null) return undefined
      return { events: logged(row.changed, { after, upto: row.page_end }), upto: row.page_end }
    }),
    hole: Effect.fn("Changes.hole")(function* (chat_id, after): Effect.fn.Return<Hole, Unavailable> {
      const [row] = yield* query<HoleRow>(holeStatement, [number(chat_id), number(after)])
      if (row === undefined) return { _tag: "Gone" }
      const { version, narrow, changed } = row
      if (changed === null) return { _tag: "Hole", version, events: [{ event: { _tag: "ChatDeleted", version } }] }
      return narrow
        ? { _tag: "Hole", version, events: changesAfter(changed, after) }
        : { _tag: "Wide", version, events: membershipChanges(changed, after) }
    }),
  } satisfies ChangesShape
})
