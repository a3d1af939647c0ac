// The visible state of a client: immutable, and unchanged parts stay the same objects. `ChatClient` updates it.
import type { Chat, Member } from "../../domain/Chat.ts"
import type { ChatSettings } from "../../domain/ChatSettings.ts"
import type { File, FileId, UploadedAs } from "../../domain/File.ts"
import type { ChatId, MessageId, SessionId, UserId } from "../../domain/Ids.ts"
import type { JsonObject } from "../../domain/Json.ts"
import type { Message } from "../../domain/Message.ts"
import type { Scheduled } from "../../domain/Scheduled.ts"
import type { Me, User } from "../../domain/User.ts"
import type { OwnSettings as OwnSettingsSchema, StateDraft } from "../../kinds/StateKinds.ts"

/** Settings that are the same on all devices of the user. An absent one has its default. */
export type OwnSettings = typeof OwnSettingsSchema.Type
export type SharedDraft = typeof StateDraft.Type

/** A message that the server sends later. */
export interface ScheduledMessage extends Scheduled {
  /** Identifies it among the user's own state. The sent message has it as its `dedup_key`. */
  readonly key: string
}

/** A change of a chat's settings: null removes one, an absent one stays. */
export type ChatSettingsChange = { readonly [Name in keyof Omit<ChatSettings, "read_seq">]?: ChatSettings[Name] | null }
export type OwnSettingsChange = { readonly [Name in keyof OwnSettings]?: OwnSettings[Name] | null }

/** Why no user is signed in: not yet, by the user's own log-out, or because the server ended or lost the session. */
export type SignedOutReason = "never" | "logged_out" | "session_ended"

/**
 * Why there is no connection. After `too_many_devices` and `refused` the client does not reconnect by itself: see
 * `ChatClient.reconnect`. `foreign_origin`: the server does not accept this page's origin, as behind an unknown proxy.
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
  /** Connected and in sync. */
  | { readonly status: "online" }
  /** `retryAt`: epoch milliseconds of the next attempt; null when there will be none. */
  | {
      readonly status: "offline"
      readonly reason: OfflineReason
      readonly attempt: number
      readonly retryAt: number | null
    }

export type PendingStatus = "queued" | "uploading" | "sending" | "sent" | "failed"

/**
 * Why a message was not accepted: a socket error code, or `not_found` when the chat is gone. The others are about its
 * files: `no_files` when the server takes none, `not_uploaded` after many attempts.
 */
export type PendingFailure =
  | "invalid"
  | "not_found"
  | "forbidden"
  | "conflict"
  | "file_too_large"
  | "file_empty"
  | "file_unreadable"
  | "file_refused"
  | "quota_exceeded"
  | "no_files"
  | "not_uploaded"

/** The bytes of a file that is to be sent: in memory or the browser's storage, or in Node also a file by its path. */
export type FileContent = Blob | { readonly path: string }

/** A file of an unsent message. */
export interface PendingUpload {
  readonly name: string
  /** The media type as the sender's platform says; empty when unknown. */
  readonly type: string
  /** Bytes; null for a path that was not opened yet. */
  readonly size: number | null
  readonly content: FileContent
  readonly as: UploadedAs | null
  readonly durationMs: number | null
  readonly waveform: string | null
  /** Pixels, if known. */
  readonly width: number | null
  readonly height: number | null
  /** Bytes on their way to the server or there. */
  readonly sent: number
  /** The uploaded file. */
  readonly file: File | null
}

/** An unsent message of the user. `sent` lasts until the stored message arrives and replaces it. */
export interface PendingMessage {
  readonly dedupKey: string
  readonly chatId: ChatId
  readonly text: string
  readonly replyTo: MessageId | null
  readonly attachments: ReadonlyArray<FileId>
  /** Its files that are uploaded before it is sent, after `attachments`. */
  readonly uploads: ReadonlyArray<PendingUpload>
  readonly custom: JsonObject | null
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly status: PendingStatus
  readonly failure: { readonly code: PendingFailure; readonly message: string } | null
}

/** A chat in the list. */
export interface ChatView extends Chat {
  /** The group's name, or the display name of the peer; empty for the saved chat. */
  readonly title: string
  /** All members have read up to here: a message of the user has two ticks when its `seq` is not above. */
  readonly readSeq: number
  /** In a private chat: a device of the other one has the messages up to here, or they have read them. */
  readonly deliveredSeq: number
  /** When the last message was sent, or the chat was created. */
  readonly activeAt: string
  /** Users who are typing now, without the user. */
  readonly typing: ReadonlyArray<UserId>
  /** What the user has written and not sent, on any device; while it is written here, as it is here. */
  readonly draft: string
  /** Unsent messages of the user, and refused ones. */
  readonly pendingCount: number
  readonly failedCount: number
}

/** A pinned message of a chat. */
export interface Pin {
  readonly message_id: MessageId
  /** The user who pinned it. */
  readonly user_id: UserId
  readonly at: string
}

/** An open chat: a run of its messages without holes, and its members. */
export interface Conversation {
  readonly chatId: ChatId
  /** Ascending by `seq`, without holes. `is_read` is as loaded: use `ChatView.readSeq` for ticks. */
  readonly messages: ReadonlyArray<Message>
  /**
   * Messages to which `messages` reply and that are not among them, by id; loaded and kept up to date automatically.
   */
  readonly quoted: ReadonlyMap<MessageId, Message>
  /** Unsent messages of the user, oldest first: show them after the newest of `messages`. */
  readonly pending: ReadonlyArray<PendingMessage>
  /** False until the first page is loaded. */
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
  /** null while online, and when unknown. */
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
  /** False until the list is loaded for the first time. */
  readonly chatsLoaded: boolean
  /** Pinned ones first, the newest pin at the top; then by newest activity. Archived ones are among them. */
  readonly chats: ReadonlyArray<ChatView>
  readonly chatById: ReadonlyMap<ChatId, ChatView>
  /** Chats that are open, or have unsent messages. */
  readonly conversations: ReadonlyMap<ChatId, Conversation>
  /**
   * The drafts that the storage held when the user entered, as they were then. A program can offer those whose chat is
   * not among `chats` once `chatsLoaded`: the user has left it. `setDraft(id, "")` drops one.
   */
  readonly storedDrafts: ReadonlyMap<ChatId, string>
  /** All users seen so far. */
  readonly users: ReadonlyMap<UserId, User>
  readonly presence: ReadonlyMap<UserId, Presence>
  /** The user's settings on all devices. */
  readonly settings: OwnSettings
  /** Users whom the user has blocked; their typing is not shown. */
  readonly blocks: ReadonlySet<UserId>
  /** Messages that are still to be sent or were refused (`failed`), in all chats, by time. */
  readonly scheduled: ReadonlyArray<ScheduledMessage>
  /** As of the last `loadSessions`. */
  readonly sessions: ReadonlyArray<DeviceSession> | null
  /**
   * How often a chat differed from what the server says it adds up to, and was loaded anew; see `onMismatch`. 0 unless
   * something is broken: the client asks on every resume and once an hour.
   */
  readonly mismatches: number
  readonly unreadTotal: number
}
