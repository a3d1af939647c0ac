// The number of members, and in a large group how far all members have read, are written together with members and
// marks, so that readers never count members. `lowest_read_seq` is maintained only for groups of over 200
// (`largeGroup`): the chat's actor writes it with every commit that raises it. In smaller chats it is not read.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { largeGroup } from "../../domain/Chat.ts"

const statements = [
  `alter table chats
    add column member_count integer not null default 0,
    add column lowest_read_seq bigint not null default 0`,

  `create or replace view chats_now as
    select c.id, c.created_by, c.created_at, c.type, c.name, c.name_version, c.pair_low, c.pair_high, c.deleted_at,
      c.last_seq as folded_seq,
      tip.seq as last_seq,
      c.version + tip.seq - c.last_seq as version,
      greatest(c.last_activity, (select created_at from messages where chat_id = c.id and seq = tip.seq)) as last_activity,
      c.member_count,
      c.lowest_read_seq
    from chats c
    cross join lateral (
      select greatest(c.last_seq, (select max(seq) from messages where chat_id = c.id)) as seq offset 0
    ) tip`,

  `update chats c set member_count = m.members, lowest_read_seq = case when m.members > ${largeGroup} then read_by_all(c.id) else 0 end
   from (select chat_id, count(*) as members from chat_members where not removed group by chat_id) m
   where m.chat_id = c.id`,

  `create or replace function read_by_all(of_chat bigint) returns bigint language sql stable as
    'select case when c.member_count > ${largeGroup} then c.lowest_read_seq else (
      select min(greatest(m.last_read_seq, sent.seq))
      from chat_members m left join unfolded sent on sent.chat_id = m.chat_id and sent.user_id = m.user_id
      where m.chat_id = of_chat and not m.removed
    ) end from chats c where c.id = of_chat'`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
