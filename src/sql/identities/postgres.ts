// The IdentityStore over PostgreSQL.
import { PgTypes } from "@effect/sql-pg"
import { Effect } from "effect"
import type { SessionId, UserId } from "../../domain/Ids.ts"
import { millis } from "../database/columns.ts"
import { Database } from "../database/Database.ts"
import { instant, number, text } from "../database/params.ts"
import { createUser, newUserParams, orTaken } from "../users/postgres.ts"
import type { ForeignSession, IdentityStoreShape } from "./shape.ts"

const createStatement = `
  with ${createUser(3, "id")}
  insert into identities (issuer, subject, user_id) select $1, $2, id from made returning user_id::float8`

// If a concurrent transaction ends or opens the session first, this returns no row, and the next read shows which it
// was.
const arriveStatement = `
  with latest as (
    select id, ended_at from sessions where foreign_key = $1 order by ended_at desc nulls first limit 1
  ), over as (
    update sessions s set ended_at = $6 from latest l
    where s.id = l.id and l.ended_at is null and s.ended_at is null and s.created_at <= $8
  ), moved as (
    update sessions s set last_used_at = greatest(s.last_used_at, $6), expires_at = greatest(s.expires_at, $7)
    from latest l where s.id = l.id and l.ended_at is null and s.ended_at is null and s.created_at > $8
    returning s.id, s.created_at
  ), opened as (
    insert into sessions (id, user_id, user_agent, created_at, last_used_at, expires_at, foreign_key)
    select $2, u.id, $4, $6, $6, $7, $1 from users u
    where u.id = $3::bigint and u.deleted_at is null and u.suspended_at is null
      and not exists (select from latest where ended_at is null or ended_at >= $5)
    on conflict (foreign_key) where foreign_key is not null and ended_at is null do nothing
    returning id, created_at
  )
  select id::text, ${millis("created_at")} as created_at
  from (select id, created_at from moved union all select id, created_at from opened) found`

export const makeIdentities = Effect.gen(function* () {
  const { attempt, query } = yield* Database

  return {
    find: Effect.fn("IdentityStore.find")(({ issuer, subject }) =>
      Effect.map(
        query<{ readonly user_id: UserId }>(
          `select user_id::float8 from identities where issuer = $1 and subject = $2`,
          [text(issuer), text(subject)],
        ),
        ([row]) => row?.user_id,
      ),
    ),
    create: Effect.fn("IdentityStore.create")(({ issuer, subject }, user) =>
      attempt<{ readonly user_id: UserId }>(createStatement, [
        text(issuer),
        text(subject),
        ...newUserParams(user),
      ]).pipe(
        Effect.map(([row]) => row?.user_id),
        Effect.catch((error) =>
          error.reason._tag === "UniqueViolation" && error.reason.constraint === "identities_pkey"
            ? Effect.undefined
            : orTaken(error),
        ),
      ),
    ),
    hasEnded: Effect.fn("IdentityStore.hasEnded")((key, issued_at) =>
      Effect.map(
        query<{ readonly id: SessionId }>(
          `select id::text from sessions where foreign_key = $1 and ended_at >= $2 limit 1`,
          [key, instant(issued_at)],
        ),
        (rows) => rows.length > 0,
      ),
    ),
    arrive: Effect.fn("IdentityStore.arrive")((arrival) => {
      const { expires_at, id, issued_at, key, now, opened_after, user_agent, user_id } = arrival
      const look = query<ForeignSession>(arriveStatement, [
        key,
        PgTypes.uuid(id),
        number(user_id),
        text(user_agent),
        instant(issued_at),
        instant(now),
        instant(expires_at),
        instant(opened_after),
      ])
      const again = (rows: ReadonlyArray<ForeignSession>) => (rows.length > 0 ? Effect.succeed(rows) : look)
      return Effect.map(Effect.flatMap(look, again), ([row]) => row)
    }),
  } satisfies IdentityStoreShape
})
