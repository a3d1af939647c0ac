// Finds a user's newest chats. The order depends on all of them, so all are read: page by page, since one statement for
// a user with many chats would block the embedded database, which has one session. The order of many chats is cached
// for a while, so that a client that pages to the end has them read once and not for each page.
import { Clock, Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import { millis } from "../database/columns.ts"
import type { Database } from "../database/Database.ts"
import { number } from "../database/params.ts"
import { Turns } from "../database/Turns.ts"
import { chatOf } from "./positions.ts"

const page = 256
/** Users with more than a page whose chats are read concurrently. */
const atOnce = 2

/** `at` null: not among the requested ones. */
interface Row {
  readonly id: ChatId
  readonly at: number | null
}

/** A chat, and its sort key. */
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

/**
 * How long an order is valid for the pages after the first. Later activity moves chats to the top, where these pages do
 * not lead.
 */
const keptMillis = 30_000
/** The maximum number of chats in cached orders, of all users. */
const mostKept = 200_000

/** Orders of chats, newest first, by user: the oldest order is dropped first. */
class Orders {
  private readonly kept = new Map<
    UserId,
    { readonly at: number; readonly ids: Float64Array; readonly times: Float64Array }
  >()
  private size = 0

  keep(user_id: UserId, order: ReadonlyArray<Newest>, at: number): void {
    this.forget(user_id)
    const [ids, times] = [Float64Array.from(order, ({ id }) => id), Float64Array.from(order, (chat) => chat.at)]
    this.kept.set(user_id, { at, ids, times })
    this.size += ids.length
    for (const other of this.kept.keys()) {
      if (this.size <= mostKept) break
      this.forget(other)
    }
  }

  /** Those that follow `before`; undefined: the order is no longer cached. */
  after(user_id: UserId, before: Newest, limit: number, now: number): ReadonlyArray<Newest> | undefined {
    const order = this.kept.get(user_id)
    if (order === undefined) return undefined
    if (now - order.at > keptMillis) {
      this.forget(user_id)
      return undefined
    }
    const { ids, times } = order
    const chat = (index: number): Newest => ({ id: ids[index]! as ChatId, at: times[index]! })
    let [low, high] = [0, ids.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (newestFirst(before, chat(middle)) < 0) high = middle
      else low = middle + 1
    }
    return Array.from({ length: Math.min(limit, ids.length - low) }, (_, i) => chat(low + i))
  }

  private forget(user_id: UserId): void {
    this.size -= this.kept.get(user_id)?.ids.length ?? 0
    this.kept.delete(user_id)
  }
}

const newestFirst = (a: Newest, b: Newest): number => b.at - a.at || b.id - a.id

export type NewestChats = (
  by: keyof typeof statements,
  user_id: UserId,
  limit: number,
  before?: Newest,
) => Effect.Effect<ReadonlyArray<Newest>, Unavailable>

/** At most `limit` chats that are older than `before`, newest first. */
export const makeNewestChats = (query: Database["Service"]["query"]): NewestChats => {
  const turns = new Turns(atOnce)
  const orders = new Orders()
  return Effect.fnUntraced(function* (by, user_id, limit, before) {
    const now = yield* Clock.currentTimeMillis
    const known = by === "activity" && before !== undefined ? orders.after(user_id, before, limit, now) : undefined
    if (known !== undefined) return known
    const found: Array<Newest> = []
    const look = Effect.fnUntraced(function* (after: number) {
      const rows = yield* query<Row>(statements[by], [number(user_id), number(after)])
      for (const { at, id } of rows) if (at !== null) found.push({ id, at })
      return rows.length < page ? undefined : rows.reduce((last, { id }) => Math.max(last, id), 0)
    })
    let after = yield* look(0)
    const isLong = after !== undefined
    if (isLong) {
      const rest = Effect.gen(function* () {
        while (after !== undefined) after = yield* look(after)
      })
      yield* turns.take(user_id, rest)
    }
    found.sort(newestFirst)
    if (isLong && by === "activity") orders.keep(user_id, found, now)
    const older = before === undefined ? found : found.filter((chat) => newestFirst(before, chat) < 0)
    return older.slice(0, limit)
  })
}
