// Owns how often somebody may do something. Counts in this process; 0 in a setting switches its limit off.
// Messages have a token bucket; sign-ups and failed log-ins are counted exactly: never more than the limit in any minute.
import { isIPv6 } from "node:net"
import { Clock, Context, Effect, Layer } from "effect"
import { Settings } from "../config/Settings.ts"
import type { UserId } from "../domain/Ids.ts"
import { SlidingWindows } from "./SlidingWindows.ts"
import { TokenBuckets } from "./TokenBuckets.ts"

const minute = 60_000
/** Of each kind; some 10 MB at the very most. */
const maxKeys = 50_000

export class RateLimits extends Context.Service<
  RateLimits,
  {
    /** Takes one message from the user's allowance: 0, or in how many milliseconds there will be one. */
    message(user_id: UserId): number
    /** Takes one sign-up from the address's allowance; answers as `message`. */
    signUp(address: string): number
    /** Is this account blocked for this address by failed log-ins? 0, or milliseconds until it is not. */
    logIn(account: string, address: string): number
    /** Counts a failed log-in. */
    logInFailed(account: string, address: string): void
  }
>()("confab/services/RateLimits") {
  static readonly layer: Layer.Layer<RateLimits, never, Settings> = Layer.effect(
    RateLimits,
    Effect.gen(function* () {
      const settings = yield* Settings
      const clock = yield* Clock.Clock
      const since = clock.currentTimeMillisUnsafe()
      // Counted from the start, the bucket's arithmetic stays within whole numbers.
      const now = () => clock.currentTimeMillisUnsafe() - since

      const perSecond = settings.messagesPerSecond
      const messages = new TokenBuckets<UserId>(perSecond, 2 * perSecond, maxKeys)
      const signUps = new SlidingWindows(settings.signupsPerMinute, minute, maxKeys)
      const failures = new SlidingWindows(settings.failedLoginsPerMinute, minute, maxKeys)
      const failureKey = (account: string, address: string) => `${networkOf(address)} ${account}`

      return {
        message: (user_id) => (perSecond === 0 ? 0 : messages.take(user_id, now())),
        signUp: (address) => {
          if (settings.signupsPerMinute === 0) return 0
          const key = networkOf(address)
          const wait = signUps.wait(key, now())
          if (wait === 0) signUps.add(key, now())
          return wait
        },
        logIn: (account, address) =>
          settings.failedLoginsPerMinute === 0 ? 0 : failures.wait(failureKey(account, address), now()),
        logInFailed: (account, address) => {
          if (settings.failedLoginsPerMinute > 0) failures.add(failureKey(account, address), now())
        },
      }
    }),
  )
}

/** Whoever has one IPv6 address has 2⁶⁴ of them: the network counts as the address. */
export const networkOf = (address: string): string => {
  if (!isIPv6(address)) return address
  const plain = address.split("%", 1)[0] ?? address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1]
  if (mapped !== undefined) return mapped
  // The URL parser writes every spelling of an address in one way.
  const [head = "", tail] = new URL(`http://[${plain}]`).hostname.slice(1, -1).split("::")
  const before = head === "" ? [] : head.split(":")
  const after = tail === undefined || tail === "" ? [] : tail.split(":")
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  return `${[...before, ...Array<string>(zeros).fill("0"), ...after].slice(0, 4).join(":")}::/64`
}
