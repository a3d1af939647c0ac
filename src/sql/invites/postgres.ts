// The InviteStore over PostgreSQL.
import { Effect } from "effect"
import { millis } from "../database/columns.ts"
import { Database } from "../database/Database.ts"
import { instant, number } from "../database/params.ts"
import { createUser, type MeColumns, meColumns, meOf, newUserParams, orTaken } from "../users/postgres.ts"
import type { Invite, InviteStoreShape } from "./shape.ts"

const columns = `id::float8, ${millis("created_at")} as created_at, ${millis("expires_at")} as expires_at, max_uses, uses`

const isGood = "code_hash = $1 and expires_at > $2 and uses < max_uses"

// Of concurrent uses the second waits for the first one's row, and then sees its count. If the name is taken, the
// statement fails as a whole, so that the use is not counted.
const signUpStatement = `
  with used as (
    update sign_up_invites set uses = uses + 1 where ${isGood} returning 1
  ), ${createUser(3, meColumns, "used")}
  select * from made`

export const makeInvites = Effect.gen(function* () {
  const { attempt, query } = yield* Database

  return {
    create: Effect.fn("InviteStore.create")(({ code_hash, created_at, expires_at, max_uses }) =>
      Effect.map(
        query<Invite>(
          `insert into sign_up_invites (code_hash, created_at, expires_at, max_uses) values ($1, $2, $3, $4::integer)
           returning ${columns}`,
          [code_hash, instant(created_at), instant(expires_at), number(max_uses)],
        ),
        ([row]) => row!,
      ),
    ),
    list: query<Invite>(`select ${columns} from sign_up_invites order by sign_up_invites.id desc`),
    revoke: Effect.fn("InviteStore.revoke")((id) =>
      Effect.map(
        query("delete from sign_up_invites where id = $1::bigint returning 1", [number(id)]),
        (rows) => rows.length > 0,
      ),
    ),
    isGood: Effect.fn("InviteStore.isGood")((code_hash, now) =>
      Effect.map(
        query(`select 1 from sign_up_invites where ${isGood}`, [code_hash, instant(now)]),
        (rows) => rows.length > 0,
      ),
    ),
    signUp: Effect.fn("InviteStore.signUp")((code_hash, user) =>
      attempt<MeColumns>(signUpStatement, [code_hash, instant(user.created_at), ...newUserParams(user)]).pipe(
        Effect.map(([row]) => row && meOf(row)),
        Effect.catch(orTaken),
      ),
    ),
  } satisfies InviteStoreShape
})
