// Own state of users: values under keys, and one version for each user. The function is one transaction that locks the
// user's head before it reads, so that versions are in the order of commits, equal values are detected and limits hold.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const statements = [
  `create table user_heads (
    user_id bigint primary key,
    version bigint not null,
    purged_version bigint not null default 0
  )`,
  // value: JSON text, the same for equal values; null: the key was removed at this version.
  `create table user_state (
    user_id bigint not null,
    key text collate "C" not null,
    value text,
    version bigint not null,
    chat_id bigint,
    primary key (user_id, key)
  )`,
  `create index user_state_version on user_state (user_id, version)`,
  `create index user_state_chat on user_state (chat_id, user_id) where chat_id is not null and value is not null`,
  `create function put_state(
    owner bigint, name text, content text, of_chat bigint, most bigint, kept bigint
  ) returns table (outcome text, at bigint) language plpgsql as $$
  declare
    head bigint;
    former user_state%rowtype;
  begin
    insert into user_heads (user_id, version) values (owner, 0) on conflict (user_id) do nothing;
    select h.version into head from user_heads h where h.user_id = owner for update;
    select * into former from user_state s where s.user_id = owner and s.key = name;
    if former.value is not distinct from content then
      return query select 'Same', coalesce(former.version, head);
      return;
    end if;
    if content is not null and former.value is null then
      if (select count(*) from user_state s where s.user_id = owner and s.value is not null) >= most then
        return query select 'Full', most;
        return;
      end if;
    end if;
    head := head + 1;
    update user_heads h set version = head where h.user_id = owner;
    insert into user_state as s (user_id, key, value, version, chat_id) values (owner, name, content, head, of_chat)
      on conflict (user_id, key) do update set value = excluded.value, version = excluded.version;
    if head % 1000 = 0 and head > kept then
      delete from user_state s where s.user_id = owner and s.value is null and s.version <= head - kept;
      update user_heads h set purged_version = head - kept where h.user_id = owner;
    end if;
    return query select 'Changed', head;
  end
  $$`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
