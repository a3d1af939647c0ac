// Who has read a chat so that others did not see it: their readings are answered by that mark too. Few rows, and none of the
// columns is one that sending or reading by the actor changes.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql.unsafe(`create index chat_members_private_readers on chat_members (user_id) where private_read_seq > 0`)
})
