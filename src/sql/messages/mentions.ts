// The newest messages that mention a user or reply to one of theirs. Read for each of the user's chats, since a mention
// of all members has one row for its whole chat: page by page, so that a user with many chats blocks no other.
import { Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { ChatId, MessageId, UserId } from "../../domain/Ids.ts"
import type { Database } from "../database/Database.ts"
import { number } from "../database/params.ts"
import { Turns } from "../database/Turns.ts"
import { everybody } from "../journal/mentionRows.ts"

/** Chats that one statement reads. */
const page = 256
/** Users with more than a page whose chats are read concurrently. */
const atOnce = 2

// A mention of all is one for those who were members then.
const statement = `
  select own.chat_id::float8, array(
    select message_id::float8 from (
      (select message_id from mentions
       where user_id = $1::bigint and chat_id = own.chat_id and message_id < $3::bigint
       order by message_id desc limit $4::bigint)
      union
      (select n.message_id from mentions n
       cross join lateral (select sender_id, created_version from messages where id = n.message_id offset 0) m
       where n.user_id = ${everybody} and n.chat_id = own.chat_id and n.message_id < $3::bigint
         and m.sender_id <> $1::bigint and m.created_version > own.joined_version
       order by n.message_id desc limit $4::bigint)
    ) found
    order by message_id desc limit $4::bigint
  ) as ids
  from (
    select chat_id, joined_version from chat_members
    where user_id = $1::bigint and chat_id > $2::bigint and not removed
    order by chat_id limit ${page}
  ) own`

interface Row {
  readonly chat_id: ChatId
  readonly ids: ReadonlyArray<MessageId>
}

export type Mentions = (
  reader: UserId,
  limit: number,
  before: number,
) => Effect.Effect<ReadonlyArray<MessageId>, Unavailable>

/** The ids below `before`, newest first. */
export const makeMentions = (query: Database["Service"]["query"]): Mentions => {
  const turns = new Turns(atOnce)
  return Effect.fnUntraced(function* (reader, limit, before) {
    let found: ReadonlyArray<MessageId> = []
    const look = Effect.fnUntraced(function* (after: number) {
      const rows = yield* query<Row>(statement, [number(reader), number(after), number(before), number(limit)])
      found = [...found, ...rows.flatMap(({ ids }) => ids)].sort((a, b) => b - a).slice(0, limit)
      return rows.length < page ? undefined : rows.reduce((last, { chat_id }) => Math.max(last, chat_id), 0)
    })
    let after = yield* look(0)
    if (after !== undefined) {
      const rest = Effect.gen(function* () {
        while (after !== undefined) after = yield* look(after)
      })
      yield* turns.take(reader, rest)
    }
    return found
  })
}
