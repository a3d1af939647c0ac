// The UserStore over the in-memory tables.
import { Effect } from "effect"
import { EmailTaken, UsernameTaken } from "../../domain/errors.ts"
import type { UserId } from "../../domain/Ids.ts"
import { matches, queryWords, searchWords } from "../../domain/searchWords.ts"
import { Tables, type UserRow } from "../memory/Tables.ts"
import { toMe, toUser } from "../memory/views.ts"
import type { UserStoreShape } from "./shape.ts"

const credentialsOf = (row: UserRow | undefined) =>
  row === undefined || row.email === null || row.password_hash === null
    ? undefined
    : { me: toMe(row, row.email), password_hash: row.password_hash, suspended: row.suspended_at !== null }

/** The word of a user's names that a query matches; the user name for a query that matches all. */
const sortedBy = (query: string, people: ReadonlyArray<UserRow>): ((row: UserRow) => string) => {
  const wanted = queryWords(query)
  const found = (word: string, row: UserRow) =>
    searchWords(row.username, row.display_name).filter((each) => each.startsWith(word))
  const holders = (word: string) => people.reduce((sum, row) => sum + found(word, row).length, 0)
  const [rarest] = wanted.map((word) => ({ word, holders: holders(word) })).sort((a, b) => a.holders - b.holders)
  if (rarest === undefined) return (row) => row.username.toLowerCase()
  return (row) => (row.username.toLowerCase() === wanted.join(" ") ? "" : (found(rarest.word, row).sort()[0] ?? ""))
}

export const makeUsers = Effect.gen(function* () {
  const tables = yield* Tables
  const find = (matches: (row: UserRow) => boolean) => [...tables.users.values()].find(matches)
  const update = (id: UserId, change: Partial<UserRow>) => {
    const row = tables.users.get(id)
    if (row === undefined || row.deleted_at !== null) return undefined
    const next = { ...row, ...change }
    tables.users.set(id, next)
    return next
  }

  return {
    create: Effect.fn("UserStore.create")(function* (user) {
      const username = user.username.toLowerCase()
      const email = user.email.toLowerCase()
      if (find((row) => row.username.toLowerCase() === username)) return yield* new UsernameTaken()
      if (find((row) => row.email?.toLowerCase() === email)) return yield* new EmailTaken()
      const row: UserRow = {
        ...user,
        id: (tables.users.size + 1) as UserId,
        info: {},
        suspended_at: null,
        server_role: null,
        deleted_at: null,
        departed_at: null,
      }
      tables.users.set(row.id, row)
      return toMe(row, user.email)
    }),
    byLogin: (login) =>
      Effect.sync(() => {
        const wanted = login.toLowerCase()
        return credentialsOf(
          find((row) => row.username.toLowerCase() === wanted) ?? find((row) => row.email?.toLowerCase() === wanted),
        )
      }),
    credentials: (id) => Effect.sync(() => credentialsOf(tables.users.get(id))),
    byNames: (names) =>
      Effect.sync(() => {
        const wanted = new Set(names)
        return [...tables.users.values()].flatMap(({ deleted_at, id, username }) => {
          const name = username.toLowerCase()
          return deleted_at === null && wanted.has(name) ? [{ id, name }] : []
        })
      }),
    byIds: (ids) =>
      Effect.sync(() =>
        [...new Set(ids)].flatMap((id) => {
          const row = tables.users.get(id)
          return row === undefined ? [] : [toUser(row)]
        }),
      ),
    search: (query, limit) =>
      Effect.sync(() => {
        const people = [...tables.users.values()].filter(({ deleted_at }) => deleted_at === null)
        const found = people.filter(({ display_name, username }) => matches(query, username, display_name))
        const key = sortedBy(query, people)
        return found
          .map((row) => ({ row, key: key(row) }))
          .sort((a, b) => (a.key === b.key ? a.row.id - b.row.id : a.key < b.key ? -1 : 1))
          .slice(0, limit)
          .map(({ row }) => toUser(row))
      }),
    fillWords: () => Effect.succeed(0),
    change: (id, profile) =>
      Effect.sync(() => {
        const row = update(id, profile)
        return row?.email == null ? undefined : toMe(row, row.email)
      }),
    replacePassword: (id, from, to) =>
      Effect.sync(() => {
        const matches = tables.users.get(id)?.password_hash === from
        return matches && update(id, { password_hash: to }) !== undefined
      }),
  } satisfies UserStoreShape
})
