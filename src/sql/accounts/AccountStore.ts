// Owns accounts as an operator sees and changes them. Does not own profiles and credentials (UserStore).
import { Context, Effect, Layer } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { UserId } from "../../domain/Ids.ts"
import type { ServerRole } from "../../domain/User.ts"
import { millis } from "../database/columns.ts"
import { Database } from "../database/Database.ts"
import { instant, instantOrNull, number, numbers, text } from "../database/params.ts"

/** Times in epoch milliseconds. */
export interface Account {
  readonly id: UserId
  readonly username: string
  readonly email: string
  readonly display_name: string
  readonly created_at: number
  /** null: not suspended. */
  readonly suspended_at: number | null
  readonly server_role: ServerRole | null
  /** Sessions that are neither ended nor expired. */
  readonly sessions: number
}

interface AccountStoreShape {
  /** Accounts with an id above `after`, by id. Deleted accounts are none. */
  page(after: number, limit: number, now: number): Effect.Effect<ReadonlyArray<Account>, Unavailable>
  byIds(ids: ReadonlyArray<UserId>, now: number): Effect.Effect<ReadonlyArray<Account>, Unavailable>
  /** null: resumes it. false: there is no such account, or it is so already. */
  setSuspended(id: UserId, at: number | null): Effect.Effect<boolean, Unavailable>
  /** null: takes it away. false: there is no such account, or it is so already. */
  setServerRole(id: UserId, role: ServerRole | null): Effect.Effect<boolean, Unavailable>
  /** Replaces the password whatever it was. false: there is no such account. */
  setPassword(id: UserId, hash: string): Effect.Effect<boolean, Unavailable>
  /** Lets a running server publish, soon, that sessions of this user have ended. */
  requestSessionEnds(id: UserId): Effect.Effect<void, Unavailable>
}

// `$1`: now. A session is counted through the index of those that have not ended.
const columns = `
  u.id::float8, u.username, u.email, u.display_name, ${millis("u.created_at")} as created_at,
  ${millis("u.suspended_at")} as suspended_at, u.server_role, (
    select count(*) from (select expires_at from sessions where user_id = u.id and ended_at is null offset 0) own
    where own.expires_at > $1
  )::float8 as sessions`

const pageStatement = `
  select ${columns} from users u where u.deleted_at is null and u.id > $2::bigint order by u.id limit $3::bigint`

const byIdsStatement = `
  select ${columns} from unnest($2::float8[]) as k(id)
  cross join lateral (select * from users where id = k.id::bigint and deleted_at is null offset 0) u order by u.id`

const suspendStatement = `
  update users set suspended_at = $2::timestamptz
  where id = $1::bigint and deleted_at is null and (suspended_at is null) <> ($2::timestamptz is null) returning 1`

const roleStatement = `
  update users set server_role = $2
  where id = $1::bigint and deleted_at is null and server_role is distinct from $2 returning 1`

// By the database's clock, as nodes see it. A run that has begun does not know of this request: it runs once more.
const requestStatement = `
  insert into jobs (kind, user_id, due_at) values ('session_ends', $1::bigint, clock_timestamp())
  on conflict (kind, user_id, key) do update set due_at = excluded.due_at, attempts = 0, claim = null`

export class AccountStore extends Context.Service<AccountStore, AccountStoreShape>()(
  "confab/sql/accounts/AccountStore",
) {
  static readonly layer = Layer.effect(
    AccountStore,
    Effect.map(Database, ({ query }) =>
      AccountStore.of({
        page: Effect.fn("AccountStore.page")((after, limit, now) =>
          query<Account>(pageStatement, [instant(now), number(after), number(limit)]),
        ),
        byIds: Effect.fn("AccountStore.byIds")((ids, now) =>
          query<Account>(byIdsStatement, [instant(now), numbers(ids)]),
        ),
        setSuspended: Effect.fn("AccountStore.setSuspended")((id, at) =>
          Effect.map(query(suspendStatement, [number(id), instantOrNull(at)]), (rows) => rows.length > 0),
        ),
        setServerRole: Effect.fn("AccountStore.setServerRole")((id, role) =>
          Effect.map(query(roleStatement, [number(id), text(role)]), (rows) => rows.length > 0),
        ),
        setPassword: Effect.fn("AccountStore.setPassword")((id, hash) =>
          Effect.map(
            query("update users set password_hash = $2 where id = $1::bigint and deleted_at is null returning 1", [
              number(id),
              text(hash),
            ]),
            (rows) => rows.length > 0,
          ),
        ),
        requestSessionEnds: Effect.fn("AccountStore.requestSessionEnds")((id) =>
          Effect.asVoid(query(requestStatement, [number(id)])),
        ),
      }),
    ),
  )
}
