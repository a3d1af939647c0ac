// Whom a user has found by the full user name, where not everybody can be found: the user may name them for a chat.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const statements = [
  `create table found_users (
    user_id bigint not null,
    found_id bigint not null,
    found_at timestamptz not null,
    primary key (user_id, found_id)
  )`,
  `create index found_users_found on found_users (found_id)`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
