// How far each follower has read each chat, and what it keeps of it. A chat without a row: it has read nothing of it.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const statements = [
  `create table follower_cursors (
    follower text collate "C" not null,
    chat_id bigint not null references chats on delete cascade,
    version bigint not null,
    state jsonb not null,
    primary key (follower, chat_id)
  )`,
  // For the deletion of chats.
  `create index follower_cursors_chat on follower_cursors (chat_id)`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
