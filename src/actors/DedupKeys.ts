// Messages by the dedup_key that their sender gave them. Two senders may choose the same key, but hardly ever do: so the key alone is
// looked up, as it came, and no text of both is put together for each message.
import type { UserId } from "../domain/Ids.ts"

export class DedupKeys<Message extends { readonly sender_id: UserId }> {
  /** The oldest key first. */
  private readonly byKey = new Map<string, Message | Array<Message>>()
  private messages = 0

  get(sender_id: UserId, dedup_key: string): Message | undefined {
    const found = this.byKey.get(dedup_key)
    if (Array.isArray(found)) return found.find((message) => message.sender_id === sender_id)
    return found?.sender_id === sender_id ? found : undefined
  }

  /** In place of an older one with this key of the same sender. */
  set(dedup_key: string, message: Message): void {
    const found = this.byKey.get(dedup_key)
    if (found === undefined) {
      this.byKey.set(dedup_key, message)
      this.messages++
      return
    }
    const all = Array.isArray(found) ? found : [found]
    const others = all.filter(({ sender_id }) => sender_id !== message.sender_id)
    this.messages += others.length + 1 - all.length
    this.byKey.set(dedup_key, others.length === 0 ? message : [...others, message])
  }

  /** Forgets the oldest keys until at most so many messages are left. */
  trim(most: number): void {
    if (this.messages <= most) return
    for (const [oldest, found] of this.byKey) {
      this.byKey.delete(oldest)
      this.messages -= Array.isArray(found) ? found.length : 1
      if (this.messages <= most) return
    }
  }

  clear(): void {
    this.byKey.clear()
    this.messages = 0
  }
}
