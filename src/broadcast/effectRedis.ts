// Effect's own Redis service over this node's link, for the Effect modules that need it. It has commands and scripts
// only; subscriptions and blocking commands need a connection from the link.
import { Effect, Layer } from "effect"
import { Redis } from "effect/persistence"
import { RedisLink } from "./RedisLink.ts"

const away = new Redis.RedisError({ cause: new Error("Redis is away") })
const commandsOnly = Effect.die(new Error("The link gives connections, not this"))

export const effectRedis: Layer.Layer<Redis.Redis, never, RedisLink> = Layer.effect(
  Redis.Redis,
  Effect.gen(function* () {
    const { client } = yield* RedisLink
    const send = <A>(command: string, ...args: ReadonlyArray<string>) =>
      Effect.suspend(() => {
        const now = client()
        if (now === undefined) return Effect.fail(away)
        return Effect.tryPromise({
          try: () => now.sendCommand<A>([command, ...args]),
          catch: (cause) => new Redis.RedisError({ cause }),
        })
      })
    return yield* Redis.make({ send, subscribe: () => commandsOnly, connect: commandsOnly })
  }),
)
