// Notes events in all chats, also those without listeners here, while a user's chats are being read: the read is only
// valid for a later listener if no event has passed it. Notes are kept only during such reads, and their number is
// bounded. Only useful if the hub receives every chat's events: on a single node.
import type { ChatId } from "../../domain/Ids.ts"
import type { Position } from "../../sql/chats/ChatStore.ts"

/** Chats that are noted; over this limit the oldest note is dropped, and reads under way count as passed. */
const maxNotes = 10_000

interface Note {
  readonly version: number
  /** Ordinal of this note; it grows by one with each. */
  readonly number: number
}

/** A read, from before it starts until its users listen. */
export interface Watch {
  /** The last note before it. */
  readonly since: number
}

export class ConcurrentEvents {
  /** The oldest first. */
  private readonly notes = new Map<ChatId, Note>()
  /** The oldest first. */
  private readonly watches = new Set<Watch>()
  private count = 0
  /** Notes up to this one are incomplete. */
  private lost = 0

  /** The number of noted chats. */
  get size(): number {
    return this.notes.size
  }

  /** To be called before the read: an event that is published earlier is committed, and so is in the read. */
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

  /** The chat has reached this version. */
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

  /** Events are unknown. */
  loseAll(): void {
    this.lost = ++this.count
  }

  /** Whether the chat has passed, or may have passed, a position that was read during this watch. */
  isPast(watch: Watch, { chat_id, version }: Position): boolean {
    if (watch.since < this.lost) return true
    const note = this.notes.get(chat_id)
    return note !== undefined && note.version > version
  }
}
