// The outbox of a program on Node: unsent messages and drafts in a file. Each program needs its own file.
import type { UserId } from "../../domain/Ids.ts"
import { jsonFile } from "./JsonFile.ts"
import type { OutboxStorage, StoredDraft, StoredMessage } from "./OutboxStorage.ts"

interface Draft extends StoredDraft {
  readonly userId: UserId
}

interface Content {
  readonly messages: ReadonlyArray<StoredMessage>
  readonly drafts: ReadonlyArray<Draft>
}

const isContent = (value: unknown): value is Content =>
  typeof value === "object" &&
  value !== null &&
  "messages" in value &&
  Array.isArray(value.messages) &&
  "drafts" in value &&
  Array.isArray(value.drafts)

export const fileOutbox = (path: string): OutboxStorage => {
  const file = jsonFile(path, isContent)
  const messages = new Map<string, StoredMessage>()
  const drafts = new Map<string, Draft>()
  let loading: Promise<void> | undefined
  const ready = (): Promise<void> => {
    loading ??= file.read().then((content) => {
      for (const message of content?.messages ?? []) messages.set(`${message.userId}:${message.dedupKey}`, message)
      for (const draft of content?.drafts ?? []) drafts.set(`${draft.userId}:${draft.chatId}`, draft)
    })
    return loading
  }
  const save = (): Promise<void> =>
    file.write(
      messages.size + drafts.size === 0 ? null : { messages: [...messages.values()], drafts: [...drafts.values()] },
    )
  return {
    load: async (userId) => {
      await ready()
      return {
        messages: [...messages.values()].filter((message) => message.userId === userId),
        drafts: [...drafts.values()].filter((draft) => draft.userId === userId),
      }
    },
    put: async (message) => {
      await ready()
      messages.set(`${message.userId}:${message.dedupKey}`, message)
      await save()
    },
    remove: async ({ userId, dedupKey }) => {
      await ready()
      if (messages.delete(`${userId}:${dedupKey}`)) await save()
    },
    putDraft: async (userId, chatId, text, shared) => {
      await ready()
      if (text === "") drafts.delete(`${userId}:${chatId}`)
      else drafts.set(`${userId}:${chatId}`, { userId, chatId, text, shared })
      await save()
    },
  }
}
