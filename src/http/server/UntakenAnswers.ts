// Ends connections whose answer is not taken: node:http has a time-out for slow requests and none for that. One look at all
// connections every few seconds, and no timer for a request. A slow reader is kept for as long as it makes progress.
import type { Socket } from "node:net"
import { Limits } from "../../contract/Limits.ts"
import { takenBytes } from "../../edge/takenBytes.ts"

/** Milliseconds between two looks. */
export const lookMillis = 5_000
const untakenMillis = Limits.untakenSeconds * 1000

export class UntakenAnswers {
  /** Those that had something pending at the last look, and since when nothing of it was taken. */
  private readonly pending = new Map<Socket, { readonly taken: number; readonly since: number }>()

  /** `now` in milliseconds. Gives how many were ended. */
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
