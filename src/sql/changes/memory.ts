// The Changes over the in-memory tables.
import { Effect } from "effect"
import type { ReplayedEvent } from "../../domain/ChatEvent.ts"
import type { ChatSums, SeqRange, VersionSum } from "../../domain/Check.ts"
import type { EventMessage } from "../../domain/Message.ts"
import { timestamp } from "../../domain/Timestamp.ts"
import { RecordSet } from "../../kinds/RecordSet.ts"
import type { RecordRow } from "../journal/shape.ts"
import { type ChatTable, membership, present, Tables } from "../memory/Tables.ts"
import { readByAll, toPlainMessage, toSummary, toUser } from "../memory/views.ts"
import { eventBytes, type PageSize, pageSize } from "./ReplayPage.ts"
import {
  type ChangedChat,
  changesAfter,
  holeBytes,
  holeLimit,
  isReplayable,
  logged,
  membershipChanges,
  replay,
} from "./replay.ts"
import type { ChangesShape, Hole, Missed } from "./shape.ts"

const changedSince = (tables: Tables["Service"], chat: ChatTable, cursor: number): ChangedChat => {
  const readUpTo = readByAll(chat)
  return {
    summary: toSummary(chat),
    name_version: chat.row.name_version,
    ...recordsSince(chat, cursor),
    messages: chat.messages
      .filter((row) => row.version > cursor)
      .map((row) => ({
        ...toPlainMessage(row, row.sender_id, readUpTo),
        thread_id: row.thread_id,
        parts: row.parts,
        created_version: row.created_version,
        version: row.version,
      })),
    members: [...chat.members.values()]
      .filter((row) => row.version > cursor || row.read_version > cursor)
      .flatMap((row) => {
        const user = tables.users.get(row.user_id)
        const { user_id: _, joined_at, ...rest } = row
        const read_message_id = chat.messages[row.last_read_seq - 1]?.id ?? null
        return user === undefined
          ? []
          : [{ ...rest, user: toUser(user), joined_at: timestamp(joined_at), read_message_id }]
      }),
  }
}

const recordsSince = (chat: ChatTable, cursor: number): Pick<ChangedChat, "records" | "tallies"> => {
  const all = [...chat.records]
  const scopeOf = ({ kind, message_id }: RecordRow) => `${kind} ${message_id}`
  const records = all.flatMap(([, row]) => (row.version > cursor ? [row] : []))
  const scopes = Map.groupBy(all, ([, row]) => scopeOf(row))
  const tallies = [...new Map(records.map((row) => [scopeOf(row), row]))].flatMap(([scope, { kind, message_id }]) =>
    RecordSet.of(scopes.get(scope) ?? [])
      .tallies()
      .map((tally) => ({ ...tally, kind, message_id })),
  )
  return { records, tallies }
}

const bytesOfMessage = ({ custom, text }: Pick<EventMessage, "custom" | "text">): number =>
  Buffer.byteLength(text) + (custom === undefined ? 0 : Buffer.byteLength(JSON.stringify(custom)))

const bytesOf = ({ event }: ReplayedEvent): number =>
  eventBytes + ("message" in event ? bytesOfMessage(event.message) : 0)

/** As many as fit, but at least one. */
const cut = (events: ReadonlyArray<ReplayedEvent>, size: PageSize): ReadonlyArray<ReplayedEvent> => {
  let bytes = 0
  for (let n = 0; n < events.length; n++) {
    bytes += bytesOf(events[n]!)
    if (n > 0 && (n >= size.events || bytes > size.bytes)) return events.slice(0, n)
  }
  return events
}

const isNarrow = (changed: ChangedChat): boolean =>
  changed.messages.reduce((sum, { parts, text }) => sum + bytesOfMessage({ text, ...parts }), 0) <= holeBytes

const sumOf = (versions: ReadonlyArray<number>): VersionSum => ({
  count: versions.length,
  sum: versions.reduce((sum, version) => sum + version, 0),
})

const sumsOf = (chat: ChatTable, [first, last]: SeqRange): ChatSums => ({
  messages: sumOf(
    chat.messages.slice(first - 1, last).map(({ records_version, version }) => Math.max(version, records_version ?? 0)),
  ),
  members: sumOf(present(chat).map(({ read_version, version }) => Math.max(version, read_version))),
})

export const makeChanges = Effect.gen(function* () {
  const tables = yield* Tables
  return {
    since: (chat_id, user_id, cursor, position, size = pageSize, check) =>
      Effect.sync((): Missed => {
        const found = membership(tables, chat_id, user_id)
        if (found === undefined) return { _tag: "Gone" }
        const { version } = found.chat.row
        if (position === undefined && !isReplayable(version, cursor)) return { _tag: "Reset", version }
        const { after, upto } = position ?? { after: cursor, upto: version }
        const changed = {
          ...changedSince(tables, found.chat, cursor),
          joined_version: found.member.joined_version,
          member_ids: present(found.chat)
            .map((member) => member.user_id)
            .sort((a, b) => a - b),
        }
        const events = replay(changed, user_id, cursor, { after, upto })
        const page = cut(events, size)
        const last = page.at(-1)?.event.version ?? upto
        const isWhole = page.length === events.length && upto === version
        return {
          _tag: "Replay",
          version: upto,
          joined_version: changed.joined_version,
          events: page,
          next: page.length < events.length ? { after: last, upto } : undefined,
          ...(check !== undefined && isWhole ? { sums: sumsOf(found.chat, check) } : {}),
        }
      }),
    log: (chat_id, after, upto) =>
      Effect.sync(() => {
        const chat = tables.chats.get(chat_id)
        if (chat === undefined || chat.row.deleted) return undefined
        const events = logged(changedSince(tables, chat, after), { after, upto })
        const page = cut(events, pageSize)
        return { events: page, upto: page.length < events.length ? (page.at(-1)?.event.version ?? upto) : upto }
      }),
    hole: (chat_id, after) =>
      Effect.sync((): Hole => {
        const chat = tables.chats.get(chat_id)
        if (chat === undefined) return { _tag: "Gone" }
        const { deleted, version } = chat.row
        if (deleted) return { _tag: "Hole", version, events: [{ event: { _tag: "ChatDeleted", version } }] }
        const changed = changedSince(tables, chat, after)
        return version >= after && version - after <= holeLimit && isNarrow(changed)
          ? { _tag: "Hole", version, events: changesAfter(changed, after) }
          : { _tag: "Wide", version, events: membershipChanges(changed, after) }
      }),
  } satisfies ChangesShape
})
