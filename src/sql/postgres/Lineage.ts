// Remembers the chats whose last message this process has committed, as long as the database's server is the one that did it. What a
// server has committed it has until it ends: only one that was started since (from a backup, or a standby that had not heard
// everything) may be without it. So of these chats nobody need look whether the message is there; who knows nothing looks.
import type { ChatId } from "../../domain/Ids.ts"
import type { ChatChange } from "../Journal.ts"

/** Chats that are remembered. */
const maxRemembered = 20_000

export class Lineage {
  /** When the server started that has what is remembered, epoch seconds. */
  private started: number | undefined
  /** The last `seq` of each chat. */
  private readonly last = new Map<ChatId, number>()

  /** When the server started that surely has the last messages of all these chats, if it runs still. undefined: who knows. */
  since(changes: ReadonlyArray<ChatChange>): number | undefined {
    for (let i = 0; i < changes.length; i++) {
      const { chat_id, last_seq, sent } = changes[i]!
      if (this.last.get(chat_id) !== last_seq - sent.length) return undefined
    }
    return this.started
  }

  /** Committed by the server that started then. */
  committed({ chat_id, last_seq }: ChatChange, started: number): void {
    if (started !== this.started || (this.last.size >= maxRemembered && !this.last.has(chat_id))) this.last.clear()
    this.started = started
    this.last.set(chat_id, last_seq)
  }

  forget({ chat_id }: ChatChange): void {
    this.last.delete(chat_id)
  }
}
