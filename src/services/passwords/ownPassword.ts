// A user's actions on their own password: prove it, change it, and renew its hash at log-in. A new hash only ever
// replaces the one that was verified.
import { Clock, Effect } from "effect"
import type { CurrentUser } from "../../contract/CurrentUser.ts"
import { NoPassword, type TooManyRequests, type Unavailable, WrongPassword } from "../../domain/errors.ts"
import { type Credentials, noPassword, type UserStore } from "../../sql/users/UserStore.ts"
import type { Audit } from "../Audit.ts"
import type { guardPassword } from "./guardPassword.ts"
import type { Passwords } from "./Passwords.ts"

type User = CurrentUser["Service"]
type Refused = WrongPassword | NoPassword | TooManyRequests | Unavailable

/** A trusted issuer's token of this age or younger replaces the password of a user without one. */
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

  /** Runs `done` when the verified hash has been replaced; not when another change replaced it first. */
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
    // Another device was faster; or a log-in renewed the hash of the same password.
    if (!replaced) yield* change(user, current, next, done)
  })

  return {
    change,

    /** For actions that cannot be undone. */
    confirm: Effect.fnUntraced(function* (user: User, password: string): Effect.fn.Return<void, Refused> {
      const account = yield* users.credentials(user.user_id)
      if (account?.password_hash !== noPassword) return yield* check(user, account, password)
      const age = (yield* Clock.currentTimeMillis) - (user.issued_at ?? Number.NEGATIVE_INFINITY)
      if (age > freshMillis) return yield* new NoPassword()
    }),

    /**
     * The password's current hash, renewed with the current parameters. A concurrent log-in may have renewed it first.
     */
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
