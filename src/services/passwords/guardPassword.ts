// Owns the limits on guessing a password. Failures count three times: under the address, and with the address under the
// typed name and under the account. The first two limits are reported (429), the account's is not: otherwise a caller
// could link a name and an e-mail by failing with one until the other is limited. It must still count, since using both
// would double the tries. Over the account's limit every password counts as wrong until the minute is over: a caller
// who does not know it sees the same as for two unrelated accounts.
import { Effect } from "effect"
import { TooManyRequests, type Unavailable } from "../../domain/errors.ts"
import type { Credentials } from "../../sql/users/UserStore.ts"
import type { RateLimits } from "../limits/RateLimits.ts"
import type { Passwords } from "./Passwords.ts"
import type { SlowRefusals } from "./slowRefusals.ts"

export interface Guess {
  /** The name as typed. */
  readonly login: string
  /**
   * Looked up when its verification begins, so that many guesses do not cause as many queries. undefined: no user has
   * this name.
   */
  readonly account: Effect.Effect<Credentials | undefined, Unavailable>
  /** undefined: failures count under the account alone, for all addresses. */
  readonly address: string | undefined
  readonly password: string
}

/** The account and whether the password matches. Every answer costs the same work, whether the name exists or not. */
export interface Verdict {
  readonly account: Credentials | undefined
  readonly fits: boolean
}

export const guardPassword = (limits: RateLimits["Service"], passwords: Passwords["Service"], slowly: SlowRefusals) => {
  const refuse = (retry_after_ms: number) =>
    retry_after_ms > 0 ? Effect.fail(new TooManyRequests({ retry_after_ms })) : Effect.void

  const verify = Effect.fnUntraced(function* (guess: Guess): Effect.fn.Return<Verdict, TooManyRequests | Unavailable> {
    const { address, login, password } = guess
    const typed = `name ${login.toLowerCase()}`
    const from = address ?? "anywhere"
    const refuseTyped = Effect.flatMap(limits.logIn(typed, from), refuse)
    const refuseAddress = address === undefined ? Effect.void : Effect.flatMap(limits.logInFrom(address), refuse)
    yield* refuseTyped
    yield* refuseAddress
    let account: Credentials | undefined
    const find = Effect.gen(function* () {
      yield* refuse(limits.logInHere(typed, from))
      account = yield* guess.account
      return account?.password_hash
    })
    const fits = yield* passwords.verify(find, password)
    const meant = account === undefined ? `nobody ${login.toLowerCase()}` : `account ${account.me.id}`
    // Of concurrent guesses, those that finish after too many failures are refused as well.
    const spent = (yield* limits.logIn(meant, from)) > 0
    if (fits && !spent) {
      yield* refuseTyped
      yield* refuseAddress
      return { account, fits: true }
    }
    if (address !== undefined) yield* Effect.flatMap(limits.logInFromFailed(address), refuse)
    yield* Effect.flatMap(limits.logInFailed(typed, from), refuse)
    yield* limits.logInFailed(meant, from)
    return { account, fits: false }
  })

  return (guess: Guess) => Effect.catchTag(verify(guess), "TooManyRequests", slowly)
}
