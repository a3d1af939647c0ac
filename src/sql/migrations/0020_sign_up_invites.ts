// Codes that admit new users where sign-up is not open to everybody. Only their hashes are stored.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const statements = [
  `create table sign_up_invites (
    id bigint generated always as identity primary key,
    code_hash bytea not null unique,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    max_uses integer not null,
    uses integer not null default 0,
    check (uses between 0 and max_uses)
  )`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
