// The newest messages that an actor saw committed: who sent what where, so that receipts seldom ask the database.
import type { MessageId, UserId } from "../domain/Ids.ts"

export interface Sender {
  readonly sender_id: UserId
  readonly seq: number
  readonly id: MessageId
}

export class RecentMessages {
  private entries: Array<Sender> = []
  private readonly capacity: number

  constructor(capacity = 1_024) {
    this.capacity = capacity
  }

  /** In the order of `seq`, without a gap. */
  push(entry: Sender): void {
    this.entries.push(entry)
    if (this.entries.length >= 2 * this.capacity) this.entries = this.entries.slice(-this.capacity)
  }

  idAt(seq: number): MessageId | undefined {
    const first = this.entries[0]
    return first === undefined ? undefined : this.entries[seq - first.seq]?.id
  }

  /** Is a message with this id among those kept? Ids rise with `seq`, since one writer numbers both. */
  has(id: MessageId): boolean {
    let low = 0
    let high = this.entries.length - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const found = this.entries[middle]?.id ?? 0
      if (found === id) return true
      if (found < id) low = middle + 1
      else high = middle - 1
    }
    return false
  }

  clear(): void {
    this.entries = []
  }

  /** Each sender's newest with `after < seq <= upTo`; undefined: some of these are older than what is kept. */
  newestPerSender(after: number, upTo: number): ReadonlyArray<Sender> | undefined {
    const first = this.entries[0]
    if (first === undefined || first.seq > after + 1) return undefined
    const newest: Array<Sender> = []
    for (let seq = upTo; seq > after; seq--) {
      const entry = this.entries[seq - first.seq]
      if (entry !== undefined && !newest.some(({ sender_id }) => sender_id === entry.sender_id)) newest.push(entry)
    }
    return newest
  }
}
