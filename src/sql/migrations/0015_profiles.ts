// What users show besides their names (domain/User); saved chats: the chat of a user with themselves, a pair of one; and
// chats marked as unread, which reading clears: `replace_state` changes a value only while it is as it was read.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { unreadMark } from "../../domain/ChatSettings.ts"

const statements = [
  `alter table users add column info jsonb not null default '{}'`,

  `alter table chats drop constraint chats_type_check`,
  `alter table chats drop constraint chats_check`,
  `alter table chats add constraint chats_type_check check (type in ('private', 'group', 'saved'))`,
  `alter table chats add constraint chats_pair_check check ((type <> 'group') = (pair_low is not null and pair_high is not null))`,
  `alter table chats add constraint chats_saved_check check ((type = 'saved') = (pair_low is not distinct from pair_high and pair_low is not null))`,

  `create index user_state_unread on user_state (user_id, chat_id)
    where chat_id is not null and key like 'chat:%' and value like '%${unreadMark}%'`,
  `create function replace_state(
    owner bigint, name text, former text, content text, of_chat bigint, most bigint, kept bigint
  ) returns table (outcome text, at bigint) language plpgsql as $$
  begin
    perform from user_heads h where h.user_id = owner for update;
    if exists (select from user_state s where s.user_id = owner and s.key = name and s.value = former) then
      return query select * from put_state(owner, name, content, of_chat, most, kept);
    else
      return query select 'Stale', 0::bigint;
    end if;
  end
  $$`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
