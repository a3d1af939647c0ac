// A block takes no version of its private chat, though an actor that has not read it may commit nothing: `fence` rises
// with it, and every commit names the fence that its actor has read.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const statements = [
  `alter table chats add column fence bigint not null default 0`,

  `create or replace view chats_now as
    select c.id, c.created_by, c.created_at, c.type, c.name, c.name_version, c.pair_low, c.pair_high, c.deleted_at,
      c.last_seq as folded_seq,
      tip.seq as last_seq,
      c.version + tip.seq - c.last_seq as version,
      greatest(c.last_activity, (select created_at from messages where chat_id = c.id and seq = tip.seq)) as last_activity,
      c.member_count,
      c.lowest_read_seq,
      c.info,
      c.fence
    from chats c
    cross join lateral (
      select greatest(c.last_seq, (select max(seq) from messages where chat_id = c.id)) as seq offset 0
    ) tip`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
