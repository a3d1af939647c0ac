// Finds a user's newest chats. Which these are follows from all of them, so all are looked at: page by page, since the statement
// for a user with many chats would keep the embedded database, which has one session, from everybody else.
import { Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import type { Database } from "../Database.ts"
import { Turns } from "../Turns.ts"
import { millis } from "./columns.ts"
import { number } from "./params.ts"
import { chatOf } from "./positions.ts"

const page = 256
/** Users with more than a page whose chats are looked at, at once. */
const atOnce = 2

/** `at` null: not among those that are asked for. */
interface Row {
  readonly id: ChatId
  readonly at: number | null
}

/** A chat, and what it is ordered by. */
export interface Newest {
  readonly id: ChatId
  readonly at: number
}

const statement = (at: string): string => `
  select c.id::float8, ${at} as at
  from (
    select chat_id from chat_members where user_id = $1::bigint and chat_id > $2::bigint and not removed
    order by chat_id limit ${page}
  ) own
  ${chatOf}`

const statements = {
  /** Epoch milliseconds. */
  activity: statement(millis("c.last_activity")),
  /** The id of the last message. */
  message: statement("(select m.id from messages m where m.chat_id = c.id and m.seq = c.last_seq)::float8"),
}

const newestFirst = (a: Newest, b: Newest): number => b.at - a.at || b.id - a.id

export type NewestChats = (
  by: keyof typeof statements,
  user_id: UserId,
  limit: number,
  before?: Newest,
) => Effect.Effect<ReadonlyArray<Newest>, Unavailable>

/** At most `limit` of those that are older than `before`, newest first. */
export const makeNewestChats = (query: Database["Service"]["query"]): NewestChats => {
  const turns = new Turns(atOnce)
  return Effect.fnUntraced(function* (by, user_id, limit, before) {
    let found: ReadonlyArray<Newest> = []
    const look = Effect.fnUntraced(function* (after: number) {
      const rows = yield* query<Row>(statements[by], [number(user_id), number(after)])
      const candidates = [...found]
      for (const { at, id } of rows) {
        if (at !== null && (before === undefined || newestFirst(before, { id, at }) < 0)) candidates.push({ id, at })
      }
      found = candidates.sort(newestFirst).slice(0, limit)
      return rows.length < page ? undefined : rows.reduce((last, { id }) => Math.max(last, id), 0)
    })
    let after = yield* look(0)
    if (after !== undefined) {
      const rest = Effect.gen(function* () {
        while (after !== undefined) after = yield* look(after)
      })
      yield* turns.take(user_id, rest)
    }
    return found
  })
}
