// A hub on a broadcast whose signals the test drops or delays; and a clock that advances second by second.
import { Context, Deferred, Effect, Layer, PubSub } from "effect"
import { TestClock } from "effect/testing"
import { Broadcast, type SessionSignal, type Signal, type StreamId } from "../../src/broadcast/Broadcast.ts"
import { Tables } from "../../src/sql/memory/Tables.ts"
import { layerOn } from "./chat.ts"
import { layer, settled } from "./sockets.ts"

/** The treatment of signals, and the chats to which the hub listens. */
export class Network extends Context.Service<
  Network,
  {
    loses: boolean
    delayed: Array<Signal> | undefined
    subscribed: Deferred.Deferred<void>
    readonly heard: Set<StreamId>
  }
>()("confab/test/Network") {
  static readonly layer = Layer.sync(Network, () => ({
    loses: false,
    delayed: undefined,
    subscribed: Deferred.makeUnsafe<void>(),
    heard: new Set<StreamId>(),
  }))
}

const broadcast = Layer.effect(
  Broadcast,
  Effect.gen(function* () {
    const network = yield* Network
    const pubsub = yield* PubSub.unbounded<Signal>()
    yield* Deferred.succeed(network.subscribed, undefined)
    return Broadcast.of({
      publish: (signal) =>
        Effect.suspend(() => {
          if (network.loses) return Effect.void
          if (network.delayed === undefined) return Effect.asVoid(PubSub.publish(pubsub, signal))
          network.delayed.push(signal)
          return Effect.void
        }),
      subscribe: PubSub.subscribe(pubsub),
      subscribeToSessions: Effect.flatMap(PubSub.unbounded<SessionSignal>(), PubSub.subscribe),
      listen: (chat_ids) =>
        Effect.andThen(Deferred.await(network.subscribed), () => {
          for (const chat_id of chat_ids) network.heard.add(chat_id)
          return Effect.void
        }),
      unlisten: (chat_id) => void network.heard.delete(chat_id),
      isDistributed: true,
      isUp: () => true,
    })
  }),
)

export const lossy = () =>
  Layer.unwrap(
    Effect.map(Network, (network) =>
      layer({}, Layer.empty, layerOn(broadcast.pipe(Layer.provide(Layer.succeed(Network, network))), Tables.layer)),
    ),
  ).pipe(Layer.provideMerge(Network.layer))

/** Advances the clock second by second, and waits for all consequences. */
export const seconds = (count: number) =>
  Effect.repeat(Effect.andThen(TestClock.adjust("1 second"), settled), { times: count - 1 })
