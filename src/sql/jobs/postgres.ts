// The JobStore over PostgreSQL.
import { Effect } from "effect"
import { jobNames } from "../../kinds/JobKinds.ts"
import { millis } from "../database/columns.ts"
import { Database } from "../database/Database.ts"
import { instant, number, numbers, texts } from "../database/params.ts"
import type { ClaimedJob, JobStoreShape } from "./shape.ts"

const ensureStatement = `
  insert into jobs (kind, due_at) select unnest($1::text[]), $2::timestamptz on conflict do nothing`

/** Not a condition of the primary key: jobs are read in the order of `jobs_due`. */
const isKnown = `kind || '' = any($4::text[])`

/** At most this many jobs are claimed at once, so that one of the first `reach` jobs is not claimed. */
const mostClaims = 100
const reach = mostClaims + 1

/**
 * Jobs of kinds that this release does not know are left to others. `skip locked`: nodes that look at the same moment
 * do not wait for each other. Rows are found by their place, because a join by key may be planned as a scan of all. At
 * least one row, which has `next`.
 */
const claimStatement = `
  with due as materialized (
    select ctid as place from jobs
    where due_at <= $1::timestamptz and ${isKnown}
    order by due_at limit $3::bigint for update skip locked
  ), claimed as (
    update jobs j set due_at = $2::timestamptz, attempts = attempts + 1, claim = nextval('job_claims')
    where j.ctid = any(array(select place from due))
    returning j.kind, j.user_id, j.key, j.claim::float8, j.attempts::float8 as attempt
  )
  select c.kind, nullif(c.user_id, 0)::float8 as user_id, c.key, c.claim, c.attempt, (
    select ${millis("min(f.due_at)")} from (
      select kind, user_id, key, due_at from jobs where ${isKnown} order by due_at limit ${reach}
    ) f
    where not exists (select from claimed t where (t.kind, t.user_id, t.key) = (f.kind, f.user_id, f.key))
  ) as next
  from (select) nobody left join claimed c on true`

const ofClaims = `claim = any($1::float8[]::bigint[])`

export const makeJobs = Effect.gen(function* () {
  const { query } = yield* Database
  const known = texts(jobNames)
  return {
    ensure: Effect.fn("Jobs.ensure")((kinds, due_at) =>
      Effect.asVoid(query(ensureStatement, [texts(kinds), instant(due_at)])),
    ),
    claim: Effect.fn("Jobs.claim")(function* (now, until, most) {
      type Row = { readonly next: number | null } & (ClaimedJob | { readonly kind: null })
      const rows = yield* query<Row>(claimStatement, [
        instant(now),
        instant(until),
        number(Math.min(most, mostClaims)),
        known,
      ])
      return {
        jobs: rows.flatMap((row) => {
          if (row.kind === null) return []
          const { attempt, claim, key, kind, user_id } = row
          return [{ kind, user_id, key, claim, attempt }]
        }),
        next: rows[0]?.next ?? null,
      }
    }),
    prolong: Effect.fn("Jobs.prolong")((claims, until) =>
      Effect.asVoid(
        query(`update jobs set due_at = $2::timestamptz where ${ofClaims}`, [numbers(claims), instant(until)]),
      ),
    ),
    finish: Effect.fn("Jobs.finish")((claim) =>
      Effect.asVoid(query(`delete from jobs where claim = $1::bigint`, [number(claim)])),
    ),
    postpone: Effect.fn("Jobs.postpone")((claim, due_at, failed) =>
      Effect.asVoid(
        query(
          `update jobs set due_at = $2::timestamptz, claim = null, attempts = case when $3::boolean then attempts else 0 end
           where claim = $1::bigint`,
          [number(claim), instant(due_at), failed],
        ),
      ),
    ),
    release: Effect.fn("Jobs.release")((claims, due_at) =>
      Effect.asVoid(
        query(`update jobs set due_at = $2::timestamptz, claim = null where ${ofClaims}`, [
          numbers(claims),
          instant(due_at),
        ]),
      ),
    ),
  } satisfies JobStoreShape
})
