// Tells the other nodes who is online here, and this node who is there. Does not know who hears of it (the hub does), nor what
// a device is. A node that dies takes its users with it when its lease ends; one that is cut off keeps what it knew.
import { Context, Effect, Layer, Schema, type Scope } from "effect"
import type { Unavailable } from "../domain/errors.ts"
import { ChatId, UserId } from "../domain/Ids.ts"
import { absenceMillis, type LeaseTimes } from "./NodeLeases.ts"
import { RedisLink } from "./RedisLink.ts"
import { makeRedisPresence } from "./RedisPresence.ts"

/** A node's name, which it changes whenever others may have taken it for dead. */
export type NodeName = string

/** What a node tells of its users. */
export const PresenceChange = Schema.Union([
  /** The user is online there, in these chats; in others too, if that was told before. */
  Schema.TaggedStruct("Online", { node: Schema.String, user_id: UserId, chat_ids: Schema.Array(ChatId) }),
  /** The user has no device there any more. */
  Schema.TaggedStruct("Offline", { node: Schema.String, user_id: UserId, last_seen_at: Schema.String }),
  /** The user is a member of the chat no more. */
  Schema.TaggedStruct("Left", { node: Schema.String, user_id: UserId, chat_id: ChatId }),
  /** Nobody is there any more, and nobody has been for as long as users may be absent. */
  Schema.TaggedStruct("Gone", { node: Schema.String, last_seen_at: Schema.String }),
])
export type PresenceChange = typeof PresenceChange.Type

/** Who is online in some chats on other nodes. */
export interface ChatPresence {
  readonly there: ReadonlyMap<ChatId, ReadonlyArray<{ readonly node: NodeName; readonly user_id: UserId }>>
  /** The nodes that this covers wholly; what others know of any other is not denied by it. */
  readonly nodes: ReadonlySet<NodeName>
}

/** The hub, as presence needs it. */
export interface PresenceHost {
  /** Everybody with a socket here, read bit by bit. `chat_ids` undefined: not online. */
  here(): Iterable<{
    readonly user_id: UserId
    readonly devices: number
    readonly chat_ids: ReadonlyArray<ChatId> | undefined
  }>
  heard(change: PresenceChange): void
  /** Changes may have been missed: everything should be read again. */
  missed(): void
}

export class Presence extends Context.Service<
  Presence,
  {
    /** There are no other nodes: nothing is told, and nothing is to be known. */
    readonly alone: boolean
    /** How long a user whose last device has gone counts as online, milliseconds. */
    readonly absence: number
    /** Tells of this host and tells it, until the scope closes. */
    connect(host: PresenceHost): Effect.Effect<void, never, Scope.Scope>
    /** The user is about to have so many devices here: is that within the limit, over all nodes? True while that cannot be known. */
    admit(user_id: UserId, devices: number, limit: number): Effect.Effect<boolean>
    /** The user has so many devices here. */
    counted(user_id: UserId, devices: number): void
    online(user_id: UserId, chat_ids: ReadonlyArray<ChatId>): void
    offline(user_id: UserId, chat_ids: ReadonlyArray<ChatId>, last_seen_at: string): void
    left(user_id: UserId, chat_id: ChatId): void
    /** Who is in these chats. What changes from now on is heard, so later than this or in it. */
    read(chat_ids: ReadonlyArray<ChatId>): Effect.Effect<ChatPresence, Unavailable>
  }
>()("confab/broadcast/Presence") {
  /** One node. */
  static readonly layer: Layer.Layer<Presence> = Layer.succeed(Presence, {
    alone: true,
    absence: absenceMillis,
    connect: () => Effect.void,
    admit: () => Effect.succeed(true),
    counted: () => {},
    online: () => {},
    offline: () => {},
    left: () => {},
    read: () => Effect.succeed({ there: new Map(), nodes: new Set<NodeName>() }),
  })

  /** Many nodes. */
  static readonly layerRedis = (times?: LeaseTimes): Layer.Layer<Presence, never, RedisLink> =>
    Layer.effect(
      Presence,
      Effect.map(RedisLink, (link) => makeRedisPresence(link, times)),
    )
}
