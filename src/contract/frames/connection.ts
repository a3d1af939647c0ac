// Greeting, answers, and keeping the connection.
import { Schema } from "effect"
import { mentionCountField } from "../../domain/Chat.ts"
import { ChatId, MessageId, Seq, SessionId, UserId, Version } from "../../domain/Ids.ts"
import { Timestamp } from "../../domain/Timestamp.ts"
import { features } from "../features.ts"
import { Limits } from "../Limits.ts"
import { clientFrame, Ref, serverFrame } from "./frame.ts"
import { answeredRef, clientWords, serverWords } from "./words.ts"

export const ErrorCode = Schema.Literals([
  "bad_frame",
  "unknown_type",
  "invalid",
  "not_found",
  "forbidden",
  "conflict",
  "rate_limited",
  "unavailable",
])
export type ErrorCode = typeof ErrorCode.Type

export const ChatPosition = Schema.Struct({
  chat_id: ChatId,
  last_seq: Seq,
  last_read_seq: Seq,
  unread_count: Schema.Int,
  ...mentionCountField,
  version: Version,
})
export type ChatPosition = typeof ChatPosition.Type

export const AuthFrame = clientWords(clientFrame("auth", { token: Schema.String }), {
  title: "Renew the token",
  summary: "Hands in a newer access token, so that the socket may stay open.",
  description:
    "Send it before the token of the socket expires (close code 4002 otherwise). The token must be of the same session. A bad one " +
    "gives `forbidden`, and all stays as it was.",
  fields: {
    token: "An access token of the same session.",
  },
  tag: "Connection",
  operation: "renewToken",
  answers: ["ack", "error"],
  examples: [
    { name: "fresh token", payload: { type: "auth", ref: 6, token: "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9…" } },
  ],
})

export const PingFrame = clientWords(clientFrame("ping", {}), {
  title: "Ping",
  summary: "Asks whether the server is still there.",
  description:
    "For clients that cannot send WebSocket pings, as in a browser. Any frame or WebSocket pong shows the server that you are there.",
  tag: "Connection",
  operation: "ping",
  answers: ["pong"],
  examples: [{ name: "ping", payload: { type: "ping", ref: 7 } }],
})

export const HelloEvent = serverWords(
  serverFrame("hello", {
    user_id: UserId,
    session_id: SessionId,
    heartbeat: Schema.Struct({ ping_seconds: Schema.Int, timeout_seconds: Schema.Int }),
    features: Schema.Array(Schema.String),
    me: Version,
    chats: Schema.Array(ChatPosition),
    online: Schema.Array(UserId),
  }),
  {
    title: "Hello",
    summary: "The first frame: your ids, and the present version of each of your chats.",
    description:
      "Compare the `version` of each chat with yours: if they are equal, you missed nothing. `online` lists users who share a chat with " +
      "you. On `/ws/{chat_id}` both concern that chat alone.",
    fields: {
      user_id: "You.",
      features: "What this server can do beyond the first contract. Ask for a name; there may be more than you know.",
      session_id: "This signed-in device, as in `GET /me/sessions`.",
      me: "The present version of your own state.",
      chats: "Your chats, in no particular order.",
      online: "The users who are online and share a chat of at most 200 members with you.",
      version: "The chat's change counter at this moment.",
      heartbeat: "The intervals by which both sides detect a dead connection.",
    },
    tag: "Connection",
    examples: [
      {
        name: "one chat",
        payload: {
          type: "hello",
          user_id: 1,
          session_id: "5f0c8a52-6a0e-4d38-9f3f-0a6f2d2f7c11",
          heartbeat: {
            ping_seconds: Limits.heartbeat.pingSeconds,
            timeout_seconds: Limits.heartbeat.timeoutSeconds,
          },
          features,
          me: 12,
          chats: [{ chat_id: 7, last_seq: 13, last_read_seq: 12, unread_count: 1, version: 57 }],
          online: [2],
        },
      },
    ],
  },
)

export const AckEvent = serverWords(
  serverFrame("ack", {
    ref: Schema.optional(Ref),
    message_id: Schema.optional(MessageId),
    chat_id: Schema.optional(ChatId),
    seq: Schema.optional(Seq),
    created_at: Schema.optional(Timestamp),
    duplicate: Schema.optional(Schema.Boolean),
    expires_at: Schema.optional(Timestamp),
    version: Schema.optional(Version),
  }),
  {
    title: "Done",
    summary: "A frame of yours was carried out; what it changed is committed in the database.",
    description:
      "Carries the `ref` of that frame and what it answers with: `message` → `message_id`, `chat_id`, `seq`, `created_at`, `duplicate`; " +
      "`read` → `chat_id`, `seq` (the watermark); `edit`, `delete`, `react` and `pin` → `message_id`; `state` → `version`; `auth` → `expires_at`.",
    fields: {
      version: "After `state`: at which the value changed.",
      seq: "After `message` the place of the message; after `read` the watermark.",
      duplicate: "The `dedup_key` had created this message before.",
      expires_at: "When the token that is now in force expires.",
      ref: answeredRef,
    },
    tag: "Connection",
    examples: [
      {
        name: "of a message",
        payload: {
          type: "ack",
          ref: 1,
          message_id: 42,
          chat_id: 7,
          seq: 13,
          created_at: "2026-11-21T09:30:00.000Z",
          duplicate: false,
        },
      },
      { name: "of a read mark", payload: { type: "ack", ref: 3, chat_id: 7, seq: 13 } },
      { name: "of an edit or a deletion", payload: { type: "ack", ref: 4, message_id: 42 } },
      { name: "of a new token", payload: { type: "ack", ref: 6, expires_at: "2026-11-21T09:45:00.000Z" } },
    ],
  },
)

export const PongEvent = serverWords(serverFrame("pong", { ref: Schema.optional(Ref), time: Timestamp }), {
  title: "Pong",
  summary: "The answer to `ping`, with the server's time.",
  description: "Not to be mixed up with the WebSocket's own pong, which the server expects of every client.",
  fields: {
    time: "The server's clock.",
    ref: answeredRef,
  },
  tag: "Connection",
  examples: [{ name: "pong", payload: { type: "pong", ref: 7, time: "2026-11-21T09:30:00.000Z" } }],
})

export const ErrorEvent = serverWords(
  serverFrame("error", {
    ref: Schema.optional(Ref),
    code: ErrorCode,
    message: Schema.String,
    retry_after_ms: Schema.optional(Schema.Int),
  }),
  {
    title: "Refused",
    summary: "A frame of yours was not carried out; nothing has changed.",
    description:
      "Carries the `ref` of that frame where it could be read. The socket stays open, but " +
      `${Limits.badFrames} frames in a row that are \`bad_frame\`, \`unknown_type\` or \`invalid\` close it (4500).`,
    fields: {
      code:
        "`bad_frame`: not a JSON object, or binary. `unknown_type`: no such frame. `invalid`: `type` is missing, or a field is wrong. " +
        "`not_found`: no such chat or message of yours. `forbidden`: not with your role, not your message, or a bad token. " +
        "`conflict`: the `dedup_key` was used for other content, the message is deleted, or the other person of " +
        "a private chat has deleted their account. " +
        "`rate_limited`, `unavailable`: try again after `retry_after_ms`.",
      message: "For people. Programs go by `code`.",
      retry_after_ms: "Wait so many milliseconds before you try again.",
      ref: answeredRef,
    },
    tag: "Connection",
    examples: [
      {
        name: "too fast",
        payload: {
          type: "error",
          ref: 1,
          code: "rate_limited",
          message: "You send too fast.",
          retry_after_ms: 240,
        },
      },
      {
        name: "no such chat",
        payload: { type: "error", ref: 2, code: "not_found", message: "No such chat, or you are not a member." },
      },
    ],
  },
)
