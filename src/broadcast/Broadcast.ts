// Carries what has happened to every hub. On one node it is a PubSub; between nodes, Redis.
// Guarantees: what one publisher publishes of a chat arrives in that order, at most once. Does not store anything:
// whoever was not subscribed, and whatever got lost between nodes, is found in the database.
import { Context, Effect, Layer, type PubSub, type Scope } from "effect"
import type { ChatEvents } from "../domain/ChatEvent.ts"
import type { ChatId, SessionId, UserId } from "../domain/Ids.ts"
import { makeLocalSignals } from "./LocalSignals.ts"
import { makeRedisBroadcast } from "./RedisBroadcast.ts"
import type { RedisLink } from "./RedisLink.ts"

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

/** Any signal may have been lost up to now: whoever depends on them asks the database. */
export interface SignalsLost {
  readonly _tag: "SignalsLost"
}

export type SessionSignal = SessionsEnded | SignalsLost
export type Signal = ChatEvents | ChatHead | Typing | SessionSignal

export class Broadcast extends Context.Service<
  Broadcast,
  {
    /** Waits while the hubs of this node are behind, never for a device. */
    publish(signal: Signal): Effect.Effect<void>
    /** The subscription is open once this returns: read state after it. */
    readonly subscribe: Effect.Effect<PubSub.Subscription<Signal>, never, Scope.Scope>
    /** The same, of what concerns sessions alone. */
    readonly subscribeToSessions: Effect.Effect<PubSub.Subscription<SessionSignal>, never, Scope.Scope>
    /**
     * This node wants to hear of these chats. Done once it does, so that what is read after it has no hole before what comes;
     * while the other nodes cannot be heard, at once: `SignalsLost` comes when they can again. Of memberships, ended sessions
     * and lost signals every node hears anyway.
     */
    listen(chat_ids: ReadonlyArray<ChatId>): Effect.Effect<void>
    unlisten(chat_id: ChatId): void
    /** Whether signals cross from node to node, where they may get lost. */
    readonly isDistributed: boolean
    /** Whether this node is heard by the others, and hears them. */
    readonly isUp: () => boolean
  }
>()("confab/broadcast/Broadcast") {
  /** One node: a PubSub in the process. */
  static readonly layer = Layer.effect(
    Broadcast,
    Effect.gen(function* () {
      const { publish, subscribe, subscribeToSessions } = yield* makeLocalSignals
      return Broadcast.of({
        publish,
        subscribe,
        subscribeToSessions,
        listen: () => Effect.void,
        unlisten: () => {},
        isDistributed: false,
        isUp: () => true,
      })
    }),
  )

  /** Many nodes: to those of this node as above, to the others through Redis. */
  static readonly layerRedis: Layer.Layer<Broadcast, never, RedisLink> = Layer.effect(
    Broadcast,
    Effect.flatMap(makeLocalSignals, makeRedisBroadcast),
  )
}
