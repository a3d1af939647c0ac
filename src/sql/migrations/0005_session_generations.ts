// A session is one row, however often it is used: it counts its refresh tokens (`generation`), and stores the hash of
// the current one, the key that derives each successor and recognises older ones, and the times of the last few uses.
// Earlier sessions have generation 0; their tokens stay valid and are looked up in `refresh_tokens`, which is no longer
// written.
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
