// Remembers when to look at each connection again, so that a tick touches those that are due and no other. One entry a connection;
// an entry that was overtaken by an earlier one is skipped.
import type { Connection } from "../Connection.ts"

/** Milliseconds. */
export const tickMillis = 250
const slots = 128

export class Wheel {
  private readonly due: Array<Array<Connection>> = Array.from({ length: slots }, () => [])
  private tick = 0

  /** Looks at the connection again in so many milliseconds, at most some 31 s. */
  schedule(connection: Connection, millis: number): void {
    const ticks = Math.min(slots - 1, Math.max(1, Math.ceil(millis / tickMillis)))
    connection.wakeTick = this.tick + ticks
    this.due[connection.wakeTick % slots]!.push(connection)
  }

  /** Moves on by one tick; gives the connections that are due. */
  advance(): ReadonlyArray<Connection> {
    this.tick++
    const slot = this.tick % slots
    const due = this.due[slot]!
    if (due.length === 0) return due
    this.due[slot] = []
    return due.filter((connection) => connection.wakeTick === this.tick && connection.closed === 0)
  }
}
