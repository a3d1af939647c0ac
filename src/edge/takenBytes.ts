// How many of the bytes written to a TCP socket the network has accepted. Node counts whole writes only
// (`writableLength`): for one answer of 3 MB to a slow reader it shows no change for minutes, and a reader that makes
// progress would look like one that has stopped.
import type { Socket } from "node:net"

/** Node's own socket timeout uses these too. */
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

/** Bytes since the socket was opened; never decreases. It stays the same while the peer accepts nothing. */
export const takenBytes = (socket: Socket): number => {
  const handle: unknown = Reflect.get(socket, "_handle")
  if (isHandle(handle)) return handle.bytesWritten - handle.writeQueueSize
  return socket.bytesWritten - socket.writableLength
}
