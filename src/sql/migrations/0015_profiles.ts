// What users show besides their names (domain/User), and saved chats: the chat of a user with themselves, a pair of one.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const statements = [
  `alter table users add column info jsonb not null default '{}'`,

  `alter table chats drop constraint chats_type_check`,
  `alter table chats drop constraint chats_check`,
  `alter table chats add constraint chats_type_check check (type in ('private', 'group', 'saved'))`,
  `alter table chats add constraint chats_pair_check check ((type <> 'group') = (pair_low is not null and pair_high is not null))`,
  `alter table chats add constraint chats_saved_check check ((type = 'saved') = (pair_low is not distinct from pair_high and pair_low is not null))`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
