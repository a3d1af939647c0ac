// The UserStore over PostgreSQL.
import { Effect } from "effect"
import type { SqlError } from "effect/sql"
import { EmailTaken, type Unavailable, UsernameTaken } from "../../domain/errors.ts"
import type { UserId } from "../../domain/Ids.ts"
import type { Me, ServerRole } from "../../domain/User.ts"
import { type UserColumns, userColumns, userOf } from "../database/columns.ts"
import { Database } from "../database/Database.ts"
import { instant, number, numbers, text, texts } from "../database/params.ts"
import { orUnavailable } from "../database/unavailable.ts"
import type { Credentials, NewUser, UserStoreShape } from "./shape.ts"
import { userSearch } from "./userSearch.ts"
import { allWords, deleteWords, fillWords, insertWords, wordsOf } from "./userWords.ts"

export const meColumns = `${userColumns("u")}, u.email, u.server_role`
export interface MeColumns extends UserColumns {
  readonly email: string
  readonly server_role: ServerRole | null
}

export const meOf = ({ server_role, ...user }: MeColumns): Me => ({
  ...userOf(user),
  ...(server_role === null ? {} : { server_role }),
})

export const orTaken = (error: SqlError.SqlError): Effect.Effect<never, UsernameTaken | EmailTaken | Unavailable> => {
  if (error.reason._tag !== "UniqueViolation") return orUnavailable(error)
  return Effect.fail(error.reason.constraint === "users_email" ? new EmailTaken() : new UsernameTaken())
}

type CredentialColumns = MeColumns & Pick<Credentials, "password_hash" | "suspended">

const toCredentials = (row: CredentialColumns | undefined): Credentials | undefined => {
  if (row === undefined) return undefined
  const { password_hash, suspended, ...me } = row
  return { me: meOf(me), password_hash, suspended }
}

/**
 * Also writes the search words. The parameters are those of `newUserParams`; the number of the first is `at`. With
 * `ifAny`, only if that subquery has a row.
 */
export const createUser = (at: number, returning: string, ifAny?: string): string => `
  made as (
    insert into users as u
      (username, username_key, email, email_key, display_name, words_of, password_hash, created_at, words)
    select $${at}, $${at + 1}, $${at + 2}, $${at + 3}, $${at + 4}, $${at + 4}, $${at + 5}, $${at + 6}, ${allWords(at + 7)}
    ${ifAny === undefined ? "" : `from ${ifAny}`} returning ${returning}
  ), worded as (${insertWords("made", at + 7)})`

export const newUserParams = (user: NewUser) => [
  text(user.username),
  text(user.username.toLowerCase()),
  text(user.email),
  text(user.email.toLowerCase()),
  text(user.display_name),
  text(user.password_hash),
  instant(user.created_at),
  texts(wordsOf(user)),
]

const createStatement = `with ${createUser(1, meColumns)} select * from made`

const byNamesStatement = `
  select u.id::float8, k.name from unnest($1::text[]) as k(name)
  cross join lateral (select id from users where username_key = k.name offset 0) u`

const changeStatement = `
  with changed as (
    update users u set display_name = $2, words_of = $2, words = ${allWords(3)}, info = $4::text::jsonb
    where u.id = $1::bigint and u.deleted_at is null
    returning ${meColumns}
  ), people as (
    select id::bigint from changed
  ), gone as (${deleteWords("people", 3)}), worded as (${insertWords("people", 3)})
  select * from changed`

export const makeUsers = Effect.gen(function* () {
  const { attempt, query } = yield* Database

  const credentialsWhere = (condition: string) => {
    const statement = `select ${meColumns}, u.password_hash, u.suspended_at is not null as suspended from users u where ${condition}`
    return (...params: ReadonlyArray<unknown>) =>
      Effect.map(query<CredentialColumns>(statement, params), ([row]) => toCredentials(row))
  }
  const byLogin = credentialsWhere("u.username_key = $1 or u.email_key = $1")
  const byId = credentialsWhere("u.id = $1::bigint and u.deleted_at is null")

  return {
    create: Effect.fn("UserStore.create")(function* (user) {
      const [me] = yield* attempt<MeColumns>(createStatement, newUserParams(user)).pipe(Effect.catch(orTaken))
      return meOf(me!)
    }),
    byLogin: Effect.fn("UserStore.byLogin")((login) => byLogin(text(login.toLowerCase()))),
    credentials: Effect.fn("UserStore.credentials")((id) => byId(number(id))),
    byIds: Effect.fn("UserStore.byIds")((ids) =>
      Effect.map(
        query<UserColumns>(`select ${userColumns("u")} from users u where u.id = any($1::float8[]::bigint[])`, [
          numbers(ids),
        ]),
        (rows) => rows.map(userOf),
      ),
    ),
    byNames: Effect.fn("UserStore.byNames")((names) =>
      query<{ id: UserId; name: string }>(byNamesStatement, [texts(names)]),
    ),
    search: userSearch(query),
    fillWords: Effect.fn("UserStore.fillWords")((limit) =>
      Effect.map(fillWords(query, 0, limit), ({ length }) => length),
    ),
    change: Effect.fn("UserStore.change")(function* (id, { display_name, info }) {
      const [former] = yield* query<{ readonly username: string }>(
        `select username from users where id = $1::bigint and deleted_at is null`,
        [number(id)],
      )
      if (former === undefined) return undefined
      const words = texts(wordsOf({ username: former.username, display_name }))
      const values = [number(id), text(display_name), words, text(JSON.stringify(info))]
      const [me] = yield* query<MeColumns>(changeStatement, values)
      return me && meOf(me)
    }),
    replacePassword: Effect.fn("UserStore.replacePassword")((id, from, to) =>
      Effect.map(
        query(`update users set password_hash = $3 where id = $1::bigint and password_hash = $2 returning id::float8`, [
          number(id),
          text(from),
          text(to),
        ]),
        (rows) => rows.length > 0,
      ),
    ),
  } satisfies UserStoreShape
})
