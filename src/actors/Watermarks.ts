// How far a chat's members have read, counted so that the lowest watermark is known without looking at all of them.
// Because sending also reads, a message is read by every other member exactly when the lowest watermark has reached it.
import type { UserId } from "../domain/Ids.ts"

export class Watermarks {
  private readonly marks = new Map<UserId, number>()
  private readonly counts = new Map<number, number>()
  private low = Number.POSITIVE_INFINITY

  /** Infinity while there is nobody. */
  get lowest(): number {
    return this.low
  }

  get size(): number {
    return this.marks.size
  }

  set(user_id: UserId, seq: number): void {
    const before = this.marks.get(user_id)
    if (before === seq) return
    this.marks.set(user_id, seq)
    this.counts.set(seq, (this.counts.get(seq) ?? 0) + 1)
    if (seq < this.low) this.low = seq
    if (before !== undefined) this.release(before)
  }

  remove(user_id: UserId): void {
    const before = this.marks.get(user_id)
    if (before === undefined) return
    this.marks.delete(user_id)
    this.release(before)
  }

  clear(): void {
    this.marks.clear()
    this.counts.clear()
    this.low = Number.POSITIVE_INFINITY
  }

  private release(seq: number): void {
    const count = this.counts.get(seq) ?? 0
    if (count > 1) {
      this.counts.set(seq, count - 1)
      return
    }
    this.counts.delete(seq)
    if (seq !== this.low) return
    let low = Number.POSITIVE_INFINITY
    for (const mark of this.counts.keys()) if (mark < low) low = mark
    this.low = low
  }
}
