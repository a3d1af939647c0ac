// How far a device of a private chat's member has received the messages of the other one. A table of its own: nothing that
// a commit locks is written here.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    create table delivered_marks (
      chat_id bigint not null references chats (id) on delete cascade,
      user_id bigint not null references users (id) on delete cascade,
      seq bigint not null,
      primary key (chat_id, user_id)
    )`
})
