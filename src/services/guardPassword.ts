// Owns how often a password may be guessed. Failures count twice: under the name that was typed, which is told (429), and under the
// account that it names, which is not. Were it told, names and e-mails could be linked by asking for one of them until the other is
// blocked; were it not counted, asking by both would double the tries. So past the account's limit every password is wrong, until
// the minute is over: whoever does not know it sees what they would see of two strangers.
import { Effect } from "effect"
import { TooManyRequests } from "../domain/errors.ts"
import type { Credentials } from "../sql/Users.ts"
import type { Passwords } from "./Passwords.ts"
import type { RateLimits } from "./RateLimits.ts"

export interface Guess {
  /** As it was typed. */
  readonly login: string
  /** undefined: nobody has this name. */
  readonly account: Credentials | undefined
  readonly address: string
  readonly password: string
}

/** Does the password fit? Every answer costs the same work, whoever has that name or nobody. */
export const guardPassword = (limits: RateLimits["Service"], passwords: Passwords["Service"]) => {
  const refuse = (retry_after_ms: number) =>
    retry_after_ms === 0 ? Effect.void : Effect.fail(new TooManyRequests({ retry_after_ms }))

  return Effect.fnUntraced(function* ({ account, address, login, password }: Guess) {
    const typed = `name ${login.toLowerCase()}`
    const meant = account === undefined ? `nobody ${login.toLowerCase()}` : `account ${account.me.id}`
    yield* Effect.flatMap(limits.logIn(typed, address), refuse)
    const fits = yield* passwords.verify(account?.password_hash, password)
    // Of guesses that came at once, those that are done after too many failures learn nothing either.
    const spent = (yield* limits.logIn(meant, address)) > 0
    if (fits && !spent) {
      yield* Effect.flatMap(limits.logIn(typed, address), refuse)
      return true
    }
    yield* Effect.flatMap(limits.logInFailed(typed, address), refuse)
    yield* limits.logInFailed(meant, address)
    return false
  })
}
