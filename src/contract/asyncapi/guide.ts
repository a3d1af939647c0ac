// The introduction of the AsyncAPI document: what a client author needs before the first frame.
import { Limits } from "../Limits.ts"
import { closeCodes, refusals } from "./closeCodes.ts"

const { heartbeat } = Limits
const count = (value: number) => value.toLocaleString("en")

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string | number>>) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")

export const guide = `A chat server. This document describes its WebSocket; \`/openapi.json\` describes HTTP.

## Connecting

\`/ws\` is all your chats in one socket, \`/ws/{chat_id}\` one chat alone. Show an access token (of \`POST /token\` or
\`POST /login\`) in one of three ways: \`Authorization: Bearer …\`; \`?token=…\` where headers cannot be set, as in a browser
(it never appears in a log); or the cookie of \`POST /login\`, which counts only when \`Origin\` is the server's own or
one that it was set up to trust. The server's first frame is \`hello\`.

A handshake can be refused:

${table(
  ["status", "why"],
  refusals.map(({ status, reason }) => [status, reason]),
)}

## Frames

Frames are text: one JSON object each, with \`type\`, at most ${count(Limits.frameBytes)} bytes. Binary frames are bad. Unknown fields are
ignored, and \`action\` is read as \`type\` where \`type\` is missing. Give a frame a \`ref\` (text or a number) and its answer
(\`ack\`, \`synced\`, \`pong\` or \`error\`) carries the same; frames of one socket are handled in their order. An \`ack\` means that
what you asked for is committed in the database.

## Missing nothing

Every lasting change of a chat (a message, an edit, a deletion, a reaction, a pin, a read mark, a member, its summary) takes the next \`version\` of that
chat, and its events reach a socket in that order, each once and without a hole. Keep the last \`version\` of each chat. To
resume after a disconnection, connect with \`?resume=true\` and send \`sync\` with them: the missed events arrive first, then
the new ones, none lost and none twice (new events wait for your \`sync\`, ${Limits.resumeSeconds} seconds at most). \`typing\` and \`presence\` are not stored.

To verify a copy of a chat, send \`sync\` with \`check\` and the range of \`seq\` that you hold. After the replay of that chat, the frame \`check\` has
the number of messages and of members and the sums of their \`version\`s. If yours differ, discard the copy and load the chat again.

## Heartbeat

The server sends a WebSocket ping every ${heartbeat.pingSeconds} seconds; clients answer it by themselves, browsers too. A socket from which
nothing arrives for ${heartbeat.timeoutSeconds} seconds is closed (4000). \`hello\` has both numbers. A client that wants to know whether the server is still there sends
\`ping\` and waits for \`pong\`.

## Close codes

1001 and 4000–4499 mean: come back, with \`sync\`. 1009 and 4500–4999 mean: do not.

${table(
  ["code", "why", "come back?"],
  closeCodes.map(({ code, reason, reconnect }) => [code, reason, reconnect ? "yes" : "no"]),
)}

A client that breaks the WebSocket protocol itself (RFC 6455) is closed with 1002 for a malformed frame, 1007 for text that is not UTF-8, and 1008 for a
message of more than ${Limits.fragments} fragments. Do not come back before the client is repaired.
`
