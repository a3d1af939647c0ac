// The ExportStore over PostgreSQL.
import { Effect } from "effect"
import { iso, ownRead, userJson } from "../database/columns.ts"
import { Database } from "../database/Database.ts"
import { number, text } from "../database/params.ts"
import { ownMessages } from "./ownMessages.ts"
import type { ExportStoreShape, OwnChat, OwnEdit, OwnRecord } from "./shape.ts"

const memberships = (removed: boolean) => `
  (select chat_id, user_id, role, last_read_seq, joined_at, removed from chat_members
   where user_id = $1::bigint and ${removed ? "" : "not "}removed and chat_id > $2::bigint order by chat_id limit $3::bigint)`

// The present name of a chat that the user has left is not the user's data.
const chatsStatement = `
  select c.id::float8 as chat_id, c.last_seq::float8,
    case when c.deleted_at is null then (select row_to_json(r)::text from (
      select c.id, c.type, case when not own.removed then c.name end as name, ${iso("c.created_at")} as created_at,
        (select ${userJson("u")} from chat_members p join users u on u.id = p.user_id
          where c.type = 'private' and p.chat_id = c.id and p.user_id <> $1::bigint) as peer,
        not own.removed as member, case when not own.removed then own.role end as role, ${iso("own.joined_at")} as joined_at,
        ${ownRead("c", "own")} as last_read_seq
    ) r) end as json
  from (${memberships(false)} union all ${memberships(true)}) own
  join chats_now c on c.id = own.chat_id
  order by own.chat_id limit $3::bigint`

const editsStatement = `
  select e.message_id::float8, e.version::float8, (select row_to_json(j)::text from (
    select e.message_id, e.text, ${iso("e.at")} as at
  ) j) as json
  from message_edits e
  join messages m on m.id = e.message_id
  join chats c on c.id = m.chat_id and c.deleted_at is null
  where e.user_id = $1::bigint and (e.message_id, e.version) > ($2::bigint, $3::bigint)
  order by e.message_id, e.version limit $4::bigint`

// A user has few records in any place: the index by user finds them, and they are sorted afterwards.
const recordsStatement = `
  select (r.kind || ' ' || r.key) collate "C" as place, (select row_to_json(j)::text from (
    select r.kind, r.stream as chat_id, r.message_id, r.body as kept
  ) j) as json
  from records r join chats c on c.id = r.stream and c.deleted_at is null
  where r.user_id = $1::bigint and not r.removed and (r.kind || ' ' || r.key) collate "C" > $2::text
  order by 1 limit $3::bigint`

export const makeExports = Effect.gen(function* () {
  const { query } = yield* Database
  return {
    chats: Effect.fn("ExportStore.chats")((user_id, after, limit) =>
      query<OwnChat>(chatsStatement, [number(user_id), number(after), number(limit)]),
    ),
    messages: ownMessages(query),
    edits: Effect.fn("ExportStore.edits")((user_id, { message_id, version }, limit) =>
      query<OwnEdit>(editsStatement, [number(user_id), number(message_id), number(version), number(limit)]),
    ),
    records: Effect.fn("ExportStore.records")((user_id, after, limit) =>
      query<OwnRecord>(recordsStatement, [number(user_id), text(after), number(limit)]),
    ),
  } satisfies ExportStoreShape
})
