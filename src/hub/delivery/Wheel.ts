// A timer wheel: schedules when to check each connection again, so that a tick touches only those that are due. One
// entry a connection; an entry that an earlier one replaced is skipped.
import type { Connection } from "../Connection.ts"

/** Milliseconds. */
export const tickMillis = 250
const slots = 128

export class Wheel {
  private readonly due: Array<Array<Connection>> = Array.from({ length: slots }, () => [])
  private tick = 0

  /** Checks the connection again after this number of milliseconds, at most some 31 s. */
  schedule(connection: Connection, millis: number): void {
    const ticks = Math.min(slots - 1, Math.max(1, Math.ceil(millis / tickMillis)))
    connection.wakeTick = this.tick + ticks
    this.due[connection.wakeTick % slots]!.push(connection)
  }

  /** Advances by one tick; returns the connections that are due. */
  advance(): ReadonlyArray<Connection> {
    this.tick++
    const slot = this.tick % slots
    const due = this.due[slot]!
    if (due.length === 0) return due
    this.due[slot] = []
    return due.filter((connection) => connection.wakeTick === this.tick && connection.closed === 0)
  }
}
