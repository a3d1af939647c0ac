// Which channels of Redis this node hears: those that are wanted, on one connection, and for a while those that were, so that
// a device which comes back costs no command. Does not know what is said on them.
import { Effect, type Scope } from "effect"
import type { RedisClient } from "./RedisConnection.ts"
import type { RedisLink } from "./RedisLink.ts"

/** A channel that nobody wants any more stays open for one to two of these. */
const sweepEvery = "10 seconds"
/** Channels that one command names at most. */
const perCommand = 1_000

export interface ChannelsOptions {
  readonly listener: (message: Buffer, channel: Buffer) => void
  /** Heard all the time. */
  readonly always: string
  /** The connection has come (back), and what is wanted is heard from now on. */
  readonly onUp: () => void
}

export interface RedisChannels {
  /** Settles once they are heard; while the connection is away, at once: they are heard when it is back. */
  want(channels: ReadonlyArray<string>): Promise<unknown>
  unwant(channel: string): void
  /** Whether what is published on it comes here. */
  hears(channel: string): boolean
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
  /** What the connection of now hears, or has asked for. */
  const heard = new Map<string, Promise<unknown> | "open">()
  /** Not wanted any more: seen by the sweeper? */
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
        if (heard.get(channel) !== done) continue
        if (state === undefined) heard.delete(channel)
        else heard.set(channel, state)
      }
    }
    for (const channel of channels) heard.set(channel, done)
    return done
  }
  /** Asks for what is wanted and not heard. What fails is asked for again with the next connection, or by the sweeper. */
  const catchUp = (client: RedisClient, channels: Iterable<string>) => {
    const missing = [...channels].filter((channel) => !heard.has(channel))
    return missing.length === 0 ? undefined : subscribe(client, missing).catch(() => undefined)
  }

  const connection = yield* link.open({
    prepare: (client) => {
      heard.clear()
      left.clear()
      return subscribe(client, [...wanted])
    },
    onUp: () => {
      // Wanted while the others were being asked for.
      const client = connection.client()
      const rest = client === undefined ? undefined : catchUp(client, wanted)
      if (rest === undefined) options.onUp()
      else void rest.then(options.onUp)
    },
    onDown: () => heard.clear(),
  })

  yield* Effect.sync(() => {
    const client = connection.client()
    const gone = [...left].filter(([, seen]) => seen).map(([channel]) => channel)
    for (const channel of left.keys()) left.set(channel, true)
    if (client === undefined) return
    for (const channel of gone) {
      left.delete(channel)
      heard.delete(channel)
    }
    // It ends with the connection at the latest.
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
        const state = heard.get(channel)
        if (state !== undefined && state !== "open") pending.add(state)
      }
      return Promise.allSettled(pending)
    },
    unwant: (channel) => {
      if (wanted.delete(channel)) left.set(channel, false)
    },
    hears: (channel) => heard.get(channel) === "open",
    isUp: () => connection.client() !== undefined,
  }
})
