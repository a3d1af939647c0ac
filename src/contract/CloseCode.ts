// Why the server closes a socket. After 1001 and 4000–4499: reconnect, with `sync`. After 4500–4999 and 1009: do not.
export const CloseCode = {
  GoingAway: 1001,
  FrameTooLarge: 1009,
  Silent: 4000,
  TooSlow: 4001,
  TokenExpired: 4002,
  BadFrames: 4500,
  SessionEnded: 4501,
  NoLongerMember: 4502,
  TooManySockets: 4503,
} as const
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode]
