// The FollowerStore over PostgreSQL.
import { Effect } from "effect"
import type { ChatId } from "../../domain/Ids.ts"
import { Database } from "../database/Database.ts"
import { number, text } from "../database/params.ts"
import type { FollowedChat, FollowerStoreShape } from "./shape.ts"

/** At least one row, which has `last`. */
const behindStatement = `
  with compared as materialized (
    select id from chats where id > $2::bigint order by id limit $3::bigint
  )
  select (select max(id) from compared)::float8 as last, b.*
  from (select) nobody
  left join (
    select s.id::float8 as chat_id, c.version::float8 as head, coalesce(f.version, 0)::float8 as version, f.state
    from compared s
    cross join lateral (select version, deleted_at from chats_now where id = s.id offset 0) c
    left join follower_cursors f on f.follower = $1::text and f.chat_id = s.id
    where c.deleted_at is null and c.version > coalesce(f.version, 0)
  ) b on true
  order by b.chat_id`

/** A cursor at 0 has no row yet. */
const advanceStatement = `
  insert into follower_cursors as f (follower, chat_id, version, state)
  select $1::text, id, $4::bigint, $5::jsonb from chats
  where id = $2::bigint and (
    $3::bigint = 0 or exists (select from follower_cursors where follower = $1::text and chat_id = $2::bigint)
  )
  on conflict (follower, chat_id) do update set version = excluded.version, state = excluded.state
  where f.version = $3::bigint
  returning 1`

type BehindRow = { readonly last: ChatId | null } & (FollowedChat | { readonly chat_id: null })

export const makeFollowers = Effect.gen(function* () {
  const { query } = yield* Database
  return {
    behind: Effect.fn("Followers.behind")(function* (follower, after, most) {
      const rows = yield* query<BehindRow>(behindStatement, [text(follower), number(after), number(most)])
      return {
        chats: rows.flatMap((row) => {
          if (row.chat_id === null) return []
          const { chat_id, head, state, version } = row
          return [{ chat_id, head, state, version }]
        }),
        last: rows[0]?.last ?? null,
      }
    }),
    advance: Effect.fn("Followers.advance")((follower, chat_id, from, to, state) =>
      Effect.map(
        query(advanceStatement, [
          text(follower),
          number(chat_id),
          number(from),
          number(to),
          text(JSON.stringify(state)),
        ]),
        (rows) => rows.length > 0,
      ),
    ),
    sum: Effect.fn("Followers.sum")(function* (follower, field) {
      const [row] = yield* query<{ readonly sum: number }>(
        `select coalesce(sum((state ->> $2::text)::bigint), 0)::float8 as sum from follower_cursors where follower = $1::text`,
        [text(follower), text(field)],
      )
      return row?.sum ?? 0
    }),
  } satisfies FollowerStoreShape
})
