// The service, with its implementations. BroadcastShape defines the signals and what is done with them.
import { Context, Effect, Layer } from "effect"
import type { BroadcastShape } from "./BroadcastShape.ts"
import { makeLocalSignals } from "./LocalSignals.ts"
import { makeRedisBroadcast } from "./RedisBroadcast.ts"
import type { RedisLink } from "./RedisLink.ts"

export * from "./BroadcastShape.ts"

export class Broadcast extends Context.Service<Broadcast, BroadcastShape>()("confab/broadcast/Broadcast") {
  /** One node: a PubSub in the process. */
  static readonly layer = Layer.effect(
    Broadcast,
    Effect.gen(function* () {
      const { publish, subscribe, subscribeToSessions } = yield* makeLocalSignals
      return Broadcast.of({
        publish,
        subscribe,
        subscribeToSessions,
        listen: () => Effect.void,
        unlisten: () => {},
        isDistributed: false,
        isUp: () => true,
      })
    }),
  )

  /** Several nodes: as above on this node, through Redis to the others. */
  static readonly layerRedis: Layer.Layer<Broadcast, never, RedisLink> = Layer.effect(
    Broadcast,
    Effect.flatMap(makeLocalSignals, makeRedisBroadcast),
  )
}
