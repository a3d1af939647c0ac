// What a client knows, as a person looking at it sees it: immutable, and what did not change stays the very same object.
// Does not know how it came about: `ChatClient` keeps it.
import type { Chat, Member } from "../../domain/Chat.ts"
import type { ChatId, MessageId, SessionId, UserId } from "../../domain/Ids.ts"
import type { JsonObject } from "../../domain/Json.ts"
import type { Message } from "../../domain/Message.ts"
import type { Me, User } from "../../domain/User.ts"

/** Why nobody is signed in: not yet, at one's own wish, or because the server ended or forgot the session. */
export type SignedOutReason = "never" | "logged_out" | "session_ended"

/**
 * Why there is no connection. `too_many_devices` and `refused` do not come back by themselves: see `ChatClient.reconnect`.
 * `foreign_origin`: the server does not take this page for its own, as behind a proxy that it does not know of.
 */
export type OfflineReason =
  | "network"
  | "server_going_away"
  | "too_slow"
  | "too_many_devices"
  | "refused"
  | "foreign_origin"
  | "closed"

export type ConnectionState =
  | { readonly status: "signed_out"; readonly reason: SignedOutReason }
  | { readonly status: "connecting"; readonly attempt: number }
  /** Connected, and caught up. */
  | { readonly status: "online" }
  /** `retryAt`: epoch milliseconds of the next attempt; null when there will be none. */
  | {
      readonly status: "offline"
      readonly reason: OfflineReason
      readonly attempt: number
      readonly retryAt: number | null
    }

export type PendingStatus = "queued" | "sending" | "sent" | "failed"

/** Why a message was not accepted: a socket error code, or `not_found` when the chat is gone. */
export type PendingFailure = "invalid" | "not_found" | "forbidden" | "conflict"

/** A message of mine on its way. `sent` lasts until the message itself arrives and takes its place. */
export interface PendingMessage {
  readonly dedupKey: string
  readonly chatId: ChatId
  readonly text: string
  readonly replyTo: MessageId | null
  readonly custom: JsonObject | null
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly status: PendingStatus
  readonly failure: { readonly code: PendingFailure; readonly message: string } | null
}

/** A chat in the list. */
export interface ChatView extends Chat {
  /** The group's name, or the display name of the other person. */
  readonly title: string
  /** Everybody has read up to here: a message of mine has two ticks when its `seq` is not above. */
  readonly readSeq: number
  /** When something was last said, or the chat was made: the order of the list, newest first. */
  readonly activeAt: string
  /** Who is typing now, never oneself. */
  readonly typing: ReadonlyArray<UserId>
  readonly draft: string
  /** Messages of mine that are not sent, and those that were refused. */
  readonly pendingCount: number
  readonly failedCount: number
}

/** A pinned message of a chat. */
export interface Pin {
  readonly message_id: MessageId
  /** Who pinned it. */
  readonly user_id: UserId
  readonly at: string
}

/** An open chat: a run of its messages without holes, and who is in it. */
export interface Conversation {
  readonly chatId: ChatId
  /** Ascending by `seq`, no holes. `is_read` is as loaded: use `ChatView.readSeq` for ticks. */
  readonly messages: ReadonlyArray<Message>
  /** Messages that `messages` reply to and that are not among them, by id; loaded and kept up to date by themselves. */
  readonly quoted: ReadonlyMap<MessageId, Message>
  /** Messages of mine on their way, oldest first: show them after the newest of `messages`. */
  readonly pending: ReadonlyArray<PendingMessage>
  /** False until the first page is there. */
  readonly loaded: boolean
  readonly hasMoreBefore: boolean
  /** True after `openAt`: the newest messages are not in `messages`. */
  readonly hasMoreAfter: boolean
  readonly loading: "older" | "newer" | "page" | null
  /** null until `loadMembers` or `openChat`. Their `last_read_seq` is kept up to date. */
  readonly members: ReadonlyArray<Member> | null
  /** Newest first; null until `loadPins`. Kept up to date. */
  readonly pins: ReadonlyArray<Pin> | null
}

export interface Presence {
  readonly online: boolean
  /** null while online, and when it is not known. */
  readonly lastSeenAt: string | null
}

/** A signed-in device. */
export interface DeviceSession {
  readonly id: SessionId
  readonly user_agent: string | null
  readonly created_at: string
  readonly last_used_at: string
  readonly current: boolean
}

export interface ChatState {
  readonly connection: ConnectionState
  readonly me: Me | null
  readonly sessionId: SessionId | null
  /** False until the list is there for the first time. */
  readonly chatsLoaded: boolean
  /** Newest activity first. */
  readonly chats: ReadonlyArray<ChatView>
  readonly chatById: ReadonlyMap<ChatId, ChatView>
  /** Chats that were opened, or have messages of mine on their way. */
  readonly conversations: ReadonlyMap<ChatId, Conversation>
  /** Everybody met so far. */
  readonly users: ReadonlyMap<UserId, User>
  readonly presence: ReadonlyMap<UserId, Presence>
  /** As `loadSessions` found them. */
  readonly sessions: ReadonlyArray<DeviceSession> | null
  readonly unreadTotal: number
}
