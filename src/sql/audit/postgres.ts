// The AuditLog over PostgreSQL.
import { Effect } from "effect"
import { millis } from "../database/columns.ts"
import { Database } from "../database/Database.ts"
import { instant, instants, number, numbers, texts } from "../database/params.ts"
import type { AuditLogShape, KeptEntry } from "./shape.ts"

const appendStatement = `
  insert into audit_log (at, event, user_id, session_id, address, user_agent, request_id, count)
  select u.at, u.event, u.user_id::bigint, u.session_id::uuid, u.address, u.user_agent, u.request_id, u.count::integer
  from unnest($1::timestamptz[], $2::text[], $3::float8[], $4::text[], $5::text[], $6::text[], $7::text[], $8::float8[])
    with ordinality as u(at, event, user_id, session_id, address, user_agent, request_id, count, place)
  order by u.place`

// A range of the index, in its order: with `user_id = …` the planner may read the entries of all users by id to find
// the first few.
const ofUserStatement = `
  select id::float8, ${millis("a.at")} as at, event, user_id::float8, session_id::text, address, user_agent, request_id, count
  from audit_log a
  where user_id is not null and (user_id, id) > ($1::bigint, $2::bigint) and (user_id, id) < ($1::bigint + 1, 0)
  order by a.user_id, id limit $3::bigint`

const purgeStatement = `
  with gone as (
    delete from audit_log where id in (select id from audit_log where at < $1 order by at limit $2::bigint) returning 1
  )
  select count(*)::float8 from gone`

export const makeAuditLog = Effect.gen(function* () {
  const { query } = yield* Database
  return {
    append: Effect.fn("AuditLog.append")((entries) =>
      Effect.asVoid(
        query(appendStatement, [
          instants(entries.map(({ at }) => at)),
          texts(entries.map(({ event }) => event)),
          numbers(entries.map(({ user_id }) => user_id)),
          texts(entries.map(({ session_id }) => session_id)),
          texts(entries.map(({ address }) => address)),
          texts(entries.map(({ user_agent }) => user_agent)),
          texts(entries.map(({ request_id }) => request_id)),
          numbers(entries.map(({ count }) => count)),
        ]),
      ),
    ),
    ofUser: Effect.fn("AuditLog.ofUser")((user_id, after, limit) =>
      query<KeptEntry>(ofUserStatement, [number(user_id), number(after), number(limit)]),
    ),
    purge: Effect.fn("AuditLog.purge")((before, limit) =>
      Effect.map(
        query<{ readonly count: number }>(purgeStatement, [instant(before), number(limit)]),
        ([row]) => row?.count ?? 0,
      ),
    ),
  } satisfies AuditLogShape
})
