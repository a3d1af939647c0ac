// Effect's own Redis service over this node's link, for what in Effect is built on it. Commands and scripts alone: who subscribes or
// blocks asks the link for a connection.
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
