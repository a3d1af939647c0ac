// Several hubs on the same in-memory tables that know of each other over a real Redis, each over a wire that can be cut.
import { Context, Effect, Exit, Layer, Redacted, Scope } from "effect"
import { createClient } from "redis"
import type { LeaseTimes } from "../../src/broadcast/NodeLeases.ts"
import { Presence } from "../../src/broadcast/Presence.ts"
import { RedisLink } from "../../src/broadcast/RedisLink.ts"
import { FrameDelays } from "../../src/hub/delivery/Flusher.ts"
import { Hub } from "../../src/hub/Hub.ts"
import { RpcEdge } from "../../src/sockets/rpc/RpcEdge.ts"
import { Upgrade } from "../../src/sockets/Upgrade.ts"
import { ownPrefix, sharedRedis } from "./redis.ts"
import { Wire } from "./Wire.ts"

/**
 * Nodes expire sooner than in production. On a machine that stalls for longer than the lease, live nodes expire too.
 */
export const mortal: LeaseTimes = { beat: 200, lease: 5_000, grace: 3_000, absence: 500 }

/** For tests in which no node expires. */
export const immortal: LeaseTimes = { ...mortal, lease: 60_000, grace: 60_000 }

/** The same, with all the time to come back elsewhere. */
export const patient: LeaseTimes = { ...immortal, absence: 4_000 }

export interface Node {
  readonly hub: Hub["Service"]
  readonly wire: Wire
  /** Runs on this node. */
  readonly on: <A, E, R>(
    effect: Effect.Effect<A, E, R | Hub | Upgrade | Presence>,
  ) => Effect.Effect<A, E, Exclude<R, Hub | Upgrade | Presence>>
  /** Leaves in order. */
  readonly leave: Effect.Effect<void>
  /** Stops without a message, as after kill -9. */
  readonly die: Effect.Effect<void>
}

/** Makes nodes that know of each other, and of no others. */
export const installation = Effect.fnUntraced(function* (times: LeaseTimes) {
  const prefix = ownPrefix()
  const target = yield* Effect.promise(() => sharedRedis())
  const redis = yield* Effect.acquireRelease(
    Effect.promise(() => createClient({ url: target }).connect()),
    (client) => Effect.promise(() => client.close()),
  )
  const keys = Effect.promise(() => redis.keys(`${prefix}:*`))
  /** As a Redis without files does when it starts anew. */
  const forget = Effect.flatMap(keys, (names) => Effect.promise(() => redis.del(names)))

  const node = Effect.gen(function* () {
    const wire = yield* Effect.acquireRelease(
      Effect.promise(() => Wire.to(target)),
      (made) => Effect.promise(() => made.close()),
    )
    const scope = yield* Scope.fork(yield* Effect.scope)
    const node = Upgrade.layer.pipe(
      Layer.provide(RpcEdge.layer),
      Layer.provideMerge(Hub.layer),
      Layer.provide(Layer.succeed(FrameDelays, { presence: 0, typing: 0, records: 0 })),
      Layer.provideMerge(Presence.layerRedis(times)),
      Layer.provide(RedisLink.layer({ url: Redacted.make(wire.url), prefix })),
      Layer.fresh,
    )
    const context = yield* Layer.buildWithScope(node, scope)
    return {
      hub: Context.get(context, Hub),
      wire,
      on: (effect) => Effect.provideContext(effect, context),
      leave: Scope.close(scope, Exit.void),
      die: Effect.suspend(() => {
        wire.cut()
        return Scope.close(scope, Exit.void)
      }),
    } satisfies Node
  })
  return { node, keys, forget }
})

/** Waits, in real time, until this is so. */
export const eventually = Effect.fnUntraced(function* (
  fact: () => boolean,
  what: string,
  millis = mortal.lease + 10_000,
) {
  const end = performance.now() + millis
  while (!fact()) {
    if (performance.now() > end) return yield* Effect.die(new Error(`Waited in vain for ${what}`))
    yield* Effect.promise(() => new Promise<void>((resolve) => setTimeout(resolve, 5)))
  }
})
