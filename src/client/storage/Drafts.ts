// Saves drafts a moment after the last key. Pending drafts are saved at once when a session ends: the next session may
// begin at once.
import type { ChatId, UserId } from "../../domain/Ids.ts"
import type { Runtime } from "../Runtime.ts"
import type { OutboxStorage } from "./OutboxStorage.ts"

/** Milliseconds. */
const rest = 400

export class Drafts {
  private readonly resting = new Map<ChatId, { readonly cancel: () => void; readonly write: () => Promise<void> }>()
  private readonly runtime: Runtime
  private readonly storage: OutboxStorage

  constructor(runtime: Runtime, storage: OutboxStorage) {
    this.runtime = runtime
    this.storage = storage
  }

  put(user: UserId, chatId: ChatId, text: string, shared: boolean): void {
    this.resting.get(chatId)?.cancel()
    const write = () => {
      this.resting.delete(chatId)
      return this.storage.putDraft(user, chatId, text, shared).catch(() => {})
    }
    this.resting.set(chatId, { cancel: this.runtime.after(text === "" ? 0 : rest, () => void write()), write })
  }

  async flush(): Promise<void> {
    await Promise.all(
      [...this.resting.values()].map(({ cancel, write }) => {
        cancel()
        return write()
      }),
    )
  }
}
