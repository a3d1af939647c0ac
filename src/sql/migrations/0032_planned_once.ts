// Functions that hot statements call, in a language whose plans a session keeps. Before PostgreSQL 18, functions in `sql`
// are planned again for each statement that calls them, at four times the cost of running them.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { largeGroup } from "../../domain/Chat.ts"

const statements = [
  `create or replace function read_by_all(of_chat bigint) returns bigint language plpgsql stable as $$
  begin
    return (
      select case when c.member_count > ${largeGroup} then c.lowest_read_seq else (
        select min(greatest(m.last_read_seq, sent.seq))
        from chat_members m left join unfolded sent on sent.chat_id = m.chat_id and sent.user_id = m.user_id
        where m.chat_id = of_chat and not m.removed
      ) end from chats c where c.id = of_chat
    );
  end
  $$`,

  // Volatile, so that it sees commits that happened while its statement waited for a lock.
  `create or replace function newest_seq(of_chat bigint) returns bigint language plpgsql volatile as $$
  begin
    return (select coalesce(max(seq), 0) from messages where chat_id = of_chat);
  end
  $$`,

  `create or replace function reactions_json(of_message bigint, reader bigint) returns text language plpgsql stable as $$
  begin
    return (
      select coalesce(
        ',"reactions":[' || string_agg('{"emoji":' || to_json(emoji)::text || ',"count":' || count || '}', ',' order by since, emoji collate "C") || ']'
          || case when bool_or(mine is not null)
            then ',"my_reactions":[' || string_agg(to_json(emoji)::text, ',' order by mine, emoji collate "C") filter (where mine is not null) || ']'
            else '' end,
        '')
      from (
        select e.key as emoji, count(*) as count, min(e.value::float8) as since,
          min(e.value::float8) filter (where r.user_id = reader) as mine
        from records r cross join lateral jsonb_each(r.body) e
        where r.message_id = of_message and r.kind = 'reaction' and not r.removed
        group by e.key
      ) tallies
    );
  end
  $$`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
