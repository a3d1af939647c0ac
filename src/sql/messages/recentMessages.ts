// A user's newest messages over all chats. Ids ascend with `seq` in a chat, so these are the last few of each of the
// chats with the newest messages: they are found by ids alone, going further back only in chats that may have more of
// them.
import { Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import type { NewestChats } from "../chats/newestChats.ts"
import { chatOf } from "../chats/positions.ts"
import { messageJson, readByAll } from "../database/columns.ts"
import type { Database } from "../database/Database.ts"
import { number, numbers } from "../database/params.ts"

/** The last messages of each chat before a `seq`. */
const lastStatement = `
  select k.id as chat_id, m.id::float8, m.seq::float8
  from unnest($1::float8[], $2::float8[], $3::float8[]) as k(id, before, count)
  cross join lateral (
    select id, seq from messages where chat_id = k.id::bigint and seq < k.before::bigint
    order by seq desc limit k.count::bigint
  ) m`

const shownStatement = `
  select '{"items":[' || coalesce(string_agg(m.json, ',' order by m.id desc), '') || ']}' as json
  from unnest($2::float8[], $3::float8[], $4::float8[]) as k(id, low, high)
  cross join lateral (
    select chat_id from chat_members where chat_id = k.id::bigint and user_id = $1::bigint and not removed offset 0
  ) own
  ${chatOf.replace(") c", ") chat")}
  cross join lateral (select ${readByAll("chat")} as read_by_all offset 0) marks
  cross join lateral (
    select m.id, ${messageJson("m", "$1::bigint", "marks.read_by_all")} as json
    from messages m where m.chat_id = chat.id and m.seq between k.low::bigint and k.high::bigint
    offset 0
  ) m`

interface Place {
  readonly chat_id: ChatId
  readonly id: number
  readonly seq: number
}

const newestFirst = (a: Place, b: Place): number => b.id - a.id

/** After every message. */
const end = Number.MAX_SAFE_INTEGER

export type Recent = (by: UserId, limit: number) => Effect.Effect<string | undefined, Unavailable>

/** JSON text with the database's times; undefined: there are none. */
export const makeRecent = (query: Database["Service"]["query"], newestChats: NewestChats): Recent => {
  const newestPlaces = Effect.fnUntraced(function* (chats: ReadonlyArray<ChatId>, limit: number) {
    let found: ReadonlyArray<Place> = []
    let further = new Map(chats.map((id) => [id, end]))
    let count = Math.ceil((2 * limit) / Math.max(1, chats.length))
    while (further.size > 0) {
      const rows: ReadonlyArray<Place> = yield* query<Place>(lastStatement, [
        numbers([...further.keys()]),
        numbers([...further.values()]),
        numbers([...further].map(() => count)),
      ])
      const oldest = new Map<ChatId, { place: Place; rows: number }>()
      for (const place of rows) {
        const before = oldest.get(place.chat_id)
        const older = before === undefined || place.seq < before.place.seq ? place : before.place
        oldest.set(place.chat_id, { place: older, rows: (before?.rows ?? 0) + 1 })
      }
      found = [...found, ...rows].sort(newestFirst).slice(0, limit)
      const least = found.length < limit ? 0 : found[limit - 1]!.id
      // Their older messages may be newer than those of other chats.
      further = new Map(
        [...oldest.values()]
          .filter(({ place, rows }) => rows === count && place.seq > 1 && place.id > least)
          .map(({ place }) => [place.chat_id, place.seq]),
      )
      count *= 2
    }
    return found
  })

  return Effect.fnUntraced(function* (by, limit) {
    const chats = (yield* newestChats("message", by, limit)).map(({ id }) => id)
    const ranges = new Map<ChatId, { low: number; high: number }>()
    for (const { chat_id, seq } of yield* newestPlaces(chats, limit)) {
      const { low, high } = ranges.get(chat_id) ?? { low: seq, high: seq }
      ranges.set(chat_id, { low: Math.min(low, seq), high: Math.max(high, seq) })
    }
    if (ranges.size === 0) return undefined
    const [row] = yield* query<{ readonly json: string }>(shownStatement, [
      number(by),
      numbers([...ranges.keys()]),
      numbers([...ranges.values()].map(({ low }) => low)),
      numbers([...ranges.values()].map(({ high }) => high)),
    ])
    return row?.json
  })
}
