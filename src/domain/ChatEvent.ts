// Committed events of a chat. Every event has the chat's `version` that it took.
import type { ChatSummary, EventMember } from "./Chat.ts"
import type { ChatId, MessageId, UserId } from "./Ids.ts"
import type { JsonObject } from "./Json.ts"
import type { EventMessage } from "./Message.ts"

/** `message.dedup_key` is the sender's; it is removed for other readers. */
export interface MessageSent {
  readonly _tag: "MessageSent"
  readonly version: number
  readonly message: EventMessage
}

export interface MessageUpdated {
  readonly _tag: "MessageUpdated"
  readonly version: number
  readonly message: EventMessage
}

export interface MessageDeleted {
  readonly _tag: "MessageDeleted"
  readonly version: number
  readonly message: EventMessage
}

/** `user_id` has read up to `seq`, the place of `message_id`. */
export interface ReadMarked {
  readonly _tag: "ReadMarked"
  readonly version: number
  readonly user_id: UserId
  readonly seq: number
  readonly message_id: MessageId
}

/** `member_ids` are the first members, to whom this event introduces the chat. */
export interface ChatCreated {
  readonly _tag: "ChatCreated"
  readonly version: number
  readonly chat: ChatSummary
  readonly member_ids: ReadonlyArray<UserId>
}

export interface ChatUpdated {
  readonly _tag: "ChatUpdated"
  readonly version: number
  readonly chat: ChatSummary
}

export interface ChatDeleted {
  readonly _tag: "ChatDeleted"
  readonly version: number
}

/** `chat` is for the added member, who receives `chat_created` instead. */
export interface MemberAdded {
  readonly _tag: "MemberAdded"
  readonly version: number
  readonly member: EventMember
  readonly chat: ChatSummary
}

export interface MemberUpdated {
  readonly _tag: "MemberUpdated"
  readonly version: number
  readonly member: EventMember
}

export interface MemberRemoved {
  readonly _tag: "MemberRemoved"
  readonly version: number
  readonly user_id: UserId
}

/** A record of some kind (see kinds/) has changed; `shown` is what its frame contains. */
export interface Recorded {
  readonly _tag: "Recorded"
  readonly version: number
  readonly kind: string
  readonly message_id: MessageId
  readonly shown: JsonObject
}

export type ChatEvent =
  | MessageSent
  | MessageUpdated
  | MessageDeleted
  | ReadMarked
  | ChatCreated
  | ChatUpdated
  | ChatDeleted
  | MemberAdded
  | MemberUpdated
  | MemberRemoved
  | Recorded

/**
 * An event that is read from the database, in its present state: it shows its thing as of `changed`. Readers are at
 * different versions. A thing that was created and changed after the version from which it was read has two events: the
 * one that created it, for readers below that, and the one of its last change, for readers who know the thing.
 */
export interface ReplayedEvent {
  readonly event: ChatEvent
  /** The version at which the thing changed last; absent: at `event.version`. */
  readonly changed?: number
  /** The version that created the thing: a reader below it receives that event instead of this one. */
  readonly came?: number
}

/**
 * Only for the sender's devices: their newest message that every other member has read. Not stored, and takes no
 * version.
 */
export interface FullyRead {
  readonly user_id: UserId
  readonly seq: number
  readonly message_id: MessageId
}

/** The events of one commit of a chat, in `version` order, without a hole. */
export interface ChatEvents {
  readonly _tag: "ChatEvents"
  readonly chat_id: ChatId
  readonly events: ReadonlyArray<ChatEvent>
  readonly fully_read: ReadonlyArray<FullyRead>
  /** Without events: the version of the change that caused `fully_read`, and was published before it. */
  readonly version?: number
}
