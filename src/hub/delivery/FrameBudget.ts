// Limits the frames that all sockets of a user may send together, so that a flood takes a limited part of the one
// thread. Nothing is refused: frames over the limit wait, and their sockets are not read, until the sweeper's next
// tick.
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

  /** false: this connection's frame must wait; `next` returns the connection. */
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

  /** A new tick: all users may send again; returns the connections that wait. */
  next(): Iterable<Connection> {
    this.taken.clear()
    const held = this.held
    if (held.size > 0) this.held = new Set()
    return held
  }
}
