// The texts that edits replaced, each under the version of its edit. They are removed with their message's text.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const statements = [
  // user_id: the sender of the message, for the export.
  `create table message_edits (
    message_id bigint not null,
    version bigint not null,
    user_id bigint not null,
    text text not null,
    at timestamptz not null,
    primary key (message_id, version)
  )`,
  `create index message_edits_user on message_edits (user_id, message_id, version)`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
