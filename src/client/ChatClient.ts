// A messenger's whole conversation with the server, for programs and pages that need not know Effect: promises, callbacks,
// a state to subscribe to. Imports no library at all, so that a page stays small.
import type { Export } from "../contract/Export.ts"
import type { ServerFrame } from "../contract/ServerFrame.ts"
import type { Chat, Member, Role } from "../domain/Chat.ts"
import type { ChatId, MessageId, SessionId, UserId } from "../domain/Ids.ts"
import type { JsonObject } from "../domain/Json.ts"
import type { Message, ReactionCount } from "../domain/Message.ts"
import type { Unread } from "../domain/Unread.ts"
import type { Me, User } from "../domain/User.ts"
import type { ChatState, DeviceSession, PendingMessage, Pin } from "./state/ChatState.ts"
import type { UnknownFrame } from "./state/UnknownFrame.ts"

export interface SignUp {
  readonly username: string
  readonly email: string
  readonly password: string
  readonly display_name?: string
}

/** What a message shows of its reactions. */
export interface Reactions {
  readonly reactions: ReadonlyArray<ReactionCount>
  readonly my_reactions: ReadonlyArray<string>
}

export interface ReactionPage {
  readonly items: ReadonlyArray<{ readonly user: User; readonly emoji: string; readonly at: string }>
  /** null: there are no more. */
  readonly next: string | null
}

export interface Thread {
  readonly root: Message
  /** Replies in all, deleted ones too. */
  readonly count: number
  readonly items: ReadonlyArray<Message>
  readonly has_more: boolean
}

export interface Abortable {
  readonly signal?: AbortSignal
}

/** Every promise here rejects with a `ChatClientError`, whose `tag` is the problem's `_tag` (`ChatNotFound`, `NotAllowed` …). */
export interface ChatClient {
  /** The same object until something changes; what did not change inside is the same object too. */
  getState(): ChatState
  /** Called after changes, once for all that came together. Gives back how to stop. */
  subscribe(listener: () => void): () => void
  /**
   * Every lasting or passing thing that the server reports, once each, in order of each chat. What this client does not know comes as it
   * is, under the type `unknown`.
   */
  onEvent(listener: (frame: ServerFrame | UnknownFrame) => void): () => void

  /** Takes up the session that the cookie or the token storage holds: null when there is none. */
  start(): Promise<Me | null>
  /** Makes an account and logs in to it. */
  register(account: SignUp): Promise<Me>
  /** `login`: user name or e-mail. */
  logIn(login: string, password: string): Promise<Me>
  logOut(): Promise<void>
  /** Ends the connection, not the session. */
  close(): void
  /** Tries at once, whatever the reason for being offline. */
  reconnect(): void
  /** Resolves when connected and caught up; rejects when signed out or aborted. */
  whenOnline(options?: Abortable): Promise<void>

  /**
   * Puts a message in the outbox and sends it when possible, in the order of the calls per chat, once.
   * `delivered` resolves with the message's id and seq when the server has committed it and rejects when it refuses.
   */
  send(chatId: ChatId, text: string, options?: SendOptions): Sending
  /** Sends a copy of a message that I can see, which names its first author. */
  forward(chatId: ChatId, messageId: MessageId): Promise<Message>
  /** Sends a refused message again. */
  retry(dedupKey: string): void
  /** Takes back a message that is not being sent. */
  discard(dedupKey: string): void
  setDraft(chatId: ChatId, text: string): void

  /** Loads the newest page (when not there) and the members; keeps them up to date from then on. */
  openChat(chatId: ChatId): Promise<void>
  /** Shows the page around `seq` instead of the newest. */
  openAt(chatId: ChatId, seq: number): Promise<void>
  /** Back to the newest page. */
  openNewest(chatId: ChatId): Promise<void>
  /** Lets the messages go again. */
  closeChat(chatId: ChatId): void
  loadOlder(chatId: ChatId): Promise<void>
  loadNewer(chatId: ChatId): Promise<void>
  /** Lets the messages outside of these `seq`s go, for a bounded memory; `loadOlder` and `loadNewer` bring them again. */
  keepMessages(chatId: ChatId, from: number, to: number): void
  loadMembers(chatId: ChatId): Promise<ReadonlyArray<Member>>

  /** Everything up to `seq` was really seen. Only rises; sent when connected, not more often than three times a second. */
  markRead(chatId: ChatId, seq: number): void
  /** Everything in all chats was seen. */
  markAllRead(): Promise<void>
  /** How much is unread in all chats, as the server counts it. */
  unread(): Promise<Unread>
  /** Call it at every key: it is told at most every 2 s. */
  setTyping(chatId: ChatId, isTyping: boolean): void

  edit(messageId: MessageId, text: string): Promise<Message>
  delete(messageId: MessageId): Promise<void>
  /** The replies below the root of this message, by `seq`; `before` and `after` are `seq`s, without them the newest. */
  thread(
    messageId: MessageId,
    options?: Abortable & { readonly limit?: number; readonly before?: number; readonly after?: number },
  ): Promise<Thread>
  /** Who has read it, without its sender. */
  readers(messageId: MessageId, options?: Abortable): Promise<ReadonlyArray<User>>

  /** Gives the message an emoji of mine, or takes it back. */
  react(messageId: MessageId, emoji: string, on?: boolean): Promise<Reactions>
  /** Who reacted, newest first; `before`: the `next` of another page. */
  reactions(
    messageId: MessageId,
    options?: Abortable & { readonly emoji?: string; readonly limit?: number; readonly before?: string },
  ): Promise<ReactionPage>
  /** Pins the message for everybody in its chat, or unpins it. */
  pin(messageId: MessageId, on?: boolean): Promise<void>
  /** The pinned messages, newest first; `Conversation.pins` has them from then on. */
  loadPins(chatId: ChatId): Promise<ReadonlyArray<Pin & { readonly message: Message }>>

  openPrivate(userId: UserId): Promise<Chat>
  createGroup(
    name: string,
    memberIds: ReadonlyArray<UserId>,
    info?: { readonly description?: string; readonly custom?: JsonObject },
  ): Promise<Chat>
  /** Name, description and custom of a group; null takes description or custom away. */
  changeChat(
    chatId: ChatId,
    change: { readonly name?: string; readonly description?: string | null; readonly custom?: JsonObject | null },
  ): Promise<void>
  rename(chatId: ChatId, name: string): Promise<void>
  addMembers(chatId: ChatId, userIds: ReadonlyArray<UserId>): Promise<ReadonlyArray<Member>>
  setRole(chatId: ChatId, userId: UserId, role: Role): Promise<void>
  removeMember(chatId: ChatId, userId: UserId): Promise<void>
  leave(chatId: ChatId): Promise<void>
  deleteChat(chatId: ChatId): Promise<void>

  /** By prefix of user name or display name. */
  searchUsers(query: string, options?: Abortable & { readonly limit?: number }): Promise<ReadonlyArray<User>>
  user(userId: UserId): Promise<User>
  setDisplayName(displayName: string): Promise<Me>
  changePassword(currentPassword: string, newPassword: string): Promise<void>
  /**
   * Ends the account for good and signs out; what waits here unsent is forgotten. Others keep what was written to them, from a
   * «Deleted account».
   */
  deleteAccount(password: string): Promise<void>
  /** All that is mine, in memory; whoever wants a file asks `GET /me/export` and writes down what comes. */
  exportData(options?: Abortable): Promise<Export>
  loadSessions(): Promise<ReadonlyArray<DeviceSession>>
  endSession(sessionId: SessionId): Promise<void>
}

export interface SendOptions {
  readonly replyTo?: MessageId
  /** At most 4 KiB of JSON, which the server only keeps. */
  readonly custom?: JsonObject
}

export interface Sending {
  readonly dedupKey: string
  readonly pending: PendingMessage
  /** A page that shows `Conversation.pending` may ignore it: it makes no unhandled rejection. */
  readonly delivered: Promise<{ readonly messageId: MessageId; readonly seq: number }>
}
