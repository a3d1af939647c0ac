// Finds a user's newest chats. Memberships are read by the bounds of their chats' activity (journal/activityBound),
// latest first, until no unread one can be newer than those that were found. The chats without a bound come first, page
// by page, since one statement for a user with very many would block the embedded database, which has one session. If
// they are more than a page, their order is cached for a while, so that a client that pages to the end has them read
// once and not for each page.
import { Clock, Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import { millis } from "../database/columns.ts"
import type { Database } from "../database/Database.ts"
import { instantOrNull, number } from "../database/params.ts"
import { Turns } from "../database/Turns.ts"
import { boundMillis, unboundedChats } from "../journal/activityBound.ts"
import { chatOf } from "./positions.ts"

/** One more than the chats without a bound of a user who is in no large group. */
const page = unboundedChats + 1
/** Users with more than a page whose chats are read concurrently. */
const atOnce = 2

interface Row {
  readonly id: ChatId
  /** The sort key; null: not among the requested ones. */
  readonly at: number | null
  /** The time of the activity by which the chats are sorted, epoch milliseconds. */
  readonly active_at: number | null
  /** Epoch milliseconds; null: no bound. */
  readonly active_before: number | null
}

/** A chat, and its sort key. */
export interface Newest {
  readonly id: ChatId
  readonly at: number
}

/** A chat's activity in milliseconds and its sort key, of the chat `c`. */
const statement = (activity: string, key: string): string => `
  select c.id::float8, ${key} as at, ${millis(activity)} as active_at,
    case when own.active_before < 'infinity' then ${millis("own.active_before")} end as active_before
  from (
    select chat_id, active_before from chat_members
    where user_id = $1::bigint and (active_before, chat_id) < (coalesce($2::timestamptz, 'infinity'), $3::bigint)
      and not removed
    order by active_before desc, chat_id desc limit $4::bigint
  ) own
  ${chatOf}`

const statements = {
  /** Epoch milliseconds. */
  activity: statement("c.last_activity", millis("c.last_activity")),
  /** The id of the last message. */
  message: `${statement("last.created_at", "last.id::float8")}
  left join lateral (
    select m.id, m.created_at from messages m where m.chat_id = c.id and m.seq = c.last_seq offset 0
  ) last on true`,
}

/**
 * How much later a message with a smaller id may have been sent: a turn takes its time before its messages get their
 * ids, and the clocks of nodes differ.
 */
const slackMillis = { activity: 0, message: 60_000 }

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

interface Found extends Newest {
  readonly active_at: number
  readonly isBounded: boolean
}

const foundIn = ({ active_at, active_before, at, id }: Row): ReadonlyArray<Found> =>
  at === null || active_at === null ? [] : [{ id, at, active_at, isBounded: active_before !== null }]

type Last = Pick<Row, "active_before" | "id">

/** After every chat. */
const end = Number.MAX_SAFE_INTEGER as ChatId

const boundOf = ({ active_before }: Last): number => active_before ?? Infinity

/** The rows of a statement come in any order. */
const lower = (a: Last, b: Last): Last =>
  boundOf(a) < boundOf(b) || (boundOf(a) === boundOf(b) && a.id < b.id) ? a : b

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
    const isWanted = (chat: Newest) => before === undefined || newestFirst(before, chat) < 0
    let found: ReadonlyArray<Found> = []
    /** The membership that was read last; the next ones have earlier bounds. */
    let last: Last = { active_before: null, id: end }
    let isEnd = false
    const read = Effect.fnUntraced(function* (count: number) {
      const bound = last.active_before === null ? null : Math.floor(last.active_before)
      const rows = yield* query<Row>(statements[by], [
        number(user_id),
        instantOrNull(bound),
        number(last.id),
        number(count),
      ])
      found = [...found, ...rows.flatMap(foundIn)]
      last = rows.reduce(lower, last)
      isEnd = rows.length < count
    })

    const isPaging = by === "activity" && before !== undefined
    /** No older chat has a later bound. */
    const highest = isPaging ? Math.ceil(before.at) + boundMillis : Infinity
    const cached = isPaging ? orders.after(user_id, before, limit, now) : undefined
    if (cached === undefined) {
      yield* read(page)
      const rest = Effect.gen(function* () {
        while (!isEnd && last.active_before === null) yield* read(page)
      })
      if (!isEnd && last.active_before === null) yield* turns.take(user_id, rest)
      const isLong = found.length >= page
      if (isLong && by === "activity") {
        orders.keep(user_id, found.filter(({ isBounded }) => !isBounded).sort(newestFirst), now)
      }
    } else {
      found = cached.map(({ at, id }) => ({ id, at, active_at: at, isBounded: false }))
      last = { active_before: highest, id: end }
    }
    if (last.active_before !== null && last.active_before > highest) {
      last = { active_before: highest, id: end }
    }

    for (;;) {
      found = found.filter(isWanted).sort(newestFirst)
      const least = found[limit - 1]
      const isCertain =
        least !== undefined && last.active_before !== null && least.active_at >= last.active_before + slackMillis[by]
      if (isEnd || isCertain) return found.slice(0, limit).map(({ at, id }) => ({ id, at }))
      yield* read(limit)
    }
  })
}
