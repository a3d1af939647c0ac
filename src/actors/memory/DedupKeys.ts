// Messages by their sender's dedup_key. hot: a list that is searched from its end, since there are few, a requested key
// is usually recent, and no message needs to be hashed or grow a table.
import type { UserId } from "../../domain/Ids.ts"

export class DedupKeys<Message extends { readonly sender_id: UserId }> {
  /** The oldest first; an entry that replaces an older one is behind it. */
  private readonly keys: Array<string> = []
  private readonly messages: Array<Message> = []

  get(sender_id: UserId, dedup_key: string): Message | undefined {
    const { keys, messages } = this
    for (let i = keys.length - 1; i >= 0; i--) {
      if (keys[i] === dedup_key && messages[i]!.sender_id === sender_id) return messages[i]
    }
    return undefined
  }

  /** Replaces an older one with this key of the same sender. */
  set(dedup_key: string, message: Message): void {
    this.keys.push(dedup_key)
    this.messages.push(message)
  }

  /** Drops all but the newest. */
  trim(most: number): void {
    const surplus = this.keys.length - most
    if (surplus <= 0) return
    this.keys.splice(0, surplus)
    this.messages.splice(0, surplus)
  }

  clear(): void {
    this.trim(0)
  }
}
