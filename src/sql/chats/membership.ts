// Memberships of a chat, and candidates for new ones.
import { Effect } from "effect"
import type { ChatType, Role } from "../../domain/Chat.ts"
import { iso } from "../database/columns.ts"
import type { Database } from "../database/Database.ts"
import { number, numberOrNull, numbers } from "../database/params.ts"
import { hasBlocked } from "../state/blocked.ts"
import type { Candidate, ChatStoreShape, Standing } from "./shape.ts"

interface Row {
  readonly role: Role
  readonly type: ChatType
}

const memberStatement = `
  select true as present from chat_members
  where chat_id = $1::bigint and user_id = $2::bigint and not removed`

const roleStatement = `
  select m.role, c.type from chat_members m join chats c on c.id = m.chat_id
  where m.chat_id = $1::bigint and m.user_id = $2::bigint and not m.removed`

const standingStatement = `
  select c.version::float8, m.joined_version::float8, (
    select to_jsonb(r) || c.info from (
      select c.id, c.type, c.name, c.created_by, ${iso("c.created_at")} as created_at, c.member_count
    ) r
  ) as chat
  from chat_members m join chats_now c on c.id = m.chat_id
  where m.chat_id = $1::bigint and m.user_id = $2::bigint and not m.removed`

// Counts only as many chats of a user as matter. `offset 0`: each is looked up by the index, also in a young database.
const candidatesStatement = `
  select u.id::float8 as user_id, u.deleted_at is not null as deleted, own.present, $3::bigint > 0 and others.count >= $3::bigint as full,
    ${hasBlocked("u.id", "$4::bigint")} as blocked
  from unnest($2::float8[]) as k(id)
  cross join lateral (select id, deleted_at from users where id = k.id::bigint offset 0) u
  cross join lateral (
    select exists (select from chat_members where chat_id = $1::bigint and user_id = u.id and not removed) as present
  ) own
  cross join lateral (
    select count(*) from (select from chat_members where user_id = u.id and not removed limit $3::bigint) counted
  ) others`

type Membership = Pick<ChatStoreShape, "isMember" | "standing" | "role" | "candidates">

export const membership = (query: Database["Service"]["query"]): Membership => ({
  isMember: Effect.fn("Chats.isMember")((chat_id, user_id) =>
    Effect.map(query(memberStatement, [number(chat_id), number(user_id)]), (rows) => rows.length > 0),
  ),
  standing: Effect.fn("Chats.standing")((chat_id, user_id) =>
    Effect.map(query<Standing>(standingStatement, [number(chat_id), number(user_id)]), ([row]) => row),
  ),
  role: Effect.fn("Chats.role")((chat_id, user_id) =>
    Effect.map(query<Row>(roleStatement, [number(chat_id), number(user_id)]), ([row]) => row),
  ),
  candidates: Effect.fn("Chats.candidates")((by, chat_id, user_ids, maxChats) =>
    query<Candidate>(candidatesStatement, [
      numberOrNull(chat_id ?? null),
      numbers(user_ids),
      number(maxChats),
      number(by),
    ]),
  ),
})
