// Sending only writes a row of `messages`. Its consequences are no longer written with it, but derived from the
// messages above `chats.last_seq`, up to which they are folded into the other tables: the chat's version, and the
// reading that sending implies. `chats.version` is the version at `last_seq`; each later message took the next one.
// `last_activity` excludes messages.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const statements = [
  `create view chats_now as
    select c.id, c.created_by, c.created_at, c.type, c.name, c.name_version, c.pair_low, c.pair_high, c.deleted_at,
      c.last_seq as folded_seq,
      tip.seq as last_seq,
      c.version + tip.seq - c.last_seq as version,
      greatest(c.last_activity, (select created_at from messages where chat_id = c.id and seq = tip.seq)) as last_activity
    from chats c
    cross join lateral (
      select greatest(c.last_seq, (select max(seq) from messages where chat_id = c.id)) as seq offset 0
    ) tip`,

  // Each sender's newest unfolded message, in chats that have some.
  `create view unfolded as
    select m.chat_id, m.sender_id as user_id, max(m.seq) as seq
    from chats c join messages m on m.chat_id = c.id and m.seq > c.last_seq
    group by m.chat_id, m.sender_id`,

  // In a function, so that a query about a completely folded chat does not even prepare it.
  `create function read_by_all(of_chat bigint) returns bigint language sql stable as
    'select min(greatest(m.last_read_seq, sent.seq))
    from chat_members m left join unfolded sent on sent.chat_id = m.chat_id and sent.user_id = m.user_id
    where m.chat_id = of_chat and not m.removed'`,

  // Volatile, so that it sees commits that happened while its statement waited for a lock.
  `create function newest_seq(of_chat bigint) returns bigint language sql volatile as
    'select coalesce(max(seq), 0) from messages where chat_id = of_chat'`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
