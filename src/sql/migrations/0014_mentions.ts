// For whom each message is a mention or a reply: counted in unread messages and listed by `GET /me/mentions`. Earlier
// replies get their rows here; mentions in earlier texts are not looked for.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const statements = [
  // user_id 0: all members of the group. is_reply: the message replies to one of this user.
  `create table mentions (
    user_id bigint not null,
    chat_id bigint not null,
    message_id bigint not null,
    is_reply boolean not null,
    primary key (user_id, chat_id, message_id)
  )`,
  `insert into mentions (user_id, chat_id, message_id, is_reply)
    select p.sender_id, m.chat_id, m.id, true from messages m join messages p on p.id = m.reply_to
    where m.thread_id is not null and p.sender_id <> m.sender_id and not m.deleted`,
  `create index mentions_message on mentions (message_id)`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
