// The signals of one node: a PubSub of all of them for the hub, and one of those about sessions, whose subscribers are
// not woken by every message of every chat.
import { Effect, PubSub } from "effect"
import type { SessionSignal, Signal } from "./BroadcastShape.ts"

/** Signals that may wait for this node's hub before publishers wait for it. */
const capacity = 16_384

const pubsubOf = <A>() => Effect.acquireRelease(PubSub.bounded<A>(capacity), PubSub.shutdown)

/** Signals that every node needs, whatever chats it listens to. */
const isAboutSessions = (signal: Signal): signal is SessionSignal =>
  signal._tag === "SessionsEnded" || signal._tag === "SignalsLost"

export const makeLocalSignals = Effect.gen(function* () {
  const all = yield* pubsubOf<Signal>()
  const sessions = yield* pubsubOf<SessionSignal>()
  return {
    publish: (signal: Signal): Effect.Effect<void> =>
      isAboutSessions(signal)
        ? Effect.andThen(PubSub.publish(sessions, signal), PubSub.publish(all, signal))
        : PubSub.publish(all, signal),
    /** false: a subscriber is too far behind, and the signal is not delivered. */
    publishUnsafe: (signal: Signal): boolean => {
      const isDelivered = !isAboutSessions(signal) || PubSub.publishUnsafe(sessions, signal)
      return PubSub.publishUnsafe(all, signal) && isDelivered
    },
    subscribe: PubSub.subscribe(all),
    subscribeToSessions: PubSub.subscribe(sessions),
  }
})

export type LocalSignals = Effect.Success<typeof makeLocalSignals>
