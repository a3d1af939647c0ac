// The SessionStore over PostgreSQL.
import { PgTypes } from "@effect/sql-pg"
import { Effect } from "effect"
import type { SessionId } from "../../domain/Ids.ts"
import { millis } from "../database/columns.ts"
import { Database } from "../database/Database.ts"
import { instant, instants, number, text } from "../database/params.ts"
import type { EndedSession, RefreshState, SessionRow, SessionStoreShape, UncountedToken } from "./shape.ts"

const refreshStateStatement = `
  select user_id::float8, ${millis("s.created_at")} as created_at, generation, refresh_hash, refresh_key, array(
    select ${millis("used.at")} from unnest(s.refreshed_at) with ordinality as used(at, place) order by used.place
  ) as refreshed_at
  from sessions s where id = $1 and ended_at is null and expires_at > $2`

// The generation decides: of two concurrent uses the second finds another generation, and reads again.
const advanceStatement = `
  update sessions set generation = generation + 1, refresh_hash = $3, refresh_key = $4, refreshed_at = $5,
    last_used_at = $6, expires_at = $7
  where id = $1 and generation = $2::integer and ended_at is null returning 1`

export const makeSessions = Effect.gen(function* () {
  const { query } = yield* Database

  return {
    create: Effect.fn("SessionStore.create")((session) =>
      Effect.asVoid(
        query(
          `insert into sessions
             (id, user_id, user_agent, created_at, last_used_at, expires_at, generation, refresh_hash, refresh_key)
           values ($1, $2::bigint, $3, $4, $4, $5, 1, $6, $7)`,
          [
            PgTypes.uuid(session.id),
            number(session.user_id),
            text(session.user_agent),
            instant(session.created_at),
            instant(session.expires_at),
            session.refresh_hash,
            session.refresh_key,
          ],
        ),
      ),
    ),
    refreshState: Effect.fn("SessionStore.refreshState")((id, now) =>
      Effect.map(query<RefreshState>(refreshStateStatement, [PgTypes.uuid(id), instant(now)]), ([row]) => row),
    ),
    advance: Effect.fn("SessionStore.advance")((advance) =>
      Effect.map(
        query(advanceStatement, [
          PgTypes.uuid(advance.id),
          number(advance.generation),
          advance.refresh_hash,
          advance.refresh_key,
          instants(advance.refreshed_at),
          instant(advance.now),
          instant(advance.expires_at),
        ]),
        (rows) => rows.length > 0,
      ),
    ),
    uncounted: Effect.fn("SessionStore.uncounted")((token_hash, now) =>
      Effect.map(
        query<UncountedToken>(
          `select session_id::text, ${millis("used_at")} as used_at from refresh_tokens where hash = $1 and expires_at > $2`,
          [token_hash, instant(now)],
        ),
        ([row]) => row,
      ),
    ),
    list: Effect.fn("SessionStore.list")((user_id, now) =>
      query<SessionRow>(
        `select id::text, user_agent, ${millis("created_at")} as created_at, ${millis("last_used_at")} as last_used_at
         from (select * from sessions where user_id = $1::bigint and ended_at is null offset 0) own
         where expires_at > $2
         order by own.last_used_at desc, own.created_at desc, own.id`,
        [number(user_id), instant(now)],
      ),
    ),
    end: Effect.fn("SessionStore.end")((user_id, { only, except }, now) =>
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
    endedSince: Effect.fn("SessionStore.endedSince")((since) =>
      query<EndedSession>(
        `select id::text, ${millis("ended_at")} as ended_at from sessions where sessions.ended_at >= $1`,
        [instant(since)],
      ),
    ),
    purge: Effect.fn("SessionStore.purge")((before) =>
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
  } satisfies SessionStoreShape
})
