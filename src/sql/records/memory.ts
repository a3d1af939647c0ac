// The RecordStore over the in-memory tables.
import { Effect } from "effect"
import { membership, Tables } from "../memory/Tables.ts"
import { toUser } from "../memory/views.ts"
import type { GivenReaction, ReactionPlace, RecordStoreShape } from "./shape.ts"

const placeOf = ({ at, emoji, user }: GivenReaction): ReactionPlace => ({ at, user_id: user.id, emoji })

/** The newest first. */
const order = (a: ReactionPlace, b: ReactionPlace): number =>
  b.at - a.at || b.user_id - a.user_id || (a.emoji < b.emoji ? 1 : a.emoji > b.emoji ? -1 : 0)

export const makeRecords = Effect.gen(function* () {
  const tables = yield* Tables
  return {
    pins: (chat_id, reader) =>
      Effect.sync(() =>
        [...(membership(tables, chat_id, reader)?.chat.records.values() ?? [])]
          .filter(({ kind, removed }) => kind === "pin" && !removed)
          .map(({ body, message_id, user_id }) => ({ message_id, user_id, at: Number(body.at) }))
          .sort((a, b) => b.at - a.at || b.message_id - a.message_id),
      ).pipe(Effect.map((pins) => (membership(tables, chat_id, reader) === undefined ? undefined : pins))),
    reactions: (message_id, emoji, before, limit) =>
      Effect.sync(() => {
        const place = tables.places.get(message_id)
        const records = place === undefined ? undefined : tables.chats.get(place.chat_id)?.records
        const given = [...(records?.values() ?? [])].flatMap((row): ReadonlyArray<GivenReaction> => {
          const user = tables.users.get(row.user_id)
          if (row.kind !== "reaction" || row.removed || row.message_id !== message_id || user === undefined) return []
          return Object.entries(row.body).map(([emoji, at]) => ({ user: toUser(user), emoji, at: Number(at) }))
        })
        return given
          .filter((one) => emoji === undefined || one.emoji === emoji)
          .filter((one) => before === undefined || order(before, placeOf(one)) < 0)
          .sort((a, b) => order(placeOf(a), placeOf(b)))
          .slice(0, limit)
      }),
  } satisfies RecordStoreShape
})
