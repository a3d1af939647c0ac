// Carries what has happened to every hub. On one node it is a PubSub; between nodes, Redis.
// Guarantees: what one publisher publishes of a chat arrives in that order, at most once. Does not store anything:
// whoever was not subscribed finds it in the database.
import { Context, Effect, Layer, PubSub, type Scope } from "effect"
import type { ChatEvents } from "../domain/ChatEvent.ts"
import type { ChatId, SessionId, UserId } from "../domain/Ids.ts"

export interface Typing {
  readonly _tag: "Typing"
  readonly chat_id: ChatId
  readonly user_id: UserId
  readonly is_typing: boolean
}

/** The sessions' tokens are no good any more and their sockets close with 4501. */
export interface SessionsEnded {
  readonly _tag: "SessionsEnded"
  readonly session_ids: ReadonlyArray<SessionId>
}

/** The chat stands at `version`, and events up to it may not have been published: whoever lacks them reads them. */
export interface ChatHead {
  readonly _tag: "ChatHead"
  readonly chat_id: ChatId
  readonly version: number
}

export type Signal = ChatEvents | ChatHead | Typing | SessionsEnded

/** Signals that may wait for this node's hub before publishers wait for it. */
const capacity = 16_384

export class Broadcast extends Context.Service<
  Broadcast,
  {
    /** Waits while the hubs of this node are behind, never for a device. */
    publish(signal: Signal): Effect.Effect<void>
    /** The subscription is open once this returns: read state after it. */
    readonly subscribe: Effect.Effect<PubSub.Subscription<Signal>, never, Scope.Scope>
  }
>()("confab/broadcast/Broadcast") {
  /** One node: a PubSub in the process. */
  static readonly layer = Layer.effect(
    Broadcast,
    Effect.gen(function* () {
      const pubsub = yield* PubSub.bounded<Signal>(capacity)
      yield* Effect.addFinalizer(() => PubSub.shutdown(pubsub))
      return Broadcast.of({
        publish: (signal) => PubSub.publish(pubsub, signal),
        subscribe: PubSub.subscribe(pubsub),
      })
    }),
  )
}
