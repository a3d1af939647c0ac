// What has happened in a chat, after it is committed. Every event carries the chat's `version` that it took.
import type { ChatSummary, Member } from "./Chat.ts"
import type { ChatId, MessageId, UserId } from "./Ids.ts"
import type { JsonObject } from "./Json.ts"
import type { EventMessage } from "./Message.ts"

/** `message.dedup_key` is the sender's here; whoever shows the event to others leaves it out. */
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

/** `member_ids` are the first members: those who get to know the chat by this event. */
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

/** `chat` is for the added one, who hears `chat_created` instead. */
export interface MemberAdded {
  readonly _tag: "MemberAdded"
  readonly version: number
  readonly member: Member
  readonly chat: ChatSummary
}

export interface MemberUpdated {
  readonly _tag: "MemberUpdated"
  readonly version: number
  readonly member: Member
}

export interface MemberRemoved {
  readonly _tag: "MemberRemoved"
  readonly version: number
  readonly user_id: UserId
}

/** A record of some kind (see kinds/) is another one now; `shown` is what its frame tells of it. */
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
 * An event that is read from the database, where things lie as they are now: it shows its thing as of `changed`. Readers stand at
 * different positions. A thing that came and changed after the position from which it was read has two events: the one by which it
 * came, for those below it, and the one of its last change, for those who knew the thing already.
 */
export interface ReplayedEvent {
  readonly event: ChatEvent
  /** The version at which the thing changed last; absent: at `event.version`. */
  readonly changed?: number
  /** The version by which the thing came: a reader below it gets that event instead of this one. */
  readonly came?: number
}

/** To the sender's devices alone: their newest message that every other member has read. Lasts nowhere, takes no version. */
export interface FullyRead {
  readonly user_id: UserId
  readonly seq: number
  readonly message_id: MessageId
}

/** What one commit of a chat brought about, in `version` order, without a hole. */
export interface ChatEvents {
  readonly _tag: "ChatEvents"
  readonly chat_id: ChatId
  readonly events: ReadonlyArray<ChatEvent>
  readonly fully_read: ReadonlyArray<FullyRead>
  /** Without events: the version of what brought `fully_read` about, and was told before it. */
  readonly version?: number
}
