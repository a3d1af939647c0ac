// The texts about frames that greet and answer one client, for the AsyncAPI document.
import { features } from "../features.ts"
import { Limits } from "../Limits.ts"
import type { AboutServerFrames } from "./About.ts"

export const aboutAnswers = {
  hello: {
    title: "Hello",
    summary: "The first frame: your ids, and the present version of each of your chats.",
    description:
      "Compare the `version` of each chat with yours: if they are equal, you missed nothing. `online` lists users who share a chat with " +
      "you. On `/ws/{chat_id}` both concern that chat alone.",
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
  ack: {
    title: "Done",
    summary: "A frame of yours was carried out; what it changed is committed in the database.",
    description:
      "Carries the `ref` of that frame and what it answers with: `message` → `message_id`, `chat_id`, `seq`, `created_at`, `duplicate`; " +
      "`read` → `chat_id`, `seq` (the watermark); `edit`, `delete`, `react` and `pin` → `message_id`; `state` → `version`; `auth` → `expires_at`.",
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
  pong: {
    title: "Pong",
    summary: "The answer to `ping`, with the server's time.",
    description: "Not to be mixed up with the WebSocket's own pong, which the server expects of every client.",
    tag: "Connection",
    examples: [{ name: "pong", payload: { type: "pong", ref: 7, time: "2026-11-21T09:30:00.000Z" } }],
  },
  error: {
    title: "Refused",
    summary: "A frame of yours was not carried out; nothing has changed.",
    description:
      "Carries the `ref` of that frame where it could be read. The socket stays open, but " +
      `${Limits.badFrames} frames in a row that are \`bad_frame\`, \`unknown_type\` or \`invalid\` close it (4500).`,
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
  state: {
    title: "My own state changed",
    summary: "A value of your own state changed; `null`: it was removed.",
    description:
      "Sent to all your devices, including the one that set it, on `/ws` alone. In the order of `version`, each once and without a hole: keep the last `version` for " +
      "`sync`, as the cursor `me`. A scheduled message that was sent is gone (`null`); one that was refused has `failed`.",
    tag: "My own state",
    examples: [
      { name: "a muted chat", payload: { type: "state", key: "chat:7", value: { level: "none" }, version: 13 } },
    ],
  },
  check: {
    title: "Sums",
    summary: "What a chat adds up to, for a client that proves that it missed nothing.",
    description:
      "Sent if `sync` requested it, after the replay of that chat and before any of its live events: at that moment you have " +
      "everything up to `version`, and so do these sums. Add up your own: the `version`s of the messages that you hold in the range, " +
      "of each the last at which the message or its reactions changed, and those of all present members. Sending, which also reads, " +
      "leaves a member's version. Another sum means that you missed something: discard your copy of the chat and load it again.\n\n" +
      "Not sent for a chat that answered `reset` or `chat_gone`, nor for one in `failed`.",
    tag: "Catching up",
    examples: [
      {
        name: "two messages of three people",
        payload: {
          type: "check",
          chat_id: 7,
          version: 66,
          messages: { count: 2, sum: 118 },
          members: { count: 3, sum: 126 },
        },
      },
    ],
  },
  synced: {
    title: "Caught up",
    summary: "The end of the replay that `sync` requested; the following events are live.",
    description:
      "`cursors` has the present version of each named chat, except those that answered `chat_gone` and those in `failed`.\n\n" +
      "A chat in `failed` could not be read now. Its live events follow a hole: keep your cursor, and send `sync` for it again " +
      "after a delay that grows each time. If reading failed in the middle, its first events arrived before `synced`, in order: " +
      "continue from the last `version` that arrived before `synced`. If it fails repeatedly, discard your copy of the chat and load it again.",
    tag: "Catching up",
    examples: [
      { name: "two chats", payload: { type: "synced", ref: "sync-1", cursors: { "7": 66, "12": 3 } } },
      {
        name: "one that cannot be read now",
        payload: { type: "synced", ref: "sync-1", cursors: { "7": 66 }, failed: [12] },
      },
    ],
  },
  reset: {
    title: "Start over",
    summary: "You missed too much of a chat: discard your copy and load it again.",
    description: "Load the chat over HTTP, and continue from `version`. `chat_id` null: your own state.",
    tag: "Catching up",
    examples: [{ name: "too far behind", payload: { type: "reset", chat_id: 12, version: 9041 } }],
  },
  chat_gone: {
    title: "Chat gone",
    summary: "You are not, or no longer, a member of a chat that `sync` named.",
    description:
      "Discard your copy. The answer is the same for a deleted chat, a removed member and a chat that never existed.",
    tag: "Catching up",
    examples: [{ name: "gone", payload: { type: "chat_gone", chat_id: 12 } }],
  },
} as const satisfies Partial<AboutServerFrames>
