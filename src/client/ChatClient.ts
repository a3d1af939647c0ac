// The complete client of a messenger, for programs and pages that do not use Effect: promises, callbacks, a state to
// subscribe to. Without imports of libraries, so that a page stays small.
import type { Export } from "../contract/Export.ts"
import type { ServerFrame } from "../contract/ServerFrame.ts"
import type { Service } from "../contract/ServiceApi.ts"
import type { Chat, Member, Role } from "../domain/Chat.ts"
import type { EditHistory } from "../domain/EditHistory.ts"
import type { ChatFile, File, FileId, FileKind, UploadedAs } from "../domain/File.ts"
import type { ChatId, MessageId, SessionId, UserId } from "../domain/Ids.ts"
import type { JsonObject } from "../domain/Json.ts"
import type { Message, ReactionCount } from "../domain/Message.ts"
import type { Unread } from "../domain/Unread.ts"
import type { Me, ProfilePatch, User } from "../domain/User.ts"
import type {
  ChatSettingsChange,
  ChatState,
  DeviceSession,
  FileContent,
  OwnSettingsChange,
  PendingMessage,
  Pin,
  ScheduledMessage,
} from "./state/ChatState.ts"
import type { UnknownFrame } from "./state/UnknownFrame.ts"

export interface SignUp {
  readonly username: string
  readonly email: string
  readonly password: string
  readonly display_name?: string
  /** The code of an invite, where sign-up is by invite. */
  readonly invite?: string
}

/** The visible reactions of a message. */
export interface Reactions {
  readonly reactions: ReadonlyArray<ReactionCount>
  readonly my_reactions: ReadonlyArray<string>
}

export interface ReactionPage {
  readonly items: ReadonlyArray<{ readonly user: User; readonly emoji: string; readonly at: string }>
  /** null: there are no more. */
  readonly next: string | null
}

export interface MessagePage {
  readonly items: ReadonlyArray<Message>
  readonly has_more: boolean
  /** Only with `around`: there are newer ones than these. */
  readonly has_newer?: boolean
}

export interface Thread {
  readonly root: Message
  /** The number of all replies, including deleted ones. */
  readonly count: number
  readonly items: ReadonlyArray<Message>
  readonly has_more: boolean
}

export interface MentionPage {
  readonly items: ReadonlyArray<Message>
  /** null: there are no more. */
  readonly next: MessageId | null
}

export interface Abortable {
  readonly signal?: AbortSignal
}

/** Every promise here rejects with a `ChatClientError`, whose `tag` is the problem's `_tag` (`ChatNotFound`, `NotAllowed` …). */
export interface ChatClient {
  /** The same object until something changes; unchanged parts of it are the same objects too. */
  getState(): ChatState
  /** Called after changes, once for all that happen together. Returns a function that stops it. */
  subscribe(listener: () => void): () => void
  /**
   * Every lasting or transient event that the server reports, once each, in order for each chat. A frame that this
   * client does not know arrives unchanged, under the type `unknown`.
   */
  onEvent(listener: (frame: ServerFrame | UnknownFrame) => void): () => void

  /** Resumes the session of the cookie or the token storage: null when there is none. */
  start(): Promise<Me | null>
  /** Creates an account and logs in to it. */
  register(account: SignUp): Promise<Me>
  /** `login`: user name or e-mail. */
  logIn(login: string, password: string): Promise<Me>
  logOut(): Promise<void>
  /** Closes the connection, but not the session. */
  close(): void
  /** Connects at once, whatever the reason for being offline. */
  reconnect(): void
  /** Resolves when connected and in sync; rejects when signed out or aborted. */
  whenOnline(options?: Abortable): Promise<void>

  /**
   * Puts a message in the outbox and sends it when possible, in the order of the calls per chat, once. `delivered`
   * resolves with the message's id and seq when the server has committed it and rejects when it refuses.
   */
  send(chatId: ChatId, text: string, options?: SendOptions): Sending
  /**
   * Sends a copy of a message that the user can see; it names its first author. With a `dedupKey` it may be repeated after
   * a failure: it is sent once.
   */
  forward(chatId: ChatId, messageId: MessageId, options?: { readonly dedupKey?: string }): Promise<Message>
  /** Sends a refused message again. */
  retry(dedupKey: string): void
  /** Removes a message that is not being sent. */
  discard(dedupKey: string): void
  /** Has the server send a message at that time; in the past: now. The server does it, whether this client runs or not. */
  schedule(
    chatId: ChatId,
    at: Date,
    text: string,
    options?: { readonly replyTo?: MessageId; readonly attachments?: ReadonlyArray<FileId> },
  ): Promise<ScheduledMessage>
  /**
   * Asks for the messages of the chat that are still to be sent or were refused (`failed`), by time. `ChatState.scheduled`
   * has those of all chats, and is kept up to date.
   */
  scheduled(chatId: ChatId, options?: Abortable): Promise<ReadonlyArray<ScheduledMessage>>
  /** Changes what is named; null removes the reply, or the files. One that was refused is scheduled anew. */
  changeScheduled(
    key: string,
    change: {
      readonly at?: Date
      readonly text?: string
      readonly replyTo?: MessageId | null
      readonly attachments?: ReadonlyArray<FileId> | null
    },
  ): Promise<ScheduledMessage>
  /** Once this resolves the message is never sent. Rejects with `AlreadySent` when it is too late. */
  callOff(key: string): Promise<void>
  /** Kept on this device at once and on the server after a pause: it follows to the user's other devices. */
  setDraft(chatId: ChatId, text: string): void
  /** Stores on this device what was typed in the last moment; resolves when it is stored. */
  keepDrafts(): Promise<void>
  /**
   * Changes the user's own settings of the chat, as shown in `Chat.settings`: the same on all devices. `ChatState` shows
   * the change at once, and the former value again when the server refuses.
   */
  changeChatSettings(chatId: ChatId, change: ChatSettingsChange): Promise<void>
  /** Changes the user's settings, as shown in `ChatState.settings`, in the same way. */
  changeSettings(change: OwnSettingsChange): Promise<void>

  /**
   * Uploads a file, for an avatar or for `attachments`. Tries again while the server is unreachable or busy, some times.
   * To send files in a message use `files` of `send`, which also waits for a connection.
   */
  upload(file: FileToSend, options?: UploadOptions): Promise<File>
  /** The files of a chat, newest first; `before`: the `seq` of the last one of another page. */
  chatFiles(
    chatId: ChatId,
    options?: Abortable & { readonly kind?: FileKind; readonly limit?: number; readonly before?: number },
  ): Promise<ChatFilePage>
  /** What the server offers, such as the size of the largest file; asked once. */
  service(): Promise<Service>

  /** Loads the newest page (unless it is loaded) and the members, and keeps them up to date. */
  openChat(chatId: ChatId): Promise<void>
  /** Shows the page around `seq` instead of the newest. */
  openAt(chatId: ChatId, seq: number): Promise<void>
  /** Returns to the newest page. */
  openNewest(chatId: ChatId): Promise<void>
  /** Releases the messages of the chat. */
  closeChat(chatId: ChatId): void
  loadOlder(chatId: ChatId): Promise<void>
  loadNewer(chatId: ChatId): Promise<void>
  /** Releases the messages outside of these `seq`s, to limit memory; `loadOlder` and `loadNewer` load them again. */
  keepMessages(chatId: ChatId, from: number, to: number): void
  loadMembers(chatId: ChatId): Promise<ReadonlyArray<Member>>

  /** Everything up to `seq` was visible to the user. Only rises; sent when connected, at most three times a second. */
  markRead(chatId: ChatId, seq: number): void
  /** Marks everything in all chats as read. */
  markAllRead(): Promise<void>
  /** The number of unread messages in all chats, as counted by the server. */
  unread(): Promise<Unread>
  /** Call it at every key: it is sent at most every 2 s. */
  setTyping(chatId: ChatId, isTyping: boolean): void

  /**
   * A page of the chat's messages by `seq`, whatever is open: the newest, or those before, after or around a `seq`. It does
   * not change the state.
   */
  messages(
    chatId: ChatId,
    options?: Abortable & {
      readonly limit?: number
      readonly before?: number
      readonly after?: number
      readonly around?: number
    },
  ): Promise<MessagePage>
  /** One message of a chat of the user. It does not change the state. */
  message(messageId: MessageId, options?: Abortable): Promise<Message>
  edit(messageId: MessageId, text: string): Promise<Message>
  /** Its former texts, oldest first, for its sender, the owner and admins. */
  edits(messageId: MessageId, options?: Abortable): Promise<EditHistory["items"]>
  delete(messageId: MessageId): Promise<void>
  /** The replies below the root of this message, by `seq`; `before` and `after` are `seq`s, without them the newest. */
  thread(
    messageId: MessageId,
    options?: Abortable & { readonly limit?: number; readonly before?: number; readonly after?: number },
  ): Promise<Thread>
  /**
   * Messages that mention the user or all, or reply to one of theirs, in all chats, newest first; `before`: the `next` of
   * another page.
   */
  mentions(options?: Abortable & { readonly limit?: number; readonly before?: MessageId }): Promise<MentionPage>
  /** The users who have read it, except its sender. */
  readers(messageId: MessageId, options?: Abortable): Promise<ReadonlyArray<User>>

  /** Adds an emoji of the user to the message, or removes it. */
  react(messageId: MessageId, emoji: string, on?: boolean): Promise<Reactions>
  /** The users who reacted, newest first; `before`: the `next` of another page. */
  reactions(
    messageId: MessageId,
    options?: Abortable & { readonly emoji?: string; readonly limit?: number; readonly before?: string },
  ): Promise<ReactionPage>
  /** Pins the message for all members of its chat, or unpins it. */
  pin(messageId: MessageId, on?: boolean): Promise<void>
  /** The pinned messages, newest first; afterwards `Conversation.pins` contains them. */
  loadPins(chatId: ChatId): Promise<ReadonlyArray<Pin & { readonly message: Message }>>

  /**
   * Blocks a user: they can no longer write to this one nor add them to groups, and see them offline. What they do meets
   * the refusal `Blocked`. `ChatState.blocks` has those who are blocked.
   */
  block(userId: UserId): Promise<void>
  unblock(userId: UserId): Promise<void>

  /** Created when there is none. A user who is blocked gets the chat only if it is known here. */
  openPrivate(userId: UserId): Promise<Chat>
  /** The user's chat with themselves, created when there is none. */
  openSaved(): Promise<Chat>
  createGroup(
    name: string,
    memberIds: ReadonlyArray<UserId>,
    info?: { readonly description?: string; readonly avatar?: FileId; readonly custom?: JsonObject },
  ): Promise<Chat>
  /** Changes name, description, avatar and custom of a group; null removes one of the last three. */
  changeChat(
    chatId: ChatId,
    change: {
      readonly name?: string
      readonly description?: string | null
      readonly avatar?: FileId | null
      readonly custom?: JsonObject | null
    },
  ): Promise<void>
  rename(chatId: ChatId, name: string): Promise<void>
  addMembers(chatId: ChatId, userIds: ReadonlyArray<UserId>): Promise<ReadonlyArray<Member>>
  setRole(chatId: ChatId, userId: UserId, role: Role): Promise<void>
  removeMember(chatId: ChatId, userId: UserId): Promise<void>
  leave(chatId: ChatId): Promise<void>
  deleteChat(chatId: ChatId): Promise<void>

  /** By the prefix of a user name or a display name. */
  searchUsers(query: string, options?: Abortable & { readonly limit?: number }): Promise<ReadonlyArray<User>>
  user(userId: UserId): Promise<User>
  setDisplayName(displayName: string): Promise<Me>
  /** What is named; null removes `avatar` and `custom`. Others see the change at once. */
  changeProfile(change: ProfilePatch): Promise<Me>
  changePassword(currentPassword: string, newPassword: string): Promise<void>
  /**
   * Deletes the account and signs out; unsent messages are dropped. Others keep messages that they received, from a
   * «Deleted account».
   */
  deleteAccount(password: string): Promise<void>
  /** All data of the user, in memory; for a file, request `GET /me/export` and write the stream. */
  exportData(options?: Abortable): Promise<Export>
  loadSessions(): Promise<ReadonlyArray<DeviceSession>>
  endSession(sessionId: SessionId): Promise<void>
}

export interface FileToSend {
  readonly content: FileContent
  /** That of the `File` or of the path when absent. */
  readonly name?: string
  /** An image is a `photo` when absent, which is stored without its metadata. */
  readonly as?: UploadedAs
  readonly durationMs?: number
  /** base64 of at most 64 bytes. */
  readonly waveform?: string
  /** Pixels, for showing it while it is on its way. */
  readonly width?: number
  readonly height?: number
}

export interface UploadOptions extends Abortable {
  /** `total` in bytes. Begins anew with each attempt. */
  readonly onProgress?: (sent: number, total: number) => void
}

export interface ChatFilePage {
  readonly items: ReadonlyArray<ChatFile>
  readonly has_more: boolean
}

export interface SendOptions {
  readonly replyTo?: MessageId
  /** Uploaded files of the user. Together with `files` up to 10; then the text may be empty. */
  readonly attachments?: ReadonlyArray<FileId>
  /** Files that are uploaded first. The message waits in the outbox until they are. */
  readonly files?: ReadonlyArray<FileToSend>
  /** At most 4 KiB of JSON, which the server only stores. */
  readonly custom?: JsonObject
}

/** Where a message is once the server has committed it. */
export interface Delivered {
  readonly messageId: MessageId
  readonly seq: number
}

export interface Sending {
  readonly dedupKey: string
  readonly pending: PendingMessage
  /** A page that shows `Conversation.pending` may ignore it: it causes no unhandled rejection. */
  readonly delivered: Promise<Delivered>
}
