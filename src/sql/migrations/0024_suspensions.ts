// An operator may suspend an account: nobody can log in to it until it is resumed.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`alter table users add column suspended_at timestamptz`
})
