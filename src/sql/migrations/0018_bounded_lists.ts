// What a list of chats reads no longer grows with a user's chats, nor with deleted messages: memberships have bounds of
// their chats' activity (journal/activityBound), and deleted messages are counted by blocks (chats/unread).
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { largeGroup } from "../../domain/Chat.ts"
import { tombstoneBlock } from "../chats/unread.ts"
import { boundAfter, unboundedChats } from "../journal/activityBound.ts"

const statements = [
  `alter table chat_members add column active_before timestamptz not null default 'infinity'`,
  `update chat_members m set active_before = ${boundAfter("c.last_activity")}
   from (
     select own.chat_id, own.user_id, row_number() over (partition by own.user_id order by own.chat_id) as place
     from chat_members own join chats c on c.id = own.chat_id and c.member_count <= ${largeGroup}
     where not own.removed
   ) own
   cross join lateral (select last_activity from chats_now where id = own.chat_id offset 0) c
   where own.place > ${unboundedChats} and m.chat_id = own.chat_id and m.user_id = own.user_id`,
  // Newest first, those without a bound before all others.
  `create index chat_members_active on chat_members (user_id, active_before, chat_id) where not removed`,

  `create table tombstone_counts (
    chat_id bigint not null references chats on delete cascade,
    block bigint not null,
    count bigint not null,
    primary key (chat_id, block)
  )`,
  `insert into tombstone_counts
   select chat_id, seq / ${tombstoneBlock}, count(*) from messages
   where deleted and chat_id in (select id from chats) group by 1, 2`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
