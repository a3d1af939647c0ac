// The Redis channels to which this node subscribes on one connection. A channel that is no longer wanted stays open for
// a while, so that a device that reconnects costs no command. Does not interpret the messages.
import { Effect, type Scope } from "effect"
import type { RedisClient } from "./RedisConnection.ts"
import type { RedisLink } from "./RedisLink.ts"

/** A channel that is no longer wanted stays open for one to two of these intervals. */
const sweepEvery = "10 seconds"
/** The maximum number of channels in one command. */
const perCommand = 1_000

export interface ChannelsOptions {
  readonly listener: (message: Buffer, channel: Buffer) => void
  /** Always subscribed. */
  readonly always: string
  /** The connection is (again) established, and all wanted channels are subscribed. */
  readonly onUp: () => void
}

export interface RedisChannels {
  /**
   * Settles once they are subscribed. Settles at once while the connection is down; they are subscribed when it
   * returns.
   */
  want(channels: ReadonlyArray<string>): Promise<unknown>
  unwant(channel: string): void
  /** Whether messages of the channel arrive here. */
  isSubscribed(channel: string): boolean
  readonly isUp: () => boolean
}

const chunksOf = (channels: ReadonlyArray<string>): ReadonlyArray<Array<string>> =>
  Array.from({ length: Math.ceil(channels.length / perCommand) }, (_, i) =>
    channels.slice(i * perCommand, (i + 1) * perCommand),
  )

export const makeRedisChannels = Effect.fnUntraced(function* (
  link: RedisLink["Service"],
  options: ChannelsOptions,
): Effect.fn.Return<RedisChannels, never, Scope.Scope> {
  const wanted = new Set([options.always])
  /** What the current connection has subscribed to, or has requested. */
  const subscribed = new Map<string, Promise<unknown> | "open">()
  /** Channels no longer wanted, and whether the sweeper has seen them before. */
  const left = new Map<string, boolean>()

  const listener = (message: Buffer, channel: Buffer) => {
    options.listener(message, channel)
  }

  const subscribe = (client: RedisClient, channels: ReadonlyArray<string>): Promise<unknown> => {
    const done: Promise<unknown> = Promise.all(
      chunksOf(channels).map((chunk) => client.subscribe(chunk, listener, true)),
    ).then(
      () => settle("open"),
      (cause: unknown) => {
        settle(undefined)
        throw cause
      },
    )
    const settle = (state: "open" | undefined) => {
      for (const channel of channels) {
        if (subscribed.get(channel) !== done) continue
        if (state === undefined) subscribed.delete(channel)
        else subscribed.set(channel, state)
      }
    }
    for (const channel of channels) subscribed.set(channel, done)
    return done
  }
  /** Subscribes to the channels that are missing. The next connection or the sweeper retries what fails. */
  const catchUp = (client: RedisClient, channels: Iterable<string>) => {
    const missing = [...channels].filter((channel) => !subscribed.has(channel))
    return missing.length === 0 ? undefined : subscribe(client, missing).catch(() => undefined)
  }

  const connection = yield* link.open({
    prepare: (client) => {
      subscribed.clear()
      left.clear()
      return subscribe(client, [...wanted])
    },
    onUp: () => {
      // Wanted while the others were being subscribed.
      const client = connection.client()
      const rest = client === undefined ? undefined : catchUp(client, wanted)
      if (rest === undefined) options.onUp()
      else void rest.then(options.onUp)
    },
    onDown: () => subscribed.clear(),
  })

  yield* Effect.sync(() => {
    const client = connection.client()
    const gone = [...left].filter(([, seen]) => seen).map(([channel]) => channel)
    for (const channel of left.keys()) left.set(channel, true)
    if (client === undefined) return
    for (const channel of gone) {
      left.delete(channel)
      subscribed.delete(channel)
    }
    // The subscription ends with the connection at the latest.
    for (const chunk of chunksOf(gone)) void client.unsubscribe(chunk, listener, true).catch(() => undefined)
    void catchUp(client, wanted)
  }).pipe(Effect.delay(sweepEvery), Effect.forever, Effect.forkScoped)

  return {
    want: (channels) => {
      for (const channel of channels) {
        wanted.add(channel)
        left.delete(channel)
      }
      const client = connection.client()
      if (client === undefined) return Promise.resolve()
      void catchUp(client, channels)
      const pending = new Set<Promise<unknown>>()
      for (const channel of channels) {
        const state = subscribed.get(channel)
        if (state !== undefined && state !== "open") pending.add(state)
      }
      return Promise.allSettled(pending)
    },
    unwant: (channel) => {
      if (wanted.delete(channel)) left.set(channel, false)
    },
    isSubscribed: (channel) => subscribed.get(channel) === "open",
    isUp: () => connection.client() !== undefined,
  }
})
