// The StateStore over PostgreSQL.
import { Effect } from "effect"
import { blockPrefix } from "../../domain/blocks.ts"
import { unreadMark } from "../../domain/ChatSettings.ts"
import type { UserId } from "../../domain/Ids.ts"
import { hidesReading } from "../../domain/ReadReceipts.ts"
import { maxBlocks, maxStateKeys } from "../../kinds/StateKinds.ts"
import { Database } from "../database/Database.ts"
import { instant, number, numberOrNull, numbers, text } from "../database/params.ts"
import {
  blockJobAfterMillis,
  mostBlockers,
  type StateEntry,
  type StateRemoval,
  type StateStanding,
  type StateStoreShape,
  type StateWritten,
  type UnreadMark,
} from "./shape.ts"
import { keptVersions, maxStateReplay } from "./stateHistory.ts"

const writeStatement = `
  select outcome, at::float8 from
  put_state($1::bigint, $2::text, $3::text, $4::bigint, ${maxStateKeys}, ${keptVersions})`

// The job covers a server that dies before the chat has read the block.
const blockStatement = `
  with put as materialized (
    select outcome, at from put_limited_state(
      $1::bigint, '${blockPrefix}' || $2::bigint, $3::text, ${maxStateKeys}, ${keptVersions}, '${blockPrefix}', ${maxBlocks}
    )
  ), job as (
    insert into jobs (kind, user_id, key, due_at)
    select 'block', $1::bigint, ($2::bigint)::text, $4::timestamptz from put where outcome = 'Changed'
    on conflict (kind, user_id, key) do update set due_at = excluded.due_at, attempts = 0, claim = null
  )
  select outcome, at::float8 from put`

const replaceStatement = `
  select outcome, at::float8 from
  replace_state($1::bigint, $2::text, $3::text, $4::text, $5::bigint, ${maxStateKeys}, ${keptVersions})`

// The conditions are those of the indexes.
const privateReadersStatement = `
  (select user_id::float8 from user_state
   where key = 'settings' and value like '%${hidesReading}%' and user_id > $1::bigint order by user_id limit $2::bigint)
  union
  (select distinct user_id::float8 from chat_members
   where private_read_seq > 0 and user_id > $1::bigint order by user_id limit $2::bigint)
  order by user_id limit $2::bigint`

const unreadMarksStatement = `
  select user_id::float8, chat_id::float8 from user_state
  where chat_id is not null and key like 'chat:%' and value like '%${unreadMark}%'
    and (user_id, chat_id) > ($1::bigint, $2::bigint) and ($3::bigint is null or user_id = $3::bigint)
  order by user_id, chat_id limit $4::bigint`

const entry = `s.key, s.value, s.version::float8`

const getStatement = `select ${entry} from user_state s where s.user_id = $1::bigint and s.key = $2::text and s.value is not null`

/** At least one row, which has the version of the stream. */
const pageStatement = `
  select ${entry}, coalesce((select h.version from user_heads h where h.user_id = $1::bigint), 0)::float8 as head
  from (select) nobody left join lateral (
    select * from user_state where user_id = $1::bigint and value is not null
      and key > $3::text and key >= $2::text and starts_with(key, $2::text)
    order by key limit $4::bigint
  ) s on true
  order by s.key`

/** `missed`: the number of changes, counted up to one more than a replay sends. */
const sinceStatement = `
  select ${entry}, coalesce(h.version, 0)::float8 as head, coalesce(h.purged_version, 0)::float8 as purged,
    case when $4::boolean then (
      select count(*)::float8 from (
        select from user_state where user_id = $1::bigint and version > $2::bigint limit ${maxStateReplay + 1}
      ) changes
    ) else 0 end as missed
  from (select) nobody left join user_heads h on h.user_id = $1::bigint
  left join lateral (
    select * from user_state where user_id = $1::bigint and version > $2::bigint order by version limit $3::bigint
  ) s on true
  order by s.version`

const standingsStatement = `
  select k.id as user_id, coalesce(h.version, 0)::float8 as version, by.blockers
  from unnest($1::float8[]) as k(id)
  left join lateral (select version from user_heads where user_id = k.id::bigint offset 0) h on true
  cross join lateral (
    select coalesce(array_agg(user_id::float8), '{}') as blockers from (
      select user_id from user_state
      where blocked_id = k.id::bigint and blocked_id is not null and value is not null limit ${mostBlockers}
    ) theirs
  ) by`

/** Locks users' heads in the order of their ids, which avoids deadlocks between two of these. */
const removing = (found: string): string => `
  select found.user_id::float8, found.key, put.at::float8 as version
  from (${found} order by user_id, key) found
  cross join lateral put_state(found.user_id, found.key, null, found.chat_id, 0, ${keptVersions}) put
  where put.outcome = 'Changed'`

const forgetChatStatement = removing(`
  select user_id, key, chat_id from user_state
  where chat_id = $1::bigint and value is not null
    and ($2::float8[] is null or user_id = any($2::float8[]::bigint[]))`)

const unblockStatement = removing(`
  select * from (
    select user_id, key, chat_id from user_state
    where blocked_id = $1::bigint and blocked_id is not null and value is not null order by user_id limit $2::bigint
  ) theirs`)

interface Written {
  readonly outcome: "Changed" | "Same" | "Full"
  readonly at: number
}

const written = ({ at, outcome }: Written): StateWritten =>
  outcome === "Full" ? { _tag: outcome, most: at } : { _tag: outcome, version: at }

interface Maybe {
  readonly key: string | null
  readonly value: string | null
  readonly version: number
  readonly head: number
}

const entries = (rows: ReadonlyArray<Maybe>): ReadonlyArray<StateEntry> =>
  rows.flatMap(({ key, value, version }) => (key === null ? [] : [{ key, value, version }]))

export const makeState = Effect.gen(function* () {
  const { query } = yield* Database
  return {
    write: Effect.fn("State.write")(function* ({ chat_id, key, user_id, value }) {
      const params = [number(user_id), text(key), text(value), numberOrNull(chat_id)]
      const [row] = yield* query<Written>(writeStatement, params)
      return written(row!)
    }),
    block: Effect.fn("State.block")(function* ({ at, blocked_id, on, user_id }) {
      const params = [number(user_id), number(blocked_id), text(on ? "{}" : null), instant(at + blockJobAfterMillis)]
      const [row] = yield* query<Written>(blockStatement, params)
      return written(row!)
    }),
    replace: Effect.fn("State.replace")(function* ({ chat_id, key, user_id, value }, former) {
      const [row] = yield* query<Written | { readonly outcome: "Stale" }>(replaceStatement, [
        number(user_id),
        text(key),
        text(former),
        text(value),
        numberOrNull(chat_id),
      ])
      return row!.outcome === "Stale" ? { _tag: "Stale" } : written(row!)
    }),
    privateReaders: Effect.fn("State.privateReaders")((after, limit) =>
      Effect.map(
        query<{ readonly user_id: UserId }>(privateReadersStatement, [number(after), number(limit)]),
        (found) => found.map(({ user_id }) => user_id),
      ),
    ),
    unreadMarks: Effect.fn("State.unreadMarks")((after, limit, of) =>
      query<UnreadMark>(unreadMarksStatement, [
        number(after?.user_id ?? of ?? 0),
        number(after?.chat_id ?? 0),
        numberOrNull(of ?? null),
        number(limit),
      ]),
    ),
    get: Effect.fn("State.get")((user_id, key) =>
      Effect.map(query<StateEntry>(getStatement, [number(user_id), text(key)]), ([found]) => found),
    ),
    page: Effect.fn("State.page")(function* (user_id, { after, limit, prefix }) {
      const rows = yield* query<Maybe>(pageStatement, [number(user_id), text(prefix), text(after), number(limit)])
      return { items: entries(rows), version: rows[0]?.head ?? 0 }
    }),
    since: Effect.fn("State.since")(function* (user_id, after, most, isFirst) {
      const rows = yield* query<Maybe & { readonly purged: number; readonly missed: number }>(sinceStatement, [
        number(user_id),
        number(after),
        number(most),
        isFirst,
      ])
      const { head = 0, missed = 0, purged = 0 } = rows[0] ?? {}
      return after > head || (after < purged && after < head) || missed > maxStateReplay
        ? { _tag: "Reset", version: head }
        : { _tag: "Changes", items: entries(rows), version: head }
    }),
    standings: Effect.fn("State.standings")((user_ids) =>
      query<StateStanding>(standingsStatement, [numbers(user_ids)]),
    ),
    forgetChat: Effect.fn("State.forgetChat")((chat_id, user_ids) =>
      query<StateRemoval>(forgetChatStatement, [number(chat_id), user_ids === undefined ? null : numbers(user_ids)]),
    ),
    unblock: Effect.fn("State.unblock")((user_id, limit) =>
      query<StateRemoval>(unblockStatement, [number(user_id), number(limit)]),
    ),
  } satisfies StateStoreShape
})
