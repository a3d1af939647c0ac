// Digests of first texts are keyed from now on. Those from before are plain hashes, of 43 characters, which let anybody who reads the
// database try what a text may have been; they are found by this index, which is empty once they have been keyed (services/Housekeeping).
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql.unsafe(`create index messages_bare_digest on messages (id) where length(original_digest) = 43`)
})
