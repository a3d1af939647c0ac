// The Users over PostgreSQL.
import { Effect } from "effect"
import type { SqlError } from "effect/sql"
import { EmailTaken, type Unavailable, UsernameTaken } from "../../domain/errors.ts"
import type { Me, User } from "../../domain/User.ts"
import { Database } from "../Database.ts"
import type { Credentials, Users } from "../Users.ts"
import { orUnavailable } from "../unavailable.ts"
import { userColumns } from "./columns.ts"
import { instant, number, numbers, text } from "./params.ts"

const meColumns = `${userColumns("u")}, u.email`

/** The last character there is: past every text with a prefix. */
const lastCharacter = "\u{10ffff}"

export const orTaken = (error: SqlError.SqlError): Effect.Effect<never, UsernameTaken | EmailTaken | Unavailable> => {
  if (error.reason._tag !== "UniqueViolation") return orUnavailable(error)
  return Effect.fail(error.reason.constraint === "users_email" ? new EmailTaken() : new UsernameTaken())
}

const toCredentials = (row: (Me & { readonly password_hash: string }) | undefined): Credentials | undefined => {
  if (row === undefined) return undefined
  const { password_hash, ...me } = row
  return { me, password_hash }
}

// By user name the index gives the first ones at once; those found by display name have to be sorted, so many of them at most.
const searchStatement = `
  select ${userColumns("u")} from (
    (select * from users where username_key >= $1 and username_key < $2 order by username_key limit $3::bigint)
    union
    (select * from (
      select * from users where display_name_key >= $1 and display_name_key < $2 order by display_name_key limit 1000
    ) named order by username_key limit $3::bigint)
  ) u
  order by u.username_key limit $3::bigint`

const everybodyStatement = `select ${userColumns("u")} from users u where u.deleted_at is null order by u.username_key limit $1::bigint`

export const makeUsers = Effect.gen(function* () {
  const { attempt, query } = yield* Database

  const credentialsWhere = (condition: string) => {
    const statement = `select ${meColumns}, u.password_hash from users u where ${condition}`
    return (...params: ReadonlyArray<unknown>) =>
      Effect.map(query<Me & { readonly password_hash: string }>(statement, params), ([row]) => toCredentials(row))
  }
  const byLogin = credentialsWhere("u.username_key = $1 or u.email_key = $1")
  const byId = credentialsWhere("u.id = $1::bigint and u.deleted_at is null")

  return {
    create: Effect.fn("Users.create")(function* (user) {
      const [me] = yield* attempt<Me>(
        `insert into users as u
           (username, username_key, email, email_key, display_name, display_name_key, password_hash, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${meColumns}`,
        [
          text(user.username),
          text(user.username.toLowerCase()),
          text(user.email),
          text(user.email.toLowerCase()),
          text(user.display_name),
          text(user.display_name.toLowerCase()),
          text(user.password_hash),
          instant(user.created_at),
        ],
      ).pipe(Effect.catch(orTaken))
      return me!
    }),
    byLogin: Effect.fn("Users.byLogin")((login) => byLogin(text(login.toLowerCase()))),
    credentials: Effect.fn("Users.credentials")((id) => byId(number(id))),
    byIds: Effect.fn("Users.byIds")((ids) =>
      query<User>(`select ${userColumns("u")} from users u where u.id = any($1::float8[]::bigint[])`, [numbers(ids)]),
    ),
    search: Effect.fn("Users.search")((prefix, limit) => {
      if (prefix === "") return query<User>(everybodyStatement, [number(limit)])
      const from = prefix.toLowerCase()
      return query<User>(searchStatement, [text(from), text(from + lastCharacter), number(limit)])
    }),
    rename: Effect.fn("Users.rename")(function* (id, display_name) {
      const [me] = yield* query<Me>(
        `update users u set display_name = $2, display_name_key = $3 where u.id = $1::bigint and u.deleted_at is null
         returning ${meColumns}`,
        [number(id), text(display_name), text(display_name.toLowerCase())],
      )
      return me
    }),
    replacePassword: Effect.fn("Users.replacePassword")((id, from, to) =>
      Effect.map(
        query(`update users set password_hash = $3 where id = $1::bigint and password_hash = $2 returning id::float8`, [
          number(id),
          text(from),
          text(to),
        ]),
        (rows) => rows.length > 0,
      ),
    ),
  } satisfies Users["Service"]
})
