// Where messages wait that the server has not taken yet, and drafts. The interface, and memory for when nothing is given.
import type { ChatId, MessageId, UserId } from "../../domain/Ids.ts"

/** A message as it waits. `order` rises with each: the order in which they go out. */
export interface StoredMessage {
  readonly userId: UserId
  readonly dedupKey: string
  readonly order: number
  readonly chatId: ChatId
  readonly text: string
  readonly replyTo: MessageId | null
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Why it was refused, null while it waits. */
  readonly failure: { readonly code: string; readonly message: string } | null
}

export interface StoredOutbox {
  /** In no particular order. */
  readonly messages: ReadonlyArray<StoredMessage>
  readonly drafts: ReadonlyArray<{ readonly chatId: ChatId; readonly text: string }>
}

/** A rejected promise is not fatal: the client goes on from memory. */
export interface OutboxStorage {
  load(userId: UserId): Promise<StoredOutbox>
  put(message: StoredMessage): Promise<void>
  remove(message: { readonly userId: UserId; readonly dedupKey: string }): Promise<void>
  /** An empty text removes it. */
  putDraft(userId: UserId, chatId: ChatId, text: string): Promise<void>
}

/** Forgets all of one person; a storage that cannot is no reason not to go. */
export const emptyOutbox = async (storage: OutboxStorage, userId: UserId): Promise<void> => {
  try {
    const { drafts, messages } = await storage.load(userId)
    await Promise.all([
      ...messages.map((message) => storage.remove(message)),
      ...drafts.map(({ chatId }) => storage.putDraft(userId, chatId, "")),
    ])
  } catch {
    return
  }
}

/** Survives nothing but a lost connection. */
export const memoryOutbox = (): OutboxStorage => {
  const messages = new Map<string, StoredMessage>()
  const drafts = new Map<string, { userId: UserId; chatId: ChatId; text: string }>()
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
    putDraft: async (userId, chatId, text) => {
      if (text === "") drafts.delete(`${userId}:${chatId}`)
      else drafts.set(`${userId}:${chatId}`, { userId, chatId, text })
    },
  }
}
