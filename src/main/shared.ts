// What nodes publish to each other and count together outside the database: over Redis in a cluster, in the process
// otherwise.
import { Effect, Layer } from "effect"
import { Broadcast } from "../broadcast/Broadcast.ts"
import { Presence } from "../broadcast/Presence.ts"
import type { RedisUnreachable } from "../broadcast/RedisConnection.ts"
import { RedisLink } from "../broadcast/RedisLink.ts"
import { Settings } from "../config/Settings.ts"
import { RateLimits } from "../services/limits/RateLimits.ts"

type Shared = Broadcast | Presence | RateLimits

const sharedBy = ({ cluster }: Settings["Service"]): Layer.Layer<Shared, RedisUnreachable, Settings> =>
  cluster === undefined
    ? Layer.mergeAll(Broadcast.layer, Presence.layer, RateLimits.layer)
    : Layer.mergeAll(Broadcast.layerRedis, Presence.layerRedis(), RateLimits.layerRedis).pipe(
        Layer.provide(RedisLink.layer({ url: cluster.redisUrl })),
      )

export const shared = Layer.unwrap(Effect.map(Settings, sharedBy))
