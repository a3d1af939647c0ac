// Scheduled messages: values of their sender's state under `scheduled:`, each with a job. A job that was claimed once
// (attempts > 0) may have been sent: from then on the message is neither changed nor called off. All functions lock the
// user's head first, and the job afterwards, so that a claim and a change of the same message wait for each other.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const statements = [
  // The message that a scheduled one became; its value is null then.
  `alter table user_state add column message_id bigint`,

  // former null: the key is new; content null: it is called off.
  `create function put_scheduled(
    owner bigint, name text, former text, content text, due timestamptz, most bigint, most_scheduled bigint, kept bigint
  ) returns table (outcome text, at bigint) language plpgsql as $$
  declare
    present user_state%rowtype;
    tried integer;
    written record;
  begin
    insert into user_heads (user_id, version) values (owner, 0) on conflict (user_id) do nothing;
    perform from user_heads h where h.user_id = owner for update;
    select * into present from user_state s where s.user_id = owner and s.key = name;
    if present.message_id is not null then
      return query select 'Begun', present.message_id;
      return;
    end if;
    if content is not null and present.value is distinct from former then
      return query select 'Stale', 0::bigint;
      return;
    end if;
    -- No condition on attempts here: the row is read again after waiting for a claim.
    select j.attempts into tried from jobs j
      where j.kind = 'scheduled_message' and j.user_id = owner and j.key = name for update;
    if tried > 0 then
      return query select 'Begun', null::bigint;
      return;
    end if;
    if content is not null and former is null and (
      select count(*) from user_state s where s.user_id = owner and s.key like 'scheduled:%' and s.value is not null
    ) >= most_scheduled then
      return query select 'Full', most_scheduled;
      return;
    end if;
    select p.outcome, p.at into written from put_state(owner, name, content, null, most, kept) p;
    if written.outcome = 'Changed' then
      if content is null then
        delete from jobs j where j.kind = 'scheduled_message' and j.user_id = owner and j.key = name;
      else
        insert into jobs (kind, user_id, key, due_at) values ('scheduled_message', owner, name, due)
          on conflict (kind, user_id, key) do update set due_at = excluded.due_at;
      end if;
    end if;
    return query select written.outcome, written.at;
  end
  $$`,

  // former: the value that was sent; content: the same with its refusal; sent: the message, or null.
  `create function end_scheduled(
    owner bigint, name text, former text, content text, sent bigint, most bigint, kept bigint
  ) returns table (outcome text, at bigint) language plpgsql as $$
  begin
    perform from user_heads h where h.user_id = owner for update;
    if not exists (select from user_state s where s.user_id = owner and s.key = name and s.value = former) then
      return query select 'Stale', 0::bigint;
      return;
    end if;
    return query select * from put_state(owner, name, content, null, most, kept);
    update user_state s set message_id = sent where s.user_id = owner and s.key = name;
    delete from jobs j where j.kind = 'scheduled_message' and j.user_id = owner and j.key = name;
  end
  $$`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
