// How far devices of private chats have received messages. Of one who has blocked the other, nothing is stored.
import { Effect } from "effect"
import type { Database } from "../database/Database.ts"
import { numbers } from "../database/params.ts"
import { hasBlocked } from "../state/blocked.ts"
import type { ChatStoreShape } from "./shape.ts"

/** Ordered, so that two nodes never wait for each other. */
const storeStatement = `
  insert into delivered_marks (chat_id, user_id, seq)
  select m.chat_id, m.user_id, least(d.seq::bigint, c.last_seq)
  from unnest($1::float8[], $2::float8[], $3::float8[]) as d(chat_id, user_id, seq)
  cross join lateral (
    select chat_id, user_id from chat_members
    where chat_id = d.chat_id::bigint and user_id = d.user_id::bigint and not removed offset 0
  ) m
  cross join lateral (select id, type, last_seq from chats_now where id = m.chat_id offset 0) c
  cross join lateral (
    select user_id from chat_members where chat_id = m.chat_id and user_id <> m.user_id offset 0
  ) other
  where c.type = 'private' and not ${hasBlocked("m.user_id", "other.user_id")}
  order by m.chat_id, m.user_id
  on conflict (chat_id, user_id) do update set seq = excluded.seq where delivered_marks.seq < excluded.seq`

export const deliveredMarks = (query: Database["Service"]["query"]): Pick<ChatStoreShape, "delivered"> => ({
  delivered: Effect.fn("Chats.delivered")((marks) =>
    Effect.asVoid(
      query(storeStatement, [
        numbers(marks.map(({ chat_id }) => chat_id)),
        numbers(marks.map(({ user_id }) => user_id)),
        numbers(marks.map(({ seq }) => seq)),
      ]),
    ),
  ),
})
