// The transport to one client: a WebSocket over TCP (SocketWire), or anything else that accepts its frames.

export interface Wire {
  /** Bytes that the network has not accepted yet. */
  readonly pending: number
  /** Whether the network has accepted any of the pending bytes since the last call. */
  moved(): boolean
  /** Writes whole frames. false: wait for `Connection.drained` before the next write. */
  write(bytes: Buffer): boolean
  /** Writes several at once. */
  writeAll(bytes: ReadonlyArray<Buffer>): boolean
  /** Sends a close frame with this code; the transport ends soon after, whether or not the peer answers. */
  close(code: number, reason: string): void
  /** Ends it without a close frame. */
  terminate(): void
  /** Stops reading from the peer. */
  pause(): void
  resume(): void
}
