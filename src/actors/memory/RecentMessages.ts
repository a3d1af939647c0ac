// The newest committed messages of an actor: id, sender and seq, so that read receipts rarely need the database. hot:
// plain numbers in a ring, since an object for each message would outlive the young generation and be copied by the
// collector.
import type { MessageId, UserId } from "../../domain/Ids.ts"

export interface Sender {
  readonly sender_id: UserId
  readonly seq: number
  readonly id: MessageId
}

interface Recent extends Sender {
  readonly thread_id: MessageId | null
}

/** The size for a chat with few messages. */
const least = 16

export class RecentMessages {
  /** The maximum number of messages; a power of two, as is the length of the rings. */
  private readonly capacity: number
  /** The last bits of a message's `seq` determine its position. */
  private ids = new Float64Array(0)
  private senders = new Float64Array(0)
  /** The threads that they belong to; 0: none. */
  private threads = new Float64Array(0)
  /** The `seq` of the oldest, and of the newest; the latter is smaller when there is none. */
  private first = 1
  private last = 0

  constructor(capacity = 1_024) {
    this.capacity = capacity
  }

  private get size(): number {
    return this.last - this.first + 1
  }

  private place(seq: number): number {
    return seq & (this.ids.length - 1)
  }

  private keeps(seq: number): boolean {
    return seq >= this.first && seq <= this.last
  }

  /** Doubles the rings. */
  private grow(): void {
    const { ids, senders, threads } = this
    const length = Math.min(this.capacity, Math.max(least, 2 * ids.length))
    this.ids = new Float64Array(length)
    this.senders = new Float64Array(length)
    this.threads = new Float64Array(length)
    for (let seq = this.first; seq <= this.last; seq++) {
      const from = seq & (ids.length - 1)
      const to = this.place(seq)
      this.ids[to] = ids[from]!
      this.senders[to] = senders[from]!
      this.threads[to] = threads[from]!
    }
  }

  /** In the order of `seq`, without a gap. */
  push({ id, sender_id, seq, thread_id }: Recent): void {
    if (this.size === 0) {
      this.first = seq
      this.last = seq - 1
    }
    if (this.size === this.ids.length) {
      if (this.size < this.capacity) this.grow()
      else this.first++
    }
    this.last = seq
    const place = this.place(seq)
    this.ids[place] = id
    this.senders[place] = sender_id
    this.threads[place] = thread_id ?? 0
  }

  idAt(seq: number): MessageId | undefined {
    return this.keeps(seq) ? (this.ids[this.place(seq)] as MessageId) : undefined
  }

  /** The thread that a reply to this message belongs to; undefined: it is not kept. */
  threadOf(id: MessageId): MessageId | undefined {
    const place = this.find(id)
    return place === undefined ? undefined : ((this.threads[place] || id) as MessageId)
  }

  senderOf(id: MessageId): UserId | undefined {
    const place = this.find(id)
    return place === undefined ? undefined : (this.senders[place] as UserId)
  }

  /** Ids rise with `seq`, since one writer numbers both. */
  private find(id: MessageId): number | undefined {
    let low = this.first
    let high = this.last
    while (low <= high) {
      const middle = low + Math.floor((high - low) / 2)
      const place = this.place(middle)
      const found = this.ids[place]!
      if (found === id) return place
      if (found < id) low = middle + 1
      else high = middle - 1
    }
    return undefined
  }

  clear(): void {
    this.ids = new Float64Array(0)
    this.senders = new Float64Array(0)
    this.threads = new Float64Array(0)
    this.first = 1
    this.last = 0
  }

  /** Each sender's newest with `after < seq <= upTo`; undefined: some of these are older than what is kept. */
  newestPerSender(after: number, upTo: number): ReadonlyArray<Sender> | undefined {
    if (this.size === 0 || this.first > after + 1) return undefined
    const newest = new Map<UserId, Sender>()
    for (let seq = Math.min(upTo, this.last); seq > after; seq--) {
      const place = this.place(seq)
      const sender_id = this.senders[place] as UserId
      if (!newest.has(sender_id)) newest.set(sender_id, { sender_id, seq, id: this.ids[place] as MessageId })
    }
    return [...newest.values()]
  }
}
