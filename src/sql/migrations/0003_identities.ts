// Users of another issuer, by its identifier; and their sessions, found by `foreign_key`, a digest that identifies one
// of a user's sessions. At most one session with a key is not ended.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const statements = [
  `create table identities (
    issuer text collate "C" not null,
    subject text collate "C" not null,
    user_id bigint not null,
    primary key (issuer, subject)
  )`,
  `create index identities_of_user on identities (user_id)`,
  `alter table sessions add column foreign_key bytea`,
  `create unique index sessions_foreign on sessions (foreign_key) where foreign_key is not null and ended_at is null`,
  `create index sessions_foreign_ended on sessions (foreign_key, ended_at) where foreign_key is not null`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
