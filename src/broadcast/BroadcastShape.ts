// Delivers signals to every hub: through a PubSub on one node, through Redis between nodes. Guarantee: signals of one
// publisher about one chat arrive in order, each at most once. Does not store anything: subscribers read what they
// missed from the database.
import type { Effect, PubSub, Scope } from "effect"
import type { ChatEvents } from "../domain/ChatEvent.ts"
import type { ChatId, SessionId, UserId } from "../domain/Ids.ts"

export interface Typing {
  readonly _tag: "Typing"
  readonly chat_id: ChatId
  readonly user_id: UserId
  readonly is_typing: boolean
}

/** A device of this member of a private chat has the other one's messages up to `seq`. May be lost. */
export interface Delivered {
  readonly _tag: "Delivered"
  readonly chat_id: ChatId
  readonly user_id: UserId
  readonly seq: number
}

/** The tokens of these sessions are no longer valid, and their sockets close with 4501. */
export interface SessionsEnded {
  readonly _tag: "SessionsEnded"
  readonly session_ids: ReadonlyArray<SessionId>
}

/**
 * The chat is at `version`, and events up to it may not have been published: a subscriber that lacks them reads them.
 */
export interface ChatHead {
  readonly _tag: "ChatHead"
  readonly chat_id: ChatId
  readonly version: number
}

/** Any signal up to now may have been lost: subscribers read the database. */
export interface SignalsLost {
  readonly _tag: "SignalsLost"
}

/** A value of a user's own state has changed; `value` is JSON, null: it was removed. */
export interface StateValue {
  readonly key: string
  readonly value: string | null
  readonly version: number
}

/**
 * A user's own state is at `version` after these changes. Without changes: earlier ones may not have been published, and
 * devices below the version read them; version 0: whether something changed is unknown.
 */
export interface StateChanged {
  readonly _tag: "StateChanged"
  readonly user_id: UserId
  readonly version: number
  readonly changes: ReadonlyArray<StateValue>
}

/** What others see of a user has changed. Goes to every node, may be lost, and says nothing else: hubs read the user. */
export interface UserUpdated {
  readonly _tag: "UserUpdated"
  readonly user_id: UserId
}

/** Others have blocked this user, or no longer do. Goes to the nodes of the user, and says nothing else: they read it. */
export interface BlockersChanged {
  readonly _tag: "BlockersChanged"
  readonly user_id: UserId
}

/** A user has marked a chat as unread. Goes to every node: reading the chat on any of them removes the mark. */
export interface MarkedUnread {
  readonly _tag: "MarkedUnread"
  readonly user_id: UserId
  readonly chat_id: ChatId
}

/** A user reads privately from now on. Goes to every node, on any of which they may read. */
export interface ReadsPrivately {
  readonly _tag: "ReadsPrivately"
  readonly user_id: UserId
}

/** What has versions: a chat by its id, or a person's own state by `ownStream`. */
export type StreamId = number
export const ownStream = (user_id: UserId): StreamId => -user_id

export type SessionSignal = SessionsEnded | SignalsLost
export type Signal =
  | ChatEvents
  | ChatHead
  | Typing
  | Delivered
  | StateChanged
  | BlockersChanged
  | UserUpdated
  | MarkedUnread
  | ReadsPrivately
  | SessionSignal

export interface BroadcastShape {
  /** Waits while the hubs of this node lag behind, never for a device. */
  publish(signal: Signal): Effect.Effect<void>
  /** The subscription is open once this returns: read state after it. */
  readonly subscribe: Effect.Effect<PubSub.Subscription<Signal>, never, Scope.Scope>
  /** Like `subscribe`, but only signals about sessions. */
  readonly subscribeToSessions: Effect.Effect<PubSub.Subscription<SessionSignal>, never, Scope.Scope>
  /**
   * Subscribes this node to these chats and people. Returns once the subscription stands, so that there is no gap between what
   * is read afterwards and what arrives. If the other nodes are unreachable it returns at once; `SignalsLost` follows
   * when they are reachable again. Memberships, ended sessions and lost signals reach every node without it.
   */
  listen(streams: ReadonlyArray<StreamId>): Effect.Effect<void>
  unlisten(stream: StreamId): void
  /** Whether signals travel between nodes, where they may get lost. */
  readonly isDistributed: boolean
  /** Whether this node can exchange signals with the others. */
  readonly isUp: () => boolean
}
