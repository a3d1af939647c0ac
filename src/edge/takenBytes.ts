// How much of what was written to a TCP socket the network has taken. Node shows whole writes alone (`writableLength`): of one answer of
// 3 MB to a slow reader it shows nothing for minutes, and a reader that makes progress would look like one that has stopped.
import type { Socket } from "node:net"

/** What Node's own time-out of a socket looks at, too. */
interface Handle {
  readonly bytesWritten: number
  readonly writeQueueSize: number
}

const isHandle = (value: unknown): value is Handle =>
  typeof value === "object" &&
  value !== null &&
  "bytesWritten" in value &&
  typeof value.bytesWritten === "number" &&
  "writeQueueSize" in value &&
  typeof value.writeQueueSize === "number"

/** Bytes since the socket was opened; never falls. It stands still for as long as the peer takes nothing. */
export const takenBytes = (socket: Socket): number => {
  const handle: unknown = Reflect.get(socket, "_handle")
  if (isHandle(handle)) return handle.bytesWritten - handle.writeQueueSize
  return socket.bytesWritten - socket.writableLength
}
