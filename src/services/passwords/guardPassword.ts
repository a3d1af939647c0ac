// Owns how often a password may be guessed. Failures count under the address, whatever the name, which is told (429); and twice
// with it: under the name that was typed, which is told too, and under the account that it names, which is not. Were it told, names and e-mails could be linked by asking for one of them until the other is
// blocked; were it not counted, asking by both would double the tries. So past the account's limit every password is wrong, until
// the minute is over: whoever does not know it sees what they would see of two strangers.
import { Effect } from "effect"
import { TooManyRequests, type Unavailable } from "../../domain/errors.ts"
import type { Credentials } from "../../sql/users/UserStore.ts"
import type { RateLimits } from "../limits/RateLimits.ts"
import type { Passwords } from "./Passwords.ts"
import type { SlowRefusals } from "./slowRefusals.ts"

export interface Guess {
  /** As it was typed. */
  readonly login: string
  /** Looked up when its turn to be verified has come: a flood of guesses is no flood of look-ups. Undefined: nobody has this name. */
  readonly account: Effect.Effect<Credentials | undefined, Unavailable>
  /** undefined: the failures count under the account alone, wherever they come from. */
  readonly address: string | undefined
  readonly password: string
}

/** Whose password it is, and whether it fits. Every answer costs the same work, whoever has that name or nobody. */
export interface Verdict {
  readonly account: Credentials | undefined
  readonly fits: boolean
}

/** Verifies a password, as often as the limits allow. */
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
    // Of guesses that came at once, those that are done after too many failures learn nothing either.
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
