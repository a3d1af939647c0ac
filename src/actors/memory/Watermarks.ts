// How far a chat's members have read, and the lowest of these watermarks. All marks are scanned only when the last
// member known at the lowest moves. Because sending also reads, a message is read by every other member exactly when
// the lowest has reached it.
import type { UserId } from "../../domain/Ids.ts"

export class Watermarks {
  private readonly marks = new Map<UserId, number>()
  private low = Number.POSITIVE_INFINITY
  /** Members known to be at the lowest; there may be more. */
  private lowMembers = 0

  /** Infinity without members. */
  get lowest(): number {
    return this.low
  }

  get size(): number {
    return this.marks.size
  }

  /** The lowest after these members have the marks of `after`; undefined: they have left. */
  lowestWith(touched: ReadonlySet<UserId>, after: (user_id: UserId) => number | undefined): number {
    let lowest = Number.POSITIVE_INFINITY
    let risen = 0
    for (const user_id of touched) {
      const mark = after(user_id)
      if (this.marks.get(user_id) === this.low && mark !== this.low) risen++
      if (mark !== undefined && mark < lowest) lowest = mark
    }
    if (risen < this.lowMembers) return Math.min(lowest, this.low)
    for (const [user_id, mark] of this.marks) if (mark < lowest && !touched.has(user_id)) lowest = mark
    return lowest
  }

  set(user_id: UserId, seq: number): void {
    const before = this.marks.get(user_id)
    if (before === seq) return
    this.marks.set(user_id, seq)
    if (seq < this.low) {
      this.low = seq
      this.lowMembers = 1
    } else if (before === this.low) this.release()
  }

  remove(user_id: UserId): void {
    const before = this.marks.get(user_id)
    if (before === undefined) return
    this.marks.delete(user_id)
    if (before === this.low) this.release()
  }

  clear(): void {
    this.marks.clear()
    this.low = Number.POSITIVE_INFINITY
    this.lowMembers = 0
  }

  /** One of the members at the lowest has moved. */
  private release(): void {
    if (--this.lowMembers > 0) return
    this.low = Number.POSITIVE_INFINITY
    for (const mark of this.marks.values()) {
      if (mark < this.low) {
        this.low = mark
        this.lowMembers = 0
      }
      if (mark === this.low) this.lowMembers++
    }
  }
}
