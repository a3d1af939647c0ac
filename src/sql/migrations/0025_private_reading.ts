// Reading that others do not see: how far a member has read so (chats/privateReads), and which users want it. And
// `replace_state` also sets a key that has no value, if it still has none.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { hidesReading } from "../../domain/ReadReceipts.ts"

const statements = [
  `alter table chat_members add column private_read_seq bigint not null default 0`,
  `create index user_state_private_readers on user_state (user_id) where key = 'settings' and value like '%${hidesReading}%'`,
  `create or replace function replace_state(
    owner bigint, name text, former text, content text, of_chat bigint, most bigint, kept bigint
  ) returns table (outcome text, at bigint) language plpgsql as $$
  begin
    insert into user_heads (user_id, version) values (owner, 0) on conflict (user_id) do nothing;
    perform from user_heads h where h.user_id = owner for update;
    if (select s.value from user_state s where s.user_id = owner and s.key = name) is not distinct from former then
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
