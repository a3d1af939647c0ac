// The service, with its implementations. PresenceShape defines the changes and what is done with them.
import { Context, Effect, Layer } from "effect"
import { absenceMillis, type LeaseTimes } from "./NodeLeases.ts"
import type { NodeName, PresenceShape } from "./PresenceShape.ts"
import { RedisLink } from "./RedisLink.ts"
import { makeRedisPresence } from "./RedisPresence.ts"

export * from "./PresenceShape.ts"

export class Presence extends Context.Service<Presence, PresenceShape>()("confab/broadcast/Presence") {
  /** One node. */
  static readonly layer: Layer.Layer<Presence> = Layer.succeed(Presence, {
    alone: true,
    absence: absenceMillis,
    connect: () => Effect.void,
    admit: () => Effect.succeed(true),
    counted: () => {},
    online: () => {},
    offline: () => {},
    left: () => {},
    read: () => Effect.succeed({ there: new Map(), nodes: new Set<NodeName>() }),
  })

  /** Several nodes. */
  static readonly layerRedis = (times?: LeaseTimes): Layer.Layer<Presence, never, RedisLink> =>
    Layer.effect(
      Presence,
      Effect.map(RedisLink, (link) => makeRedisPresence(link, times)),
    )
}
