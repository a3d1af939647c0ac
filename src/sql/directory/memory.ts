// The DirectoryStore over the in-memory tables.
import { Effect } from "effect"
import type { UserId } from "../../domain/Ids.ts"
import { matches } from "../../domain/searchWords.ts"
import { membership, present, Tables } from "../memory/Tables.ts"
import { toUser } from "../memory/views.ts"
import { type DirectoryStoreShape, mostFound } from "./shape.ts"

export const makeDirectory = Effect.gen(function* () {
  const tables = yield* Tables
  const chatsOf = (user_id: UserId) =>
    [...(tables.memberships.get(user_id) ?? [])].flatMap((id) => membership(tables, id, user_id)?.chat ?? [])
  const foundBy = (user_id: UserId) => tables.found.get(user_id) ?? new Map<UserId, number>()

  return {
    acquaintances: (user_id, others) =>
      Effect.sync(() => {
        const chats = chatsOf(user_id)
        return others.map((other) => {
          const memberships = chats.flatMap(({ members }) => members.get(other) ?? [])
          return {
            user_id: other,
            shares: memberships.some(({ removed }) => !removed),
            shown: memberships.length > 0,
            found: foundBy(user_id).has(other),
          }
        })
      }),
    searchShared: (user_id, query, limit) =>
      Effect.sync(() => {
        const ids = new Set([user_id, ...chatsOf(user_id).flatMap((chat) => present(chat).map((one) => one.user_id))])
        return [...ids]
          .flatMap((id) => tables.users.get(id) ?? [])
          .filter((row) => row.deleted_at === null && matches(query, row.username, row.display_name))
          .sort((a, b) => (a.username.toLowerCase() < b.username.toLowerCase() ? -1 : 1))
          .slice(0, limit)
          .map(toUser)
      }),
    foundBy: (user_id) => Effect.sync(() => [...foundBy(user_id)].map(([id, at]) => ({ user_id: id, at }))),
    remember: (user_id, found_id, now) =>
      Effect.sync(() => {
        const found = [...foundBy(user_id)]
        if (!foundBy(user_id).has(found_id)) found.push([found_id, now])
        tables.found.set(user_id, new Map(found.slice(-mostFound)))
      }),
  } satisfies DirectoryStoreShape
})
