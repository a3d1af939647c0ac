// Who wrote in which block of a chat's messages, for exports. They add blocks when they first read them, so sending
// does not know of these tables. `blocks`: how many whole blocks are known, from the beginning of the chat.
// No foreign key from `sender_blocks`, which would be looked up for each row; the rows go with the chat's messages.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const statements = [
  `create table sender_heads (
    chat_id bigint primary key references chats on delete cascade,
    blocks bigint not null
  )`,
  `create table sender_blocks (
    chat_id bigint not null,
    user_id bigint not null,
    block bigint not null,
    primary key (chat_id, user_id, block)
  )`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
