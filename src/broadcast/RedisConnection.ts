// Keeps one connection to Redis: it reconnects with growing pauses, also when the server falls silent. Does not queue
// commands while it is down: they fail at once.
import { Deferred, Effect, Exit, Random, Redacted, Schema, type Scope } from "effect"
import { createClient } from "redis"

const pingEvery = "1 second"
/**
 * A server that takes longer than this to answer counts as gone; a subscription to thousands of channels takes time.
 */
const answersWithin = "4 seconds"
const connectMillis = 2_000
const shortestPause = 50
const longestPause = 2_000

const newClient = (url: string) =>
  createClient({
    url,
    name: "confab",
    disableOfflineQueue: true,
    // The client would make a timer for every command, which limits only the time until the command is written.
    commandOptions: { timeout: 0 },
    maintNotifications: "disabled",
    // The client's own reconnection keeps a connection that accepts everything and answers nothing for as long as the
    // kernel does.
    socket: { reconnectStrategy: false, connectTimeout: connectMillis },
  })

export type RedisClient = ReturnType<typeof newClient>

/** Redis did not answer, or refused this client. */
export class RedisUnreachable extends Schema.TaggedError<RedisUnreachable>()("RedisUnreachable", {
  reason: Schema.String,
}) {
  override get message(): string {
    return `The Redis in REDIS_URL cannot be used: ${this.reason}`
  }
}

export interface RedisConnection {
  /** undefined while it is down. */
  readonly client: () => RedisClient | undefined
  /** Done at the first connection; fails when the server refuses this client, since waiting does not help. */
  readonly first: Effect.Effect<void, RedisUnreachable>
  /** Why the connection is down, or was last. */
  readonly trouble: () => RedisUnreachable
}

export interface ConnectionOptions {
  readonly url: Redacted.Redacted
  /** Runs on each new connection before it counts as established. */
  readonly prepare: (client: RedisClient) => Promise<unknown>
  readonly onUp: () => void
  readonly onDown: () => void
}

const reasonOf = (cause: unknown): string => {
  if (cause instanceof AggregateError && cause.errors.length > 0) return reasonOf(cause.errors[0])
  return cause instanceof Error && cause.message !== "" ? cause.message : String(cause)
}

const failed = (cause: unknown) => new RedisUnreachable({ reason: reasonOf(cause) })

/** A wrong password, or a server that is too old. */
const isRefusal = ({ reason }: RedisUnreachable): boolean => /^(WRONGPASS|NOAUTH|NOPERM|ERR)\b/.test(reason)

/**
 * Lives as long as one connection, and fails when it ends. `up` runs once it is established, with finalizers for its
 * end.
 */
const live = Effect.fnUntraced(function* (
  { prepare, url }: ConnectionOptions,
  up: (client: RedisClient) => Effect.Effect<void, never, Scope.Scope>,
) {
  const died = yield* Deferred.make<never, RedisUnreachable>()
  const client = yield* Effect.acquireRelease(
    Effect.try({ try: () => newClient(Redacted.value(url)), catch: failed }),
    (made) => Effect.sync(() => made.destroy()),
  )
  client.on("error", (cause) => Deferred.doneUnsafe(died, Exit.fail(failed(cause))))
  client.on("end", () => Deferred.doneUnsafe(died, Exit.fail(failed("the connection has ended"))))
  const ask = (question: () => Promise<unknown>) =>
    Effect.raceFirst(Effect.tryPromise({ try: question, catch: failed }), Deferred.await(died)).pipe(
      Effect.timeoutOrElse({ duration: answersWithin, orElse: () => Effect.fail(failed("it does not answer")) }),
    )
  yield* ask(() => client.connect())
  yield* ask(() => prepare(client))
  yield* up(client)
  const pinging = Effect.forever(
    Effect.andThen(
      Effect.sleep(pingEvery),
      ask(() => client.ping()),
    ),
  )
  return yield* Effect.raceFirst(pinging, Deferred.await(died))
}, Effect.scoped)

/** Keeps a connection until the scope closes, and reconnects after each failure. */
export const keep = Effect.fnUntraced(function* (options: ConnectionOptions) {
  const first = yield* Deferred.make<void, RedisUnreachable>()
  let current: RedisClient | undefined
  let trouble = failed("it does not answer")
  let attempt = 0

  const up = (client: RedisClient) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        current = client
        attempt = 0
        options.onUp()
        // Fibers that wait for it continue at once.
        Deferred.doneUnsafe(first, Exit.void)
      }),
      () =>
        Effect.sync(() => {
          current = undefined
          options.onDown()
        }),
    )

  const pause = Effect.gen(function* () {
    const jitter = yield* Random.nextBetween(0.5, 1)
    yield* Effect.sleep(Math.min(longestPause, shortestPause * 2 ** attempt++) * jitter)
  })

  yield* live(options, up).pipe(
    Effect.catch((error) => {
      trouble = error
      if (isRefusal(error)) Deferred.doneUnsafe(first, Exit.fail(error))
      return attempt === 0
        ? Effect.logWarning("Redis is away; trying again", { reason: error.reason })
        : Effect.logDebug("Redis is still away", { reason: error.reason })
    }),
    Effect.andThen(pause),
    Effect.forever,
    Effect.forkScoped,
  )
  return { client: () => current, first: Deferred.await(first), trouble: () => trouble } satisfies RedisConnection
})
