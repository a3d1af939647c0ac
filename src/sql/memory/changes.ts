// The Changes over the in-memory tables.
import { Effect } from "effect"
import { timestamp } from "../../domain/Timestamp.ts"
import type { Changes, Hole, Missed } from "../Changes.ts"
import { type ChangedChat, changesAfter, holeLimit, isReplayable, memberChanges, replay } from "../replay.ts"
import { type ChatTable, membership, present, Tables } from "./Tables.ts"
import { readByAll, toMessage, toSummary, toUser } from "./views.ts"

const changedSince = (tables: Tables["Service"], chat: ChatTable, cursor: number): ChangedChat => {
  const readUpTo = readByAll(chat)
  return {
    summary: toSummary(chat),
    name_version: chat.row.name_version,
    messages: chat.messages
      .filter((row) => row.version > cursor)
      .map((row) => ({
        ...toMessage(row, row.sender_id, readUpTo),
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

export const makeChanges = Effect.gen(function* () {
  const tables = yield* Tables
  return {
    since: (chat_id, user_id, cursor) =>
      Effect.sync((): Missed => {
        const found = membership(tables, chat_id, user_id)
        if (found === undefined) return { _tag: "Gone" }
        const { version } = found.chat.row
        if (!isReplayable(version, cursor)) return { _tag: "Reset", version }
        const changed = {
          ...changedSince(tables, found.chat, cursor),
          joined_version: found.member.joined_version,
          member_ids: present(found.chat)
            .map((member) => member.user_id)
            .sort((a, b) => a - b),
        }
        return { _tag: "Replay", version, events: replay(changed, user_id, cursor) }
      }),
    hole: (chat_id, after) =>
      Effect.sync((): Hole => {
        const chat = tables.chats.get(chat_id)
        if (chat === undefined) return { _tag: "Gone" }
        const { deleted, version } = chat.row
        if (deleted) return { _tag: "Hole", version, events: [{ event: { _tag: "ChatDeleted", version } }] }
        const changed = changedSince(tables, chat, after)
        return version >= after && version - after <= holeLimit
          ? { _tag: "Hole", version, events: changesAfter(changed, after) }
          : { _tag: "Wide", version, events: memberChanges(changed, after) }
      }),
  } satisfies Changes["Service"]
})
