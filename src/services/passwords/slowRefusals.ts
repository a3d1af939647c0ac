// Delays refusals when one address gets many of them. Otherwise a caller with hundreds of log-ins in flight, who
// retries at once after each refusal, would keep the event loop busy with refusals alone.
import { Clock, Effect } from "effect"
import { Origin } from "../Audit.ts"
import { networkOf } from "../limits/networkOf.ts"
import { TokenBuckets } from "../limits/TokenBuckets.ts"

/** Refusals of an address that are answered at once. */
const perSecond = 10
const heldFor = "1 second"
/** Each costs an open request. Refusals over this limit are answered at once. */
const mostHeld = 1_000
const maxKeys = 10_000

export type SlowRefusals = <E>(error: E) => Effect.Effect<never, E>

export const makeSlowRefusals: Effect.Effect<SlowRefusals> = Effect.map(Clock.Clock, (clock) => {
  const atOnce = new TokenBuckets<string>(perSecond, 1_000, 2 * perSecond, maxKeys)
  let held = 0
  return (error) =>
    Effect.flatMap(Origin, ({ address }) => {
      const refusal = Effect.fail(error)
      const wait = atOnce.take(networkOf(address ?? ""), clock.currentTimeMillisUnsafe())
      if (wait === 0 || held >= mostHeld) return refusal
      held++
      return Effect.ensuring(
        Effect.delay(refusal, heldFor),
        Effect.sync(() => held--),
      )
    })
})
