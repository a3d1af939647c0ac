// The numbers of the wire contract on which clients can rely.
export const Limits = {
  /** Ids that one request may name. */
  ids: 100,
  /** Items of a page. */
  page: { default: 50, max: 200 },
  /** HTTP body, bytes. */
  bodyBytes: 1_048_576,
  /** A WebSocket message, its fragments together, bytes. */
  frameBytes: 65_536,
  /** Fragments of one message. */
  fragments: 128,
  /** Consecutive bad frames of one socket after which it is closed. */
  badFrames: 10,
  /** Frames that wait for a device that reads slowly. */
  queue: { frames: 1_024, bytes: 1_048_576 },
  /** An answer that is not read for this long ends its connection. */
  untakenSeconds: 30,
  /** For one user, on a node: long HTTP answers that may not have been read. */
  heldBytes: 67_108_864,
  heartbeat: { pingSeconds: 25, timeoutSeconds: 60 },
  /** A socket is closed when none of its pending bytes was accepted for this long. */
  stallSeconds: 60,
  /** How long "is typing" lasts after its last signal. */
  typingSeconds: 6,
  /** How long `?resume=true` waits for the first `sync`. */
  resumeSeconds: 10,
  /** The maximum number of changes of one chat that a `sync` replays; over it, `reset`. */
  replay: 5_000,
  /** The maximum number of messages of one chat in a range of `sync`'s `check`. */
  check: 5_000,
} as const
