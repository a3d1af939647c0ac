// The interface for storage of unsent messages and drafts, and the default implementation in memory.
import type { FileId } from "../../domain/File.ts"
import type { ChatId, MessageId, UserId } from "../../domain/Ids.ts"
import type { JsonObject } from "../../domain/Json.ts"
import type { PendingMessage, PendingUpload } from "../state/ChatState.ts"

export type StoredUpload = Omit<PendingUpload, "sent">

/** An unsent message. Messages are sent in ascending `order`. */
export interface StoredMessage {
  readonly userId: UserId
  readonly dedupKey: string
  readonly order: number
  readonly chatId: ChatId
  readonly text: string
  readonly replyTo: MessageId | null
  /** Absent: none. */
  readonly attachments?: ReadonlyArray<FileId>
  /** Absent: none. A storage keeps the content of each as long as the message; only `file` changes. */
  readonly uploads?: ReadonlyArray<StoredUpload>
  /** Absent in what was kept before there was any. */
  readonly custom?: JsonObject | null
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Why the server refused it; null while it waits. */
  readonly failure: PendingMessage["failure"]
}

/** A draft as it was written last on this device. */
export interface StoredDraft {
  readonly chatId: ChatId
  readonly text: string
  /** The server has it too: what the server says later is newer. Absent: it does not. */
  readonly shared?: boolean
}

export interface StoredOutbox {
  /** In no particular order. */
  readonly messages: ReadonlyArray<StoredMessage>
  readonly drafts: ReadonlyArray<StoredDraft>
}

/** A rejected promise is not fatal: the client continues in memory. */
export interface OutboxStorage {
  load(userId: UserId): Promise<StoredOutbox>
  put(message: StoredMessage): Promise<void>
  remove(message: { readonly userId: UserId; readonly dedupKey: string }): Promise<void>
  /** An empty text removes the draft. */
  putDraft(userId: UserId, chatId: ChatId, text: string, shared: boolean): Promise<void>
}

/** Deletes all data of one user; a failing storage does not prevent the log-out. */
export const emptyOutbox = async (storage: OutboxStorage, userId: UserId): Promise<void> => {
  try {
    const { drafts, messages } = await storage.load(userId)
    await Promise.all([
      ...messages.map((message) => storage.remove(message)),
      ...drafts.map(({ chatId }) => storage.putDraft(userId, chatId, "", false)),
    ])
  } catch {
    return
  }
}

/** Keeps its content only while the program runs. */
export const memoryOutbox = (): OutboxStorage => {
  const messages = new Map<string, StoredMessage>()
  const drafts = new Map<string, StoredDraft & { readonly userId: UserId }>()
  return {
    load: async (userId) => ({
      messages: [...messages.values()].filter((message) => message.userId === userId),
      drafts: [...drafts.values()].filter((draft) => draft.userId === userId),
    }),
    put: async (message) => {
      messages.set(`${message.userId}:${message.dedupKey}`, message)
    },
    remove: async ({ userId, dedupKey }) => {
      messages.delete(`${userId}:${dedupKey}`)
    },
    putDraft: async (userId, chatId, text, shared) => {
      if (text === "") drafts.delete(`${userId}:${chatId}`)
      else drafts.set(`${userId}:${chatId}`, { userId, chatId, text, shared })
    },
  }
}
