// Remembers the chats whose last message this process has committed, as long as the messages are where it did so. What a server has
// committed to a file it has until it ends or the file does: only a server that was started since (from a backup, or a standby that
// had not heard everything), or a table that someone restored, may be without it. So of these chats nobody need look whether the
// message is there; who knows nothing looks.
import type { ChatId } from "../../domain/Ids.ts"
import type { ChatChange } from "./Journal.ts"

/** Chats that are remembered. */
const maxRemembered = 20_000

export class ServerEpoch {
  /** Where the messages are that are remembered (`lineage` in commitPieces.ts). */
  private present: number | undefined
  /** The last `seq` of each chat. */
  private readonly last = new Map<ChatId, number>()

  /** The lineage that surely has the last messages of all these chats, if it is still the present one. undefined: who knows. */
  since(changes: ReadonlyArray<ChatChange>): number | undefined {
    for (let i = 0; i < changes.length; i++) {
      const { chat_id, last_seq, sent } = changes[i]!
      if (this.last.get(chat_id) !== last_seq - sent.length) return undefined
    }
    return this.present
  }

  /** Committed in this lineage. */
  committed({ chat_id, last_seq }: ChatChange, lineage: number): void {
    if (lineage !== this.present || (this.last.size >= maxRemembered && !this.last.has(chat_id))) this.last.clear()
    this.present = lineage
    this.last.set(chat_id, last_seq)
  }

  forget({ chat_id }: ChatChange): void {
    this.last.delete(chat_id)
  }
}
