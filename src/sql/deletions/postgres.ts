// The DeletionStore over PostgreSQL.
import { Effect } from "effect"
import { deletedName, deletedUsernamePrefix } from "../../domain/deletedAccount.ts"
import type { ChatId, SessionId } from "../../domain/Ids.ts"
import { millis } from "../database/columns.ts"
import { Database } from "../database/Database.ts"
import { instant, number, text } from "../database/params.ts"
import { type DeletionStoreShape, jobAfterMillis } from "./shape.ts"

const markStatement = `
  with gone as (
    update users set
      username = $3 || id, username_key = null, email = null, email_key = null,
      display_name = $4, display_name_key = null, words_of = null, words = null, info = '{}', password_hash = null, server_role = null,
      deleted_at = $2
    where id = $1::bigint and deleted_at is null
    returning id
  ), unfound as (
    delete from user_words w using gone where w.user_id = gone.id
  ), unknown as (
    delete from identities i using gone where i.user_id = gone.id
  ), stateless as (
    delete from user_state s using gone where s.user_id = gone.id
  ), headless as (
    delete from user_heads h using gone where h.user_id = gone.id
  ), unseen as (
    delete from found_users f using gone where f.user_id = gone.id
  ), unnamed as (
    delete from found_users f using gone where f.found_id = gone.id
  ), job as (
    insert into jobs (kind, user_id, due_at) select 'account_deletion', id, $5::timestamptz from gone
    on conflict do nothing
  ), ended as (
    update sessions s set ended_at = $2, user_agent = null from gone
    where s.user_id = gone.id and s.ended_at is null
    returning s.id
  )
  select coalesce((select array_agg(id::text) from ended), '{}') as sessions from gone`

/**
 * Also removes what mentions the user and the jobs of their scheduled messages, deletes state that a request wrote while
 * the account was being deleted, and lets go of files that are in no message.
 */
const finishStatement = `
  with gone as (
    update users set departed_at = $2 where id = $1::bigint and deleted_at is not null returning id
  ), stateless as (
    delete from user_state s using gone where s.user_id = gone.id
  ), unmentioned as (
    delete from mentions n using gone where n.user_id = gone.id
  ), unused as (
    update files f set used_until = least(f.used_until, $2) from gone where f.owner_id = gone.id and f.used_until is not null
  ), unscheduled as (
    delete from jobs j using gone where j.user_id = gone.id and j.kind = 'scheduled_message'
  )
  delete from user_heads h using gone where h.user_id = gone.id`

// Only an account deletion changes a membership of a private chat: a version other than the initial one means that it
// is processed.
const chatsStatement = `
  select m.chat_id::float8
  from chat_members m join chats c on c.id = m.chat_id
  where m.user_id = $1::bigint and not m.removed and c.deleted_at is null
    and m.chat_id > $2::bigint and (c.type = 'group' or m.version = m.joined_version)
  order by m.chat_id limit $3::bigint`

export const makeDepartures = Effect.gen(function* () {
  const { query } = yield* Database

  return {
    mark: Effect.fn("DeletionStore.mark")((user_id, now) =>
      Effect.map(
        query<{ readonly sessions: ReadonlyArray<SessionId> }>(markStatement, [
          number(user_id),
          instant(now),
          text(deletedUsernamePrefix),
          text(deletedName),
          instant(now + jobAfterMillis),
        ]),
        ([row]) => row?.sessions,
      ),
    ),
    pending: Effect.fn("DeletionStore.pending")((user_id) =>
      Effect.map(
        query<{ readonly deleted_at: number }>(
          `select ${millis("deleted_at")} as deleted_at from users
           where id = $1::bigint and users.deleted_at is not null and departed_at is null`,
          [number(user_id)],
        ),
        ([row]) => row?.deleted_at,
      ),
    ),
    chats: Effect.fn("DeletionStore.chats")((user_id, after, limit) =>
      Effect.map(
        query<{ readonly chat_id: ChatId }>(chatsStatement, [number(user_id), number(after), number(limit)]),
        (rows) => rows.map((row) => row.chat_id),
      ),
    ),
    finish: Effect.fn("DeletionStore.finish")((user_id, now) =>
      Effect.asVoid(query(finishStatement, [number(user_id), instant(now)])),
    ),
  } satisfies DeletionStoreShape
})
