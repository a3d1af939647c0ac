// Digests of first texts are keyed from now on. Earlier ones are plain hashes of 43 characters, which let a reader of
// the database guess a text; this index finds them, and is empty once they are keyed (the job `old_digests`).
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql.unsafe(`create index messages_bare_digest on messages (id) where length(original_digest) = 43`)
})
