// The reasons of refusals and closes, and what clients should do, for the AsyncAPI document.
import { CloseCode } from "../CloseCode.ts"
import { Limits } from "../Limits.ts"

const { queue, heartbeat } = Limits
const count = (value: number) => value.toLocaleString("en")

const reasons: { readonly [Name in keyof typeof CloseCode]: string } = {
  GoingAway:
    'The server stops. The reason is `{"retry_after_ms": n}`, a different time for each socket: wait that long, then reconnect.',
  FrameTooLarge: `A message of more than ${count(Limits.frameBytes)} bytes, its fragments together.`,
  Silent: `Nothing arrived from the client for ${heartbeat.timeoutSeconds} seconds: no frame and no pong.`,
  TooSlow:
    `The client reads too slowly: its queue of ${count(queue.frames)} frames or ${count(queue.bytes)} bytes is full. ` +
    "At half of that, `typing` and `presence` are left out first. Or it took none of the pending bytes for " +
    `${Limits.stallSeconds} seconds, regardless of what it sent.`,
  TokenExpired: "The access token has expired: refresh it before reconnecting, or send `auth` in time.",
  BadFrames: `${Limits.badFrames} frames in a row were \`bad_frame\`, \`unknown_type\` or \`invalid\`.`,
  SessionEnded: "The session was ended: by logging out, by a change of password or from another device.",
  NoLongerMember: "On `/ws/{chat_id}`: no longer a member, or the chat was deleted.",
  TooManySockets: "This user has too many sockets: accepted, then closed.",
}

const comesBack = (code: number) => code === CloseCode.GoingAway || (code >= 4000 && code < 4500)

/** Every close code: its number, its reason, and whether the client should reconnect. */
export const closeCodes = Object.entries(reasons).map(([name, reason]) => {
  const code = CloseCode[name as keyof typeof CloseCode]
  return { code, name, reason, reconnect: comesBack(code) }
})

/** The HTTP answers to a refused handshake, each an `application/problem+json`. */
export const refusals = [
  { status: 400, reason: "The handshake is malformed." },
  { status: 401, reason: "No token, or one that is not (or no longer) good." },
  { status: 403, reason: "A cookie with a foreign `Origin`, or without any." },
  { status: 404, reason: "The chat is not yours, or there is no such path." },
  { status: 426, reason: "A plain HTTP request, or another WebSocket version than 13." },
  { status: 429, reason: "Its user calls too often: see `Retry-After`." },
  { status: 503, reason: "The database is away, or the server is starting, stopping or flooded: see `Retry-After`." },
] as const
