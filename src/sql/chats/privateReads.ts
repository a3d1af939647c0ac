// How far members of private chats have read without the others seeing it.
import { Effect } from "effect"
import { hidesReading } from "../../domain/ReadReceipts.ts"
import { ownRead } from "../database/columns.ts"
import type { Database } from "../database/Database.ts"
import { number } from "../database/params.ts"
import type { ChatStoreShape, PrivateRead } from "./shape.ts"

const readStatement = `
  with at as materialized (
    select m.chat_id, m.user_id, m.private_read_seq as former, least($3::bigint, c.last_seq) as wanted, ${ownRead("c", "m")} as shown,
      exists (select from user_state where user_id = m.user_id and key = 'settings' and value like '%${hidesReading}%') as hides
    from chat_members m
    cross join lateral (select * from chats_now where id = m.chat_id offset 0) c
    where m.chat_id = $1::bigint and m.user_id = $2::bigint and not m.removed and c.type = 'private' and c.deleted_at is null
  ), moved as (
    update chat_members m set private_read_seq = at.wanted from at
    where m.chat_id = at.chat_id and m.user_id = at.user_id and at.hides and at.wanted > greatest(at.shown, m.private_read_seq)
    returning m.private_read_seq
  )
  select at.hides, greatest(at.former, (select private_read_seq from moved))::float8 as private_read_seq, at.shown::float8 as shown_seq
  from at`

export const privateReads = (query: Database["Service"]["query"]): Pick<ChatStoreShape, "readPrivately"> => ({
  readPrivately: Effect.fn("Chats.readPrivately")((chat_id, user_id, seq) =>
    Effect.map(query<PrivateRead>(readStatement, [number(chat_id), number(user_id), number(seq)]), ([row]) => row),
  ),
})
