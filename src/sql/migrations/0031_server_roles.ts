// An operator may give an account a role on the server. It gives no rights yet.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`alter table users add column server_role text check (server_role in ('admin'))`
})
