// Turns a conversation into the rows of its list: day lines, the new-messages line, bubbles grouped by sender.
import { localDay } from "../format.ts"
import type { Entry } from "../model/Entry.ts"

export type Row =
  | { readonly kind: "day"; readonly key: string; readonly at: string }
  | { readonly kind: "new"; readonly key: string }
  /** Messages that are not loaded stand between those above and those below. */
  | { readonly kind: "gap"; readonly key: string }
  | { readonly kind: "start"; readonly key: string; readonly loading: boolean }
  | {
      readonly kind: "message"
      readonly key: string
      readonly entry: Entry
      /** First and last of a run of one sender's messages. */
      readonly first: boolean
      readonly last: boolean
    }

const runMillis = 10 * 60_000

const sameRun = (a: Entry, b: Entry): boolean =>
  a.sender_id === b.sender_id && Math.abs(Date.parse(b.created_at) - Date.parse(a.created_at)) < runMillis

type MessageRow = Extract<Row, { kind: "message" }>
const known = new WeakMap<Entry, MessageRow>()

/** The same entry in the same place of its run is the same row, so that React can leave it alone. */
const messageRow = (entry: Entry, first: boolean, last: boolean): MessageRow => {
  const before = known.get(entry)
  if (before !== undefined && before.first === first && before.last === last) return before
  const row: MessageRow = { kind: "message", key: entry.key, entry, first, last }
  known.set(entry, row)
  return row
}

const days = new Map<string, number>()

const dayOf = (at: string): number => {
  // Messages of the same minute share the answer; a long history has few minutes and many messages.
  const minute = at.slice(0, 16)
  let day = days.get(minute)
  if (day === undefined) {
    if (days.size > 20_000) days.clear()
    day = localDay(at)
    days.set(minute, day)
  }
  return day
}

/**
 * `newAfter`: the watermark at which this person opened the chat; the line stands before the first message of
 * somebody else above it.
 */
export const toRows = (
  entries: ReadonlyArray<Entry>,
  options: {
    readonly me: number
    readonly hasOlder: boolean
    readonly hasNewer: boolean
    readonly newAfter: number | undefined
  },
): ReadonlyArray<Row> => {
  const rows: Array<Row> = [{ kind: "start", key: "start", loading: options.hasOlder }]
  let day: number | undefined
  let latestDay = Number.NEGATIVE_INFINITY
  let lineDrawn = options.newAfter === undefined
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!
    const previous = entries[i - 1]
    const next = entries[i + 1]
    const entryDay = dayOf(entry.created_at)
    let first = previous === undefined || !sameRun(previous, entry)
    if (options.hasNewer && entry.seq === null && previous?.seq != null) {
      rows.push({ kind: "gap", key: "gap" })
      first = true
    }
    if (entryDay !== day) {
      // Clocks differ: a day may come a second time, and keys must not.
      const again = entryDay <= latestDay
      rows.push({ kind: "day", key: again ? `day-${entryDay}-${entry.key}` : `day-${entryDay}`, at: entry.created_at })
      day = entryDay
      latestDay = Math.max(latestDay, entryDay)
      first = true
    }
    if (!lineDrawn && entry.seq !== null && entry.seq > options.newAfter! && entry.sender_id !== options.me) {
      // A line above the very first loaded message would say nothing while older ones may be new as well.
      if (previous !== undefined || !options.hasOlder) rows.push({ kind: "new", key: "new" })
      lineDrawn = true
      first = true
    }
    const last = next === undefined || !sameRun(entry, next) || dayOf(next.created_at) !== entryDay
    rows.push(messageRow(entry, first, last))
  }
  return rows
}
