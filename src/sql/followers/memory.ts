// The FollowerStore over the in-memory tables.
import { Effect } from "effect"
import { Tables } from "../memory/Tables.ts"
import type { FollowerStoreShape } from "./shape.ts"

export const makeMemoryFollowers = Effect.gen(function* () {
  const { chats, followerCursors } = yield* Tables
  const keyOf = (follower: string, chat_id: number) => `${chat_id} ${follower}`
  return {
    behind: (follower, after, most) =>
      Effect.sync(() => {
        const some = [...chats.values()]
          .map(({ row }) => row)
          .filter(({ id }) => id > after)
          .sort((a, b) => a.id - b.id)
          .slice(0, most)
        return {
          chats: some.flatMap(({ deleted, id, version: head }) => {
            const cursor = followerCursors.get(keyOf(follower, id))
            const version = cursor?.version ?? 0
            return deleted || head <= version ? [] : [{ chat_id: id, version, head, state: cursor?.state ?? null }]
          }),
          last: some.at(-1)?.id ?? null,
        }
      }),
    advance: (follower, chat_id, from, to, state) =>
      Effect.sync(() => {
        const key = keyOf(follower, chat_id)
        if (!chats.has(chat_id) || (followerCursors.get(key)?.version ?? 0) !== from) return false
        followerCursors.set(key, { follower, version: to, state })
        return true
      }),
    sum: (follower, field) =>
      Effect.sync(() =>
        [...followerCursors.values()]
          .filter((cursor) => cursor.follower === follower)
          .reduce((sum, { state }) => sum + Number(state[field] ?? 0), 0),
      ),
  } satisfies FollowerStoreShape
})
