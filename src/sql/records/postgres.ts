// The RecordStore over PostgreSQL.
import { Effect } from "effect"
import { type UserColumns, userColumns, userOf } from "../database/columns.ts"
import { Database } from "../database/Database.ts"
import { number, numberOrNull, text } from "../database/params.ts"
import type { PinnedAt, RecordStoreShape } from "./shape.ts"

const pinsStatement = `
  select r.message_id::float8, r.user_id::float8, (r.body ->> 'at')::float8 as at
  from (select chat_id from chat_members where chat_id = $1::bigint and user_id = $2::bigint and not removed) own
  left join records r on r.stream = own.chat_id and r.kind = 'pin' and not r.removed
  order by at desc, r.message_id desc`

const reactionsStatement = `
  select ${userColumns("u")}, e.key as emoji, e.value::float8 as at
  from records r
  cross join lateral jsonb_each(r.body) e
  join users u on u.id = r.user_id
  where r.message_id = $1::bigint and r.kind = 'reaction' and not r.removed
    and ($2::text is null or e.key = $2::text)
    and ($3::float8 is null or (e.value::float8, r.user_id::float8, e.key collate "C") < ($3::float8, $4::float8, $5::text))
  order by e.value::float8 desc, r.user_id desc, e.key collate "C" desc
  limit $6::bigint`

export const makeRecords = Effect.gen(function* () {
  const { query } = yield* Database
  return {
    pins: Effect.fn("Records.pins")(function* (chat_id, reader) {
      const rows = yield* query<PinnedAt>(pinsStatement, [number(chat_id), number(reader)])
      if (rows.length === 0) return undefined
      return rows.flatMap(({ at, message_id, user_id }) => (message_id === null ? [] : [{ at, message_id, user_id }]))
    }),
    reactions: Effect.fn("Records.reactions")(function* (message_id, emoji, before, limit) {
      const rows = yield* query<UserColumns & { readonly emoji: string; readonly at: number }>(reactionsStatement, [
        number(message_id),
        text(emoji ?? null),
        numberOrNull(before?.at ?? null),
        numberOrNull(before?.user_id ?? null),
        text(before?.emoji ?? null),
        number(limit),
      ])
      return rows.map(({ emoji, at, ...user }) => ({ user: userOf(user), emoji, at }))
    }),
  } satisfies RecordStoreShape
})
