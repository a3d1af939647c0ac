// Positions of chats for their members, and the lists of these.
// Every statement here is driven by its parameters: rows from `unnest`, and each look-up behind a lateral `offset 0`,
// which the planner cannot turn into a join. So its work grows with the answer alone. All plans are generic, and made
// with older statistics: a join that seemed cheap then would scan all chats at every connection.
import { Effect } from "effect"
import type { ChatId } from "../../domain/Ids.ts"
import { ownRead } from "../database/columns.ts"
import type { Database } from "../database/Database.ts"
import { number, numbers } from "../database/params.ts"
import { everybody } from "../journal/mentionRows.ts"
import type { ChatStoreShape, ChatVersion, MemberPosition, Membership, Position } from "./shape.ts"
import { unread } from "./unread.ts"

/** The chat of the membership `own`, as `c`. */
export const chatOf = `cross join lateral (select * from chats_now where id = own.chat_id offset 0) c`

/**
 * How far the member `own` of the chat `c` has read, as `at`; others' messages above that are unread unless they are
 * deleted.
 */
export const reading = `cross join lateral (
    select greatest(
      own.private_read_seq, case when c.folded_seq = c.last_seq then own.last_read_seq else ${ownRead("c", "own")} end
    ) as seq offset 0
  ) at`

/** The unread messages that are a mention or a reply for the member; only counted if there may be any. */
export const unreadMentions = `case when at.seq = c.last_seq then 0 else (
    select count(distinct n.message_id)
    from (select coalesce((select id from messages where chat_id = c.id and seq = at.seq), 0) as id offset 0) mark
    cross join lateral (
      select message_id from mentions
      where user_id = any(array[own.user_id, ${everybody}]) and chat_id = c.id and message_id > mark.id offset 0
    ) n
  ) end::float8 as unread_mention_count`

/** Only looked up where there is something that may not have arrived, or that was read where others do not see it. */
const delivered = `case when c.type = 'private' then
    case when at.seq = c.last_seq and own.private_read_seq < c.last_seq then c.last_seq
    else coalesce((select seq from delivered_marks where chat_id = c.id and user_id = own.user_id), 0) end
  end::float8 as delivered_seq`

const position = `c.id::float8 as chat_id, c.last_seq::float8, at.seq::float8 as last_read_seq, ${unread}, ${unreadMentions}, c.version::float8, c.member_count, ${delivered}`

const positionsStatement = `
  select ${position}
  from unnest($2::float8[]) as k(id)
  cross join lateral (
    select * from chat_members where chat_id = k.id::bigint and user_id = $1::bigint and not removed offset 0
  ) own
  ${chatOf} ${reading}`

/**
 * The next chats of each user, by their ids. Their standing (StateStore) is in each row, though it is looked up once:
 * connecting users then need no second statement.
 */
export const pageStatement = `
  select own.user_id::float8, ${position}, standing.state_version, standing.is_blocked
  from unnest($1::float8[], $2::float8[], $3::float8[]) as k(user_id, after, count)
  cross join lateral (
    select coalesce((select version from user_heads where user_id = k.user_id::bigint), 0)::float8 as state_version,
      exists (
        select from user_state
        where blocked_id = k.user_id::bigint and blocked_id is not null and value is not null
      ) as is_blocked
    offset 0
  ) standing
  cross join lateral (
    select * from chat_members where user_id = k.user_id::bigint and chat_id > k.after::bigint and not removed
    order by chat_id limit k.count::bigint
  ) own
  ${chatOf} ${reading}`

const aheadStatement = `
  select k.id as chat_id, coalesce(c.version::float8, k.version + 1) as version
  from unnest($1::float8[], $2::float8[]) as k(id, version)
  left join lateral (select version from chats_now where id = k.id::bigint offset 0) c on true
  where c.version is null or c.version > k.version::bigint`

const membershipsStatement = `
  select own.* from unnest($1::float8[]) as k(id)
  cross join lateral (
    select user_id::float8, chat_id::float8, joined_version::float8 from chat_members
    where user_id = k.id::bigint and not removed offset 0
  ) own`

type Positions = Pick<ChatStoreShape, "idsOf" | "positions" | "positionsOf" | "ahead" | "memberships">

export const positions = (query: Database["Service"]["query"]): Positions => ({
  idsOf: Effect.fn("Chats.idsOf")((user_id) =>
    Effect.map(
      query<{ readonly chat_id: ChatId }>(
        `select chat_id::float8 from chat_members where user_id = $1::bigint and not removed`,
        [number(user_id)],
      ),
      (rows) => rows.map((row) => row.chat_id),
    ),
  ),
  positions: Effect.fn("Chats.positions")((user_id, chat_ids) =>
    query<Position>(positionsStatement, [number(user_id), numbers(chat_ids)]),
  ),
  positionsOf: Effect.fn("Chats.positionsOf")((pages) =>
    query<MemberPosition>(pageStatement, [
      numbers(pages.map(({ user_id }) => user_id)),
      numbers(pages.map(({ after }) => after)),
      numbers(pages.map(({ count }) => count)),
    ]),
  ),
  ahead: Effect.fn("Chats.ahead")((known) =>
    query<ChatVersion>(aheadStatement, [
      numbers(known.map(({ chat_id }) => chat_id)),
      numbers(known.map(({ version }) => version)),
    ]),
  ),
  memberships: Effect.fn("Chats.memberships")((user_ids) =>
    query<Membership>(membershipsStatement, [numbers(user_ids)]),
  ),
})
