// Accounts can be deleted: the row stays, for members who still see its messages, without personal data. `departed_at`:
// all groups are left and all peers informed. The audit log has no foreign key to users: it outlives them.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const statements = [
  `alter table users
    alter column username_key drop not null,
    alter column email drop not null,
    alter column email_key drop not null,
    alter column display_name_key drop not null,
    alter column password_hash drop not null,
    add column deleted_at timestamptz,
    add column departed_at timestamptz`,
  `create index users_departing on users (id) where deleted_at is not null and departed_at is null`,
  // A user's messages are found by the chats of which they are or were a member.
  `create index chat_members_left on chat_members (user_id, chat_id) where removed`,

  `create table audit_log (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    event text not null,
    user_id bigint,
    session_id uuid,
    address text,
    user_agent text,
    request_id text,
    count integer not null default 1
  )`,
  `create index audit_log_at on audit_log (at)`,
  `create index audit_log_of_user on audit_log (user_id, id) where user_id is not null`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
