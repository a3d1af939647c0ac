// The MessageStore over PostgreSQL. Since `seq` has no gaps, a page is a range of it: equally fast at any depth.
import { Effect } from "effect"
import { spanned } from "../../config/spanned.ts"
import { largeGroup } from "../../domain/Chat.ts"
import { editsShown } from "../../domain/EditHistory.ts"
import { makeNewestChats } from "../chats/newestChats.ts"
import { chatJson, iso, messageJson, type UserColumns, userColumns, userOf, wireTimes } from "../database/columns.ts"
import { Database } from "../database/Database.ts"
import { number, numberOrNull, numbers } from "../database/params.ts"
import { makeMentions } from "./mentions.ts"
import { makeRecent } from "./recentMessages.ts"
import type { FormerTexts, MessagePlace, MessageStoreShape } from "./shape.ts"

const isMember = `exists (select from chat_members where chat_id = $1::bigint and user_id = $2::bigint and not removed)`

/**
 * The range of `seq` up to `upper`, for members; no row for others. Unfolded messages are only read if they matter: if
 * not all members have read the page by the folded ones. Members of a large group are not read: read_by_all knows.
 * `offset 0`: evaluated once, not for each message.
 */
const rangeTo = (upper: string, more = ""): string => `
  select *, upper - $3::bigint as lower,
    case when folded >= upper then folded else read_by_all($1::bigint) end as read_by_all
  from (
    select *, ${upper} as upper from (
      select (
        select case when count(*) <= ${largeGroup} then min(last_read_seq) end from (
          select last_read_seq from chat_members where chat_id = $1::bigint and not removed limit ${largeGroup} + 1
        ) few
      ) as folded, ${chatJson("$1::bigint")} as chat_json ${more}
      where ${isMember}
      offset 0
    ) marks
  ) upper
  offset 0`

/** JSON text of the messages with `lower < seq <= upper`, ascending, as the index returns them. */
const items = `coalesce((
    select '[' || string_agg(json, ',') || ']'
    from (
      select ${messageJson("m", "$2::bigint", "range.read_by_all", "range.chat_json")} as json
      from messages m where m.chat_id = $1::bigint and m.seq > range.lower and m.seq <= range.upper
      order by m.seq
    ) r
  ), '[]')`

const lastSeq = `, coalesce((select max(seq) from messages where chat_id = $1::bigint), 0) as last_seq`
const pageEnd = `case
      when $5::bigint is null then least($4::bigint - 1, last_seq)
      else $5::bigint + $3::bigint
    end`

const pageStatement = `
  select '{"items":' || ${items} || ',"has_more":'
    || case when $5::bigint is null then range.lower > 0 else range.upper < range.last_seq end || '}' as json
  from (${rangeTo(pageEnd, lastSeq)}) range`

/** With the `seq` in the middle: half of the page is not newer than it, if there are enough messages on both sides. */
const aroundEnd = `least(greatest($4::bigint + $3::bigint / 2, $3::bigint), last_seq)`
const aroundStatement = `
  select '{"items":' || ${items} || ',"has_more":' || (range.lower > 0)
    || ',"has_newer":' || (range.upper < range.last_seq) || '}' as json
  from (${rangeTo(aroundEnd, lastSeq)}) range`

const historyStatement = `
  select ${items} as json
  from (${rangeTo("$4::bigint + $3::bigint")}) range`

// Looked up by id one by one; read_by_all is evaluated once a chat.
const byIdsStatement = `
  select ${messageJson("m", "$2::bigint", "marks.read_by_all")} as json
  from unnest($1::float8[]::bigint[]) wanted (id)
  cross join lateral (select * from messages where id = wanted.id offset 0) m
  join chat_members own on own.chat_id = m.chat_id and own.user_id = $2::bigint and not own.removed
  cross join lateral (select read_by_all(m.chat_id) as read_by_all offset 0) marks
  order by m.id`

const placeStatement = `
  select m.chat_id::float8, m.seq::float8, m.sender_id::float8
  from messages m join chat_members own on own.chat_id = m.chat_id and own.user_id = $2::bigint and not own.removed
  where m.id = $1::bigint`

// The positions of a page, and of one reply beyond it, are found on the thread's index alone.
const threadStatement = `
  select '{"root":' || (
      select ${messageJson("m", "$2::bigint", "thread.read_by_all")} from messages m where m.id = thread.root
    ) || ',"count":' || thread.count || ',"items":' || coalesce((
      select '[' || string_agg(json, ',') || ']'
      from (
        select ${messageJson("m", "$2::bigint", "thread.read_by_all")} as json
        from unnest(case
          when cardinality(thread.seqs) <= $3::bigint then thread.seqs
          when $5::bigint is null then thread.seqs[2:]
          else thread.seqs[:$3::integer] end) with ordinality as page(seq, place)
        join messages m on m.chat_id = thread.chat_id and m.seq = page.seq
        order by page.place
      ) r
    ), '[]') || ',"has_more":' || (cardinality(thread.seqs) > $3::bigint) || '}' as json
  from (
    select asked.*, read_by_all(asked.chat_id) as read_by_all,
      (select count(*) from messages where thread_id = asked.root) as count,
      array(select seq from (
        (select seq from messages
         where $5::bigint is null and thread_id = asked.root and seq < coalesce($4::bigint, ${Number.MAX_SAFE_INTEGER})
         order by seq desc limit $3::bigint + 1)
        union all
        (select seq from messages
         where thread_id = asked.root and seq > $5::bigint
         order by seq limit $3::bigint + 1)
      ) found order by seq) as seqs
    from (
      select m.chat_id, coalesce(m.thread_id, m.id) as root
      from messages m
      join chat_members own on own.chat_id = m.chat_id and own.user_id = $2::bigint and not own.removed
      where m.id = $1::bigint
      offset 0
    ) asked
    offset 0
  ) thread`

const editsStatement = `
  select m.sender_id::float8, own.role, coalesce((
    select json_agg(json_build_object('text', e.text, 'at', ${iso("e.at")}) order by e.version)
    from (
      select text, at, version from message_edits where message_id = m.id order by version desc limit ${editsShown}
    ) e
  ), '[]'::json)::text as items
  from messages m join chat_members own on own.chat_id = m.chat_id and own.user_id = $2::bigint and not own.removed
  where m.id = $1::bigint`

const readersStatement = `
  select ${userColumns("u")}
  from chat_members m join users u on u.id = m.user_id
  left join unfolded sent on sent.chat_id = m.chat_id and sent.user_id = m.user_id
  where m.chat_id = $1::bigint and greatest(m.last_read_seq, sent.seq) >= $2::bigint and not m.removed
    and m.user_id <> $3::bigint
  order by u.id`

export const makeMessages = Effect.gen(function* () {
  const { query } = yield* Database
  const mentions = makeMentions(query)
  const recent = makeRecent(query, makeNewestChats(query))
  const json = (name: string, statement: string, ...params: ReadonlyArray<unknown>) =>
    Effect.map(query<{ readonly json: string }>(statement, params), ([row]) => row && wireTimes(row.json)).pipe(
      spanned(name, {}),
    )
  const place: MessageStoreShape["place"] = (id, by) =>
    Effect.map(query<MessagePlace>(placeStatement, [number(id), number(by)]), ([row]) => row)

  return {
    page: (chat_id, by, { limit, before, after, around }) =>
      around !== undefined
        ? json("Messages.page", aroundStatement, number(chat_id), number(by), number(limit), number(around))
        : json(
            "Messages.page",
            pageStatement,
            number(chat_id),
            number(by),
            number(limit),
            numberOrNull(before ?? null),
            numberOrNull(after ?? null),
          ),
    history: (chat_id, by, limit, offset) =>
      json("Messages.history", historyStatement, number(chat_id), number(by), number(limit), number(offset)),
    recent: (by, limit) =>
      Effect.map(recent(by, limit), (found) => (found === undefined ? `{"items":[]}` : wireTimes(found))).pipe(
        spanned("Messages.recent", {}),
      ),
    byIds: Effect.fn("Messages.byIds")((ids, by) =>
      Effect.map(query<{ readonly json: string }>(byIdsStatement, [numbers(ids), number(by)]), (rows) =>
        rows.map(({ json }) => wireTimes(json)),
      ),
    ),
    thread: (id, by, { limit, before, after }) =>
      json(
        "Messages.thread",
        threadStatement,
        number(id),
        number(by),
        number(limit),
        numberOrNull(before ?? null),
        numberOrNull(after ?? null),
      ),
    mentions: Effect.fn("Messages.mentions")((by, limit, before = Number.MAX_SAFE_INTEGER) =>
      mentions(by, limit, before),
    ),
    place: Effect.fn("Messages.place")(place),
    edits: Effect.fn("Messages.edits")((id, by) =>
      Effect.map(query<FormerTexts>(editsStatement, [number(id), number(by)]), ([row]) => row),
    ),
    readers: Effect.fn("Messages.readers")(function* (id, by) {
      const found = yield* place(id, by)
      if (found === undefined) return undefined
      const values = [number(found.chat_id), number(found.seq), number(found.sender_id)]
      return (yield* query<UserColumns>(readersStatement, values)).map(userOf)
    }),
  } satisfies MessageStoreShape
})
