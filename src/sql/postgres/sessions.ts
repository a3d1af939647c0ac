// The Sessions over PostgreSQL.
import { PgTypes } from "@effect/sql-pg"
import { Effect } from "effect"
import type { SessionId } from "../../domain/Ids.ts"
import { Database } from "../Database.ts"
import type { EndedSession, RotationResult, SessionOwner, SessionRow, Sessions } from "../Sessions.ts"
import { millis } from "./columns.ts"
import { instant, number, text } from "./params.ts"

// The token and its session are locked first, and seen as whoever held them before has left them: of two uses at once the
// second knows of the first. What follows is decided from that row alone.
const rotateStatement = `
  with token as (
    select t.hash, t.used_at, s.id, s.user_id
    from refresh_tokens t join sessions s on s.id = t.session_id
    where t.hash = $1 and t.expires_at > $3 and s.expires_at > $3 and s.ended_at is null
    for update of t, s
  ), verdict as (
    select *, used_at is null or $3 - used_at <= $5::float8 * interval '1 millisecond' as good from token
  ), used as (
    update refresh_tokens t set used_at = $3 from verdict v where t.hash = v.hash and v.used_at is null
  ), issued as (
    insert into refresh_tokens (hash, session_id, expires_at) select $2, id, $4 from verdict where good
  ), moved as (
    update sessions s set
      last_used_at = case when v.good then $3 else s.last_used_at end,
      expires_at = case when v.good then $4 else s.expires_at end,
      ended_at = case when v.good then null else $3 end
    from verdict v where s.id = v.id
  )
  select case when good then 'Rotated' else 'Reused' end as _tag, id::text as session_id, user_id::float8 from verdict`

export const makeSessions = Effect.gen(function* () {
  const { query } = yield* Database
  const unknown: RotationResult = { _tag: "Unknown" }

  return {
    create: Effect.fn("Sessions.create")((session) =>
      Effect.asVoid(
        query(
          `with session as (
             insert into sessions (id, user_id, user_agent, created_at, last_used_at, expires_at)
             values ($1, $2::bigint, $3, $4, $4, $5) returning id
           )
           insert into refresh_tokens (hash, session_id, expires_at) select $6, id, $5 from session`,
          [
            PgTypes.uuid(session.id),
            number(session.user_id),
            text(session.user_agent),
            instant(session.created_at),
            instant(session.expires_at),
            session.refresh_hash,
          ],
        ),
      ),
    ),
    rotate: Effect.fn("Sessions.rotate")((rotation) =>
      Effect.map(
        query<Exclude<RotationResult, { readonly _tag: "Unknown" }>>(rotateStatement, [
          rotation.refresh_hash,
          rotation.next_hash,
          instant(rotation.now),
          instant(rotation.expires_at),
          number(rotation.grace_ms),
        ]),
        ([result]) => result ?? unknown,
      ),
    ),
    ofToken: Effect.fn("Sessions.ofToken")((refresh_hash, now) =>
      Effect.map(
        query<SessionOwner>(
          `select s.id::text as session_id, s.user_id::float8 from refresh_tokens t join sessions s on s.id = t.session_id
           where t.hash = $1 and t.expires_at > $2 and s.expires_at > $2 and s.ended_at is null`,
          [refresh_hash, instant(now)],
        ),
        ([row]) => row,
      ),
    ),
    list: Effect.fn("Sessions.list")((user_id, now) =>
      query<SessionRow>(
        `select id::text, user_agent, ${millis("created_at")} as created_at, ${millis("last_used_at")} as last_used_at
         from sessions where user_id = $1::bigint and ended_at is null and expires_at > $2
         order by sessions.last_used_at desc, sessions.created_at desc, sessions.id`,
        [number(user_id), instant(now)],
      ),
    ),
    end: Effect.fn("Sessions.end")((user_id, { only, except }, now) =>
      Effect.map(
        query<{ readonly id: SessionId }>(
          `update sessions set ended_at = $4
           where user_id = $1::bigint and ended_at is null and ($2::uuid is null or id = $2) and ($3::uuid is null or id <> $3)
           returning id::text`,
          [number(user_id), PgTypes.uuid(only ?? null), PgTypes.uuid(except ?? null), instant(now)],
        ),
        (rows) => rows.map((row) => row.id),
      ),
    ),
    endedSince: Effect.fn("Sessions.endedSince")((since) =>
      query<EndedSession>(
        `select id::text, ${millis("ended_at")} as ended_at from sessions where sessions.ended_at >= $1`,
        [instant(since)],
      ),
    ),
    purge: Effect.fn("Sessions.purge")((before) =>
      Effect.map(
        query<{ readonly count: number }>(
          `with stale as (delete from refresh_tokens where expires_at < $1),
             gone as (delete from sessions where ended_at < $1 or expires_at < $1 returning 1)
           select count(*)::int from gone`,
          [instant(before)],
        ),
        ([row]) => row?.count ?? 0,
      ),
    ),
  } satisfies Sessions["Service"]
})
