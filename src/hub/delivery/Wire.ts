// The way to one client, as a connection sees it: a WebSocket over TCP (SocketWire), or anything else that takes its frames.

export interface Wire {
  /** Bytes that the network has not taken yet. */
  readonly pending: number
  /** Whether the network has taken any of the pending bytes since the last call. */
  moved(): boolean
  /** Whole frames. false: wait for `Connection.drained` before the next write. */
  write(bytes: Buffer): boolean
  /** The same for several, in one go. */
  writeAll(bytes: ReadonlyArray<Buffer>): boolean
  /** Says goodbye with this code; the transport ends by itself soon after, whether or not the peer answers. */
  close(code: number, reason: string): void
  /** Ends it without a word. */
  terminate(): void
  /** Stops reading from the peer. */
  pause(): void
  resume(): void
}
