// What somebody does about their own password: shows that they know it, changes it, and has its hash renewed when they log in.
// A hash is only ever put in the place of the one that was verified.
import { Clock, Effect } from "effect"
import type { CurrentUser } from "../../contract/CurrentUser.ts"
import { NoPassword, type TooManyRequests, type Unavailable, WrongPassword } from "../../domain/errors.ts"
import { type Credentials, noPassword, type UserStore } from "../../sql/users/UserStore.ts"
import type { Audit } from "../Audit.ts"
import type { guardPassword } from "./guardPassword.ts"
import type { Passwords } from "./Passwords.ts"

type User = CurrentUser["Service"]
type Refused = WrongPassword | NoPassword | TooManyRequests | Unavailable

/** A trusted issuer's token that is no older stands in for a password that there is not. */
const freshMillis = 5 * 60_000

export const ownPassword = (
  users: UserStore["Service"],
  passwords: Passwords["Service"],
  verify: ReturnType<typeof guardPassword>,
  audit: Audit["Service"],
) => {
  const check = Effect.fnUntraced(function* (
    { session_id, user_id }: User,
    account: Credentials | undefined,
    password: string,
  ) {
    const guess = { login: String(user_id), account: Effect.succeed(account), address: undefined, password }
    if ((yield* verify(guess)).fits) return
    yield* audit.record({ event: "password_refused", user_id, session_id })
    return yield* new WrongPassword()
  })

  /** Does this when the hash that was verified has been replaced; not when it was another's in the meantime. */
  const change = Effect.fnUntraced(function* <A>(
    user: User,
    current: string,
    next: string,
    done: Effect.Effect<A, Unavailable>,
  ): Effect.fn.Return<void, Refused> {
    const account = yield* users.credentials(user.user_id)
    if (account?.password_hash === noPassword) return yield* new NoPassword()
    yield* check(user, account, current)
    const hash = yield* passwords.hash(next)
    const replaced = yield* Effect.uninterruptible(
      Effect.tap(users.replacePassword(user.user_id, account?.password_hash ?? noPassword, hash), (replaced) =>
        replaced ? done : Effect.void,
      ),
    )
    // Another device was faster; or a log-in, which renewed the hash of the same password.
    if (!replaced) yield* change(user, current, next, done)
  })

  return {
    change,

    /** For what cannot be undone. */
    confirm: Effect.fnUntraced(function* (user: User, password: string): Effect.fn.Return<void, Refused> {
      const account = yield* users.credentials(user.user_id)
      if (account?.password_hash !== noPassword) return yield* check(user, account, password)
      const age = (yield* Clock.currentTimeMillis) - (user.issued_at ?? Number.NEGATIVE_INFINITY)
      if (age > freshMillis) return yield* new NoPassword()
    }),

    /** The hash that the password has from now on: of today's parameters. Somebody else may have been as far, or further. */
    renew: Effect.fnUntraced(function* ({ me, password_hash }: Credentials, password: string) {
      if (!passwords.isOutdated(password_hash)) return password_hash
      const renewed = yield* passwords.hash(password)
      if (yield* users.replacePassword(me.id, password_hash, renewed)) return renewed
      const current = yield* users.credentials(me.id)
      const fits = current !== undefined && (yield* passwords.verify(Effect.succeed(current.password_hash), password))
      return fits ? current.password_hash : password_hash
    }),
  }
}
