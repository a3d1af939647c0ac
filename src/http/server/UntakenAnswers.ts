// Ends connections whose answer is not read: node:http has a timeout for slow requests, but none for slow readers.
// Checks all connections every few seconds, without a timer for each request. A slow reader stays as long as it makes
// progress.
import type { Socket } from "node:net"
import { Limits } from "../../contract/Limits.ts"
import { takenBytes } from "../../edge/takenBytes.ts"

/** Milliseconds between two checks. */
export const lookMillis = 5_000
const untakenMillis = Limits.untakenSeconds * 1000

export class UntakenAnswers {
  /** Connections with pending bytes at the last check, and since when none of them was accepted. */
  private readonly pending = new Map<Socket, { readonly taken: number; readonly since: number }>()

  /** `now` in milliseconds. Returns how many connections were ended. */
  look(connections: Iterable<Socket>, now: number): number {
    let ended = 0
    for (const socket of connections) {
      if (socket.writableLength === 0) {
        this.pending.delete(socket)
        continue
      }
      const taken = takenBytes(socket)
      const known = this.pending.get(socket)
      if (known === undefined || known.taken !== taken) this.pending.set(socket, { taken, since: now })
      else if (now - known.since >= untakenMillis) {
        this.pending.delete(socket)
        socket.destroy()
        ended++
      }
    }
    return ended
  }

  forget(socket: Socket): void {
    this.pending.delete(socket)
  }
}
