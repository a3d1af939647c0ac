// Owns this node's connections to Redis and the names of its keys: one connection for commands, and those that other
// modules open. Does not own the messages (RedisBroadcast and other modules do).
import { Context, type Duration, Effect, Layer, Redacted, type Scope } from "effect"
import { Unavailable } from "../domain/errors.ts"
import { keep, type RedisClient, type RedisConnection, type RedisUnreachable } from "./RedisConnection.ts"

export interface RedisOptions {
  readonly url: Redacted.Redacted
  /** Prefix of every key and channel; `confab` when absent. */
  readonly prefix?: string
  /** How long to wait at start for a Redis that is down; 30 s when absent. */
  readonly timeout?: Duration.Input
}

/**
 * Channels span databases: two installations on one Redis, each with a database of its own, must not receive each
 * other's messages.
 */
const databaseOf = (url: Redacted.Redacted): string => {
  const text = Redacted.value(url)
  return (URL.canParse(text) ? new URL(text).pathname.slice(1) : "") || "0"
}

/** How long a command may take; a node without an answer continues without it. */
const commandDeadline = "2 seconds"

export class RedisLink extends Context.Service<
  RedisLink,
  {
    /** The key or channel with this name in this installation, with the prefix and the database before it. */
    key(name: string): string
    /** Whether the connection for commands is established. */
    readonly isUp: () => boolean
    /** The connection for commands; undefined while it is down. For callers that count their own commands under way. */
    readonly client: () => RedisClient | undefined
    /**
     * One command or a few. Fails at once with Unavailable while Redis is down; whether the command took effect is
     * unknown.
     */
    use<A>(command: (client: RedisClient) => Promise<A>): Effect.Effect<A, Unavailable>
    /** Calls back each time the connection for commands is established, and now if it is, until the scope closes. */
    onUp(callback: () => void): Effect.Effect<void, never, Scope.Scope>
    /** Another connection, for what would block commands: subscriptions. */
    open(options: {
      readonly prepare: (client: RedisClient) => Promise<unknown>
      readonly onUp: () => void
      readonly onDown: () => void
    }): Effect.Effect<RedisConnection, never, Scope.Scope>
  }
>()("confab/broadcast/RedisLink") {
  /**
   * Waits a limited time for a Redis that is still starting: a node that cannot reach the others reports it and exits.
   */
  static readonly layer = (options: RedisOptions): Layer.Layer<RedisLink, RedisUnreachable> =>
    Layer.effect(
      RedisLink,
      Effect.suspend(() => make(options)),
    )
}

const make = Effect.fnUntraced(function* ({ url, prefix = "confab", timeout = "30 seconds" }: RedisOptions) {
  const listeners = new Set<() => void>()
  const { client, first, trouble } = yield* keep({
    url,
    prepare: () => Promise.resolve(),
    onUp: () => {
      for (const listener of listeners) listener()
    },
    onDown: () => {},
  })
  yield* Effect.timeoutOrElse(first, { duration: timeout, orElse: () => Effect.fail(trouble()) })

  const away = Effect.fail(new Unavailable({}))
  const names = `${prefix}:${databaseOf(url)}:`
  return RedisLink.of({
    key: (name) => names + name,
    isUp: () => client() !== undefined,
    client,
    use: (command) =>
      Effect.suspend(() => {
        const now = client()
        if (now === undefined) return away
        return Effect.tryPromise({ try: () => command(now), catch: (cause) => cause }).pipe(
          Effect.timeoutOrElse({ duration: commandDeadline, orElse: () => away }),
          Effect.catch((cause) => Effect.andThen(Effect.logDebug("A command of Redis failed", cause), away)),
        )
      }),
    onUp: (callback) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          listeners.add(callback)
          if (client() !== undefined) callback()
        }),
        () => Effect.sync(() => listeners.delete(callback)),
      ),
    open: (connection) => keep({ url, ...connection }),
  })
})
