// What nodes tell each other beside the database: over Redis in a cluster, in the process otherwise.
import { Effect, Layer } from "effect"
import { Broadcast } from "../broadcast/Broadcast.ts"
import { Presence } from "../broadcast/Presence.ts"
import type { RedisUnreachable } from "../broadcast/RedisConnection.ts"
import { RedisLink } from "../broadcast/RedisLink.ts"
import { Settings } from "../config/Settings.ts"

const sharedBy = ({ cluster }: Settings["Service"]): Layer.Layer<Broadcast | Presence, RedisUnreachable> =>
  cluster === undefined
    ? Layer.mergeAll(Broadcast.layer, Presence.layer)
    : Layer.mergeAll(Broadcast.layerRedis, Presence.layerRedis()).pipe(
        Layer.provide(RedisLink.layer({ url: cluster.redisUrl })),
      )

export const shared = Layer.unwrap(Effect.map(Settings, sharedBy))
