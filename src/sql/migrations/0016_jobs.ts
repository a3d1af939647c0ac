// Work that is due at a time: one row for each job, which is also its lock. Account deletions under way become jobs.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const statements = [
  // user_id 0: nobody's. claim: the node that runs the job, until due_at; null: nobody runs it.
  `create table jobs (
    kind text not null,
    user_id bigint not null default 0,
    key text collate "C" not null default '',
    due_at timestamptz not null,
    attempts integer not null default 0,
    claim bigint,
    primary key (kind, user_id, key)
  )`,
  `create index jobs_due on jobs (due_at)`,
  `create unique index jobs_claim on jobs (claim) where claim is not null`,
  `create sequence job_claims`,
  `insert into jobs (kind, user_id, due_at)
   select 'account_deletion', id, deleted_at from users where deleted_at is not null and departed_at is null`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
