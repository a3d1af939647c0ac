// A session is one row, whatever it is used: it counts its refresh tokens (`generation`), and keeps the hash of the current one, the
// key that makes each token's successor and that older ones are known by, and when the last few were used. Sessions from before
// have generation 0; their tokens stay good and are looked up in `refresh_tokens`, into which nothing is written any more.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const statements = [
  `alter table sessions
    add column generation integer not null default 0,
    add column refresh_hash bytea,
    add column refresh_key bytea,
    add column refreshed_at timestamptz[] not null default '{}'`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
