// How many frames each user's sockets may send together, so that one who floods takes no more than their share of the one thread.
// Past that nothing is refused: their frames wait, and their sockets are not read from, until the sweeper's next tick.
import type { UserId } from "../../domain/Ids.ts"
import type { Connection } from "../Connection.ts"
import { tickMillis } from "./Wheel.ts"

export class FrameBudget {
  private readonly perTick: number
  private readonly taken = new Map<UserId, number>()
  private held = new Set<Connection>()

  /** 0: no limit. */
  constructor(perSecond: number) {
    this.perTick = perSecond === 0 ? Number.POSITIVE_INFINITY : Math.ceil((perSecond * tickMillis) / 1000)
  }

  /** false: this connection's frame has to wait; it is among those that `next` gives. */
  take(connection: Connection): boolean {
    if (this.perTick === Number.POSITIVE_INFINITY) return true
    const taken = this.taken.get(connection.user_id) ?? 0
    if (taken < this.perTick) {
      this.taken.set(connection.user_id, taken + 1)
      return true
    }
    this.held.add(connection)
    return false
  }

  /** A new tick: everybody has their share again; gives the connections that wait for it. */
  next(): Iterable<Connection> {
    this.taken.clear()
    const held = this.held
    if (held.size > 0) this.held = new Set()
    return held
  }
}
