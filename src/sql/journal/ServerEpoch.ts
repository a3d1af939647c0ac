// Remembers chats whose last message this process has committed to the present server and file. A server keeps what it
// has committed to a file until it or the file is replaced: only a server that was started later (from a backup, or a
// standby that lagged behind), or a restored table, may lack it. For these chats no check is needed whether the message
// is still there; for all others it is.
import type { ChatId } from "../../domain/Ids.ts"
import type { ChatChange } from "./shape.ts"

/** The maximum number of chats. */
const maxRemembered = 20_000

export class ServerEpoch {
  /** The server and file of the remembered messages (`lineage` in commitPieces.ts). */
  private present: number | undefined
  /** The last `seq` of each chat. */
  private readonly last = new Map<ChatId, number>()

  /**
   * The lineage that certainly has the last messages of all these chats, if it is still the present one. undefined:
   * unknown.
   */
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
