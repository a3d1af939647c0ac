// A connection's transport over a WebSocket. Encoded frames go directly to the TCP socket: `ws` writes whole frames
// synchronously too (there is no compression), so the two never mix within a frame.

import type { Socket } from "node:net"
import { WebSocket, WebSocketServer } from "@effect/platform-node/NodeWS"
import { CloseCode } from "../../contract/CloseCode.ts"
import { Limits } from "../../contract/Limits.ts"
import { takenBytes } from "../../edge/takenBytes.ts"
import type { Connection } from "../../hub/Connection.ts"
import type { Wire } from "../../hub/delivery/Wire.ts"

/** How long a peer may take to answer a close, milliseconds. */
const closeTimeout = 3_000
/** Pings are not answered while this many bytes are pending. */
const pongBytes = 65_536

export class HubSocket extends WebSocket {
  connection: Connection | undefined = undefined
}

// One function for all sockets, which uses `this`: a closure for each would cost memory on every idle socket.
function onMessage(this: WebSocket, data: Buffer, isBinary: boolean): void {
  if (this instanceof HubSocket) this.connection?.receive(data, isBinary)
}
function onPong(this: WebSocket, data: Buffer): void {
  if (this instanceof HubSocket) this.connection?.ponged(data)
}
/**
 * Peers that ping without reading must not fill the memory with pongs; a peer with a busy network gets the next one.
 */
function onPing(this: WebSocket, data: Buffer): void {
  if (!(this instanceof HubSocket) || this.connection === undefined) return
  this.connection.noteAlive()
  if (this.connection.wire.pending < pongBytes) this.pong(data)
}
function onClose(this: WebSocket, code: number): void {
  if (this instanceof HubSocket) this.connection?.gone(code)
}
function onError(this: WebSocket, error: Error & { readonly code?: string }): void {
  if (error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH" && this instanceof HubSocket) {
    this.connection?.closing(CloseCode.FrameTooLarge)
  }
}

export class SocketWire implements Wire {
  private readonly socket: HubSocket
  private readonly tcp: Socket
  private readonly onDrain: () => void
  /** As of the last `moved`. */
  private taken = 0

  constructor(socket: HubSocket, tcp: Socket) {
    this.socket = socket
    this.tcp = tcp
    this.onDrain = () => this.socket.connection?.drained()
    socket.on("message", onMessage)
    socket.on("pong", onPong)
    socket.on("ping", onPing)
    socket.on("close", onClose)
    socket.on("error", onError)
    tcp.on("drain", this.onDrain)
  }

  bind(connection: Connection): void {
    this.socket.connection = connection
  }

  get open(): boolean {
    return this.socket.readyState === WebSocket.OPEN
  }

  get pending(): number {
    return this.tcp.writableLength
  }

  moved(): boolean {
    const before = this.taken
    this.taken = takenBytes(this.tcp)
    return this.taken !== before
  }

  write(bytes: Buffer): boolean {
    if (this.socket.readyState !== WebSocket.OPEN) return true
    return this.tcp.write(bytes)
  }

  writeAll(bytes: ReadonlyArray<Buffer>): boolean {
    if (this.socket.readyState !== WebSocket.OPEN) return true
    const tcp = this.tcp
    let taken = true
    tcp.cork()
    for (let i = 0; i < bytes.length; i++) taken = tcp.write(bytes[i]!)
    tcp.uncork()
    return taken
  }

  close(code: number, reason: string): void {
    if (this.socket.isPaused) this.socket.resume()
    this.socket.close(code, reason)
  }

  terminate(): void {
    this.socket.terminate()
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }
}

/** Performs handshakes; does not keep sockets. */
export const handshakes = () => {
  const options = {
    noServer: true as const,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: Limits.frameBytes,
    maxFragments: Limits.fragments,
    maxBufferedChunks: 1_024,
    closeTimeout,
    autoPong: false,
    WebSocket: HubSocket,
  }
  return new WebSocketServer<typeof HubSocket>(options)
}
