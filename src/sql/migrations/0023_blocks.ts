// Blocks: which users have blocked a user is an index of their own state, and kinds of state may have a limit of their
// own, checked under the lock of the user's head.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { blockPrefix } from "../../domain/blocks.ts"

const statements = [
  `alter table user_state add column blocked_id bigint
    generated always as (case when key like '${blockPrefix}%' then substr(key, ${blockPrefix.length + 1})::bigint end) stored`,
  `create index user_state_blocked on user_state (blocked_id, user_id) where blocked_id is not null and value is not null`,
  // The keys of a kind are those that begin with its prefix.
  `create function put_limited_state(
    owner bigint, name text, content text, most bigint, kept bigint, prefix text, most_of_kind bigint
  ) returns table (outcome text, at bigint) language plpgsql as $$
  begin
    if content is not null then
      insert into user_heads (user_id, version) values (owner, 0) on conflict (user_id) do nothing;
      perform from user_heads h where h.user_id = owner for update;
      if not exists (select from user_state s where s.user_id = owner and s.key = name and s.value is not null)
        and (
          select count(*) from user_state s
          where s.user_id = owner and s.key > prefix and s.key < prefix || '~' and s.value is not null
        ) >= most_of_kind
      then
        return query select 'Full', most_of_kind;
        return;
      end if;
    end if;
    return query select * from put_state(owner, name, content, null, most, kept);
  end
  $$`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
