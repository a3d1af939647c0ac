// Turns a conversation into the rows of its list: day lines, the new-messages line, bubbles grouped by sender.
import type { UserId } from "../../src/domain/Ids.ts"
import type { Entry } from "../model/Entry.ts"

export type Row =
  | { readonly kind: "day"; readonly key: string; readonly at: string }
  | { readonly kind: "new"; readonly key: string }
  /** There are unloaded messages between those above and those below. */
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
  a.sender_id === b.sender_id && Math.abs(b.at - a.at) < runMillis && a.day === b.day

type MessageRow = Extract<Row, { kind: "message" }>
const known = new WeakMap<Entry, MessageRow>()

/** The same entry in the same place of its run is the same row object, so that React skips it. */
const messageRow = (entry: Entry, first: boolean, last: boolean): MessageRow => {
  const before = known.get(entry)
  if (before !== undefined && before.first === first && before.last === last) return before
  const row: MessageRow = { kind: "message", key: entry.key, entry, first, last }
  known.set(entry, row)
  return row
}

export interface RowOptions {
  readonly me: UserId
  readonly hasOlder: boolean
  readonly hasNewer: boolean
  /**
   * The watermark at which this user opened the chat; the line of new messages is before the first later message of
   * another user.
   */
  readonly newAfter: number | undefined
}

/** The state on which the rows of the next entry depend, besides its neighbours. */
export interface RowState {
  /** The number of rows. */
  readonly rows: number
  readonly latestDay: number
  readonly lineDrawn: boolean
}

const begin = [
  { kind: "start", key: "start", loading: false },
  { kind: "start", key: "start", loading: true },
] as const

export const beginRows = ({ newAfter }: RowOptions): RowState => ({
  rows: 0,
  latestDay: Number.NEGATIVE_INFINITY,
  lineDrawn: newAfter === undefined,
})

/** Adds to `rows` those of the entries from `from` on, starting at `state`, and to `states` the state after each. */
export const rowsOf = (
  entries: ReadonlyArray<Entry>,
  from: number,
  state: RowState,
  options: RowOptions,
  rows: Array<Row>,
  states: Array<RowState>,
): void => {
  let { latestDay, lineDrawn } = state
  if (from === 0) rows.push(begin[options.hasOlder ? 1 : 0])
  for (let i = from; i < entries.length; i++) {
    const entry = entries[i]!
    const previous = entries[i - 1]
    const next = entries[i + 1]
    const { day } = entry
    let first = previous === undefined || !sameRun(previous, entry)
    if (options.hasNewer && entry.seq === null && previous?.seq != null) {
      rows.push({ kind: "gap", key: "gap" })
      first = true
    }
    if (day !== previous?.day) {
      // Clocks differ: a day may occur twice, but keys must be unique.
      rows.push({ kind: "day", key: day <= latestDay ? `day-${day}-${entry.key}` : `day-${day}`, at: entry.created_at })
      latestDay = Math.max(latestDay, day)
    }
    if (!lineDrawn && entry.seq !== null && entry.seq > options.newAfter! && entry.sender_id !== options.me) {
      // A line above the first loaded message would be misleading, since older ones may be new as well.
      if (previous !== undefined || !options.hasOlder) rows.push({ kind: "new", key: "new" })
      lineDrawn = true
      first = true
    }
    rows.push(messageRow(entry, first, next === undefined || !sameRun(entry, next)))
    states.push({ rows: rows.length, latestDay, lineDrawn })
  }
}
