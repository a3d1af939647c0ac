// Publishes to the other nodes which users are online here, and to this node which are online there. Does not decide
// which users see it (the hub does), and does not know devices. When a node dies, its users go offline as its lease
// ends; a node that is cut off keeps its last knowledge.
import { type Effect, Schema, type Scope } from "effect"
import type { Unavailable } from "../domain/errors.ts"
import { ChatId, UserId } from "../domain/Ids.ts"

/** A node's name. A node takes a new one whenever the others may have considered it dead. */
export type NodeName = string

/** What a node publishes about its users. */
export const PresenceChange = Schema.Union([
  /** The user is online there in these chats, besides those published before. */
  Schema.TaggedStruct("Online", { node: Schema.String, user_id: UserId, chat_ids: Schema.Array(ChatId) }),
  /** The user has no device there any more. */
  Schema.TaggedStruct("Offline", { node: Schema.String, user_id: UserId, last_seen_at: Schema.String }),
  /** The user is no longer a member of the chat. */
  Schema.TaggedStruct("Left", { node: Schema.String, user_id: UserId, chat_id: ChatId }),
  /** No user is online there any more, after the time that a user may be absent. */
  Schema.TaggedStruct("Gone", { node: Schema.String, last_seen_at: Schema.String }),
])
export type PresenceChange = typeof PresenceChange.Type

/** Who is online in some chats on other nodes. */
export interface ChatPresence {
  readonly there: ReadonlyMap<ChatId, ReadonlyArray<{ readonly node: NodeName; readonly user_id: UserId }>>
  /** The nodes that this answer covers completely; it says nothing about other nodes. */
  readonly nodes: ReadonlySet<NodeName>
}

/** What presence needs of the hub. */
export interface PresenceHost {
  /** Every user with a socket here, iterated lazily. `chat_ids` undefined: not online. */
  here(): Iterable<{
    readonly user_id: UserId
    readonly devices: number
    readonly chat_ids: ReadonlyArray<ChatId> | undefined
  }>
  onChange(change: PresenceChange): void
  /** Changes may have been missed: all presence should be read again. */
  onMissed(): void
}

export interface PresenceShape {
  /** There are no other nodes: nothing is published and nothing is to be read. */
  readonly alone: boolean
  /** How long a user without a device counts as online, milliseconds. */
  readonly absence: number
  /** Publishes this host's users and delivers changes to it, until the scope closes. */
  connect(host: PresenceHost): Effect.Effect<void, never, Scope.Scope>
  /**
   * Whether this number of devices here keeps the user within the limit over all nodes. True while that is unknown.
   */
  admit(user_id: UserId, devices: number, limit: number): Effect.Effect<boolean>
  /** Records how many devices the user has here. */
  counted(user_id: UserId, devices: number): void
  online(user_id: UserId, chat_ids: ReadonlyArray<ChatId>): void
  offline(user_id: UserId, chat_ids: ReadonlyArray<ChatId>, last_seen_at: string): void
  left(user_id: UserId, chat_id: ChatId): void
  /** The users online in these chats. Every later change is delivered after this answer or is contained in it. */
  read(chat_ids: ReadonlyArray<ChatId>): Effect.Effect<ChatPresence, Unavailable>
}
