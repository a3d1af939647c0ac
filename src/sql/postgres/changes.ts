// The Changes over PostgreSQL: one statement each, so one snapshot.
import { Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { Changes, Hole, Missed } from "../Changes.ts"
import { Database } from "../Database.ts"
import {
  type ChangedChat,
  type ChangedForMember,
  changesAfter,
  holeLimit,
  isReplayable,
  memberChanges,
  replay,
  replayLimit,
} from "../replay.ts"
import { iso, messageColumns, readByAll, userColumns } from "./columns.ts"
import { number } from "./params.ts"

const messageRow = `${messageColumns("m", "m.sender_id", "chat.read_by_all")}, m.created_version, m.version`

// Each new message took a version, so the new ones are among the last (version - cursor) and their seq says where to look.
const messages = (after: string) => `
  select coalesce(json_agg(r), '[]') from (
    select ${messageRow} from messages m
    where m.chat_id = chat.id and m.seq > chat.last_seq - (chat.version - ${after}) and m.created_version > ${after}
    union all
    select ${messageRow} from messages m
    where m.chat_id = chat.id and m.version <> m.created_version and m.version > ${after}
      and m.created_version <= ${after}
  ) r`

const members = (after: string) => `
  select coalesce(json_agg(r), '[]') from (
    select row_to_json(u) as user, m.role, at.seq as last_read_seq, ${iso("m.joined_at")} as joined_at, m.joined_version,
      m.version, m.read_version, m.removed, read.id as read_message_id
    from chat_members m
    join lateral (select ${userColumns("u")} from users u where u.id = m.user_id) u on true
    left join unfolded sent on sent.chat_id = m.chat_id and sent.user_id = m.user_id
    cross join lateral (select greatest(m.last_read_seq, sent.seq) as seq) at
    left join messages read on read.chat_id = m.chat_id and read.seq = at.seq
    where m.chat_id = chat.id and (m.version > ${after} or m.read_version > ${after})
  ) r`

const summary = `
  select row_to_json(r) from (
    select chat.id, chat.type, chat.name, chat.created_by, ${iso("chat.created_at")} as created_at, chat.member_count
  ) r`

const sinceStatement = `
  select chat.version::float8,
    case when chat.version - $3::bigint between 0 and ${replayLimit} then json_build_object(
      'summary', (${summary}),
      'name_version', chat.name_version,
      'joined_version', chat.joined_version,
      'member_ids', chat.member_ids,
      'messages', (${messages("$3::bigint")}),
      'members', (${members("$3::bigint")})
    ) end as changed
  from (
    select c.*, own.joined_version, others.*
    from chats_now c
    join chat_members own on own.chat_id = c.id and own.user_id = $2::bigint and not own.removed
    cross join lateral (
      select count(*) as member_count, ${readByAll("c", "min(last_read_seq)")} as read_by_all,
        case when own.joined_version > $3::bigint then array_agg(user_id order by user_id) else '{}' end as member_ids
      from chat_members where chat_id = c.id and not removed
    ) others
    where c.id = $1::bigint
  ) chat`

const holeStatement = `
  select chat.version::float8, chat.version - $2::bigint between 0 and ${holeLimit} as narrow,
    case when chat.deleted_at is null then json_build_object(
      'summary', (${summary}),
      'name_version', chat.name_version,
      'messages', (select case when chat.version - $2::bigint between 0 and ${holeLimit} then (${messages("$2::bigint")}) else '[]' end),
      'members', (${members("$2::bigint")})
    ) end as changed
  from (
    select c.*, others.*
    from chats_now c
    cross join lateral (
      select count(*) as member_count, ${readByAll("c", "min(last_read_seq)")} as read_by_all
      from chat_members where chat_id = c.id and not removed
    ) others
    where c.id = $1::bigint
  ) chat`

interface ChangedRow {
  readonly version: number
  readonly changed: ChangedForMember | null
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
    since: Effect.fn("Changes.since")(function* (chat_id, user_id, cursor): Effect.fn.Return<Missed, Unavailable> {
      const [row] = yield* query<ChangedRow>(sinceStatement, [number(chat_id), number(user_id), number(cursor)])
      if (row === undefined) return { _tag: "Gone" }
      const { version, changed } = row
      if (changed === null || !isReplayable(version, cursor)) return { _tag: "Reset", version }
      return { _tag: "Replay", version, events: replay(changed, user_id, cursor) }
    }),
    hole: Effect.fn("Changes.hole")(function* (chat_id, after): Effect.fn.Return<Hole, Unavailable> {
      const [row] = yield* query<HoleRow>(holeStatement, [number(chat_id), number(after)])
      if (row === undefined) return { _tag: "Gone" }
      const { version, narrow, changed } = row
      if (changed === null) return { _tag: "Hole", version, events: [{ event: { _tag: "ChatDeleted", version } }] }
      return narrow
        ? { _tag: "Hole", version, events: changesAfter(changed, after) }
        : { _tag: "Wide", version, events: memberChanges(changed, after) }
    }),
  } satisfies Changes["Service"]
})
