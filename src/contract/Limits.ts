// The numbers of the wire contract: what a client may count on.
export const Limits = {
  /** Ids that one request may name. */
  ids: 100,
  /** Items of a page. */
  page: { default: 50, max: 200 },
  /** HTTP body, bytes. */
  bodyBytes: 1_048_576,
  /** A WebSocket message, its fragments together, bytes. */
  frameBytes: 65_536,
  /** Frames of one socket that are bad in a row until it is closed. */
  badFrames: 10,
  /** What waits for a device that reads slowly. */
  queue: { frames: 1_024, bytes: 1_048_576 },
  /** An answer of which nothing is taken for so long ends its connection. */
  untakenSeconds: 30,
  /** Of one user, on a node: long HTTP answers that may not have been taken. */
  heldBytes: 67_108_864,
  heartbeat: { pingSeconds: 25, timeoutSeconds: 60 },
  /** A socket is closed when nothing of what is pending was taken for so long. */
  stallSeconds: 60,
  /** How long "is typing" lasts after the last sign of it. */
  typingSeconds: 6,
  /** How long `?resume=true` waits for the first `sync`. */
  resumeSeconds: 10,
  /** Changes of one chat that a `sync` replays at most; past that, `reset`. */
  replay: 5_000,
} as const
