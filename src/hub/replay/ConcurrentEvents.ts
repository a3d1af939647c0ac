// What happens in any chat, also in those that nobody here listens to, while somebody's chats are being read: what is read is
// only good for who listens afterwards if nothing has gone past it. Kept no longer than such a read is under way, and bounded.
// Of use only where the hub hears of every chat: on a node whose broadcast does not cross.
import type { ChatId } from "../../domain/Ids.ts"
import type { Position } from "../../sql/chats/ChatStore.ts"

/** Chats that are noted; beyond that the oldest note goes, and what was being read then counts as passed by. */
const maxNotes = 10_000

interface Note {
  readonly version: number
  /** The how manieth note it is. */
  readonly number: number
}

/** A read, from before it is asked for until those who wanted it listen. */
export interface Watch {
  /** The last note before it. */
  readonly since: number
}

export class ConcurrentEvents {
  /** Oldest first. */
  private readonly notes = new Map<ChatId, Note>()
  /** Oldest first. */
  private readonly watches = new Set<Watch>()
  private count = 0
  /** Notes up to this one are not complete. */
  private lost = 0

  /** Chats that are noted. */
  get size(): number {
    return this.notes.size
  }

  /** To be called before the read is: what is told earlier is committed, and so in it. */
  begin(): Watch {
    const watch = { since: this.count }
    this.watches.add(watch)
    return watch
  }

  end(watch: Watch): void {
    this.watches.delete(watch)
    const [oldest] = this.watches
    if (oldest === undefined) this.notes.clear()
    else {
      for (const [chat_id, { number }] of this.notes) {
        if (number > oldest.since) return
        this.notes.delete(chat_id)
      }
    }
  }

  /** The chat has come to this version. */
  note(chat_id: ChatId, version: number): void {
    if (this.watches.size === 0) return
    const before = this.notes.get(chat_id)
    if (before !== undefined) this.notes.delete(chat_id)
    const highest = before !== undefined && before.version > version ? before.version : version
    this.notes.set(chat_id, { version: highest, number: ++this.count })
    if (this.notes.size <= maxNotes) return
    for (const [oldest, { number }] of this.notes) {
      this.notes.delete(oldest)
      this.lost = number
      return
    }
  }

  /** Nobody knows what has happened. */
  loseAll(): void {
    this.lost = ++this.count
  }

  /** Whether the chat has gone past a position that was read during this watch, or may have. */
  isPast(watch: Watch, { chat_id, version }: Position): boolean {
    if (watch.since < this.lost) return true
    const note = this.notes.get(chat_id)
    return note !== undefined && note.version > version
  }
}
