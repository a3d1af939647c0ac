// The texts about frames that greet and answer one client, for the AsyncAPI document.
import { features } from "../features.ts"
import { Limits } from "../Limits.ts"
import type { AboutServerFrames } from "./serverFrames.ts"

export const aboutAnswers = {
  hello: {
    title: "Hello",
    summary: "The first frame: who you are and where each of your chats stands.",
    description:
      "Compare each chat's `version` with what you hold: equal means that nothing was missed. `online` are those who share a chat with " +
      "you. On `/ws/{chat_id}` both speak of that chat alone.",
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
    summary: "A value of yours is another one now; `null`: it is gone.",
    description:
      "To all your devices, also the one that set it, on `/ws` alone. In the order of `version`, each once and without a hole: keep the last one for " +
      "`sync`, as the cursor `me`.",
    tag: "My own state",
    examples: [
      { name: "a muted chat", payload: { type: "state", key: "chat:7", value: { level: "none" }, version: 13 } },
    ],
  },
  synced: {
    title: "Caught up",
    summary: "The end of what `sync` asked for; from here on events are live.",
    description:
      "`cursors` tells where each of the named chats stands now. Chats that answered `chat_gone` are not in it, nor are those in `failed`.\n\n" +
      "A chat in `failed` could not be read now. Its live events follow, behind a hole: keep your cursor, and send `sync` for it again " +
      "after a while, later each time. When the reading broke off in the middle, its first events came before `synced`, in their order: " +
      "then go on from the last `version` that came before `synced`. When it fails again and again, drop what you hold of the chat, and load it anew.",
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
    summary: "Too much was missed in a chat: drop what you hold of it and load it anew.",
    description: "Load the chat over HTTP, and go on from `version`. `chat_id` null: your own state.",
    tag: "Catching up",
    examples: [{ name: "too far behind", payload: { type: "reset", chat_id: 12, version: 9041 } }],
  },
  chat_gone: {
    title: "Chat gone",
    summary: "A chat that you asked to catch up with is not, or no longer, yours.",
    description: "Forget it. The same answer whether it was deleted, you were removed, or it never was.",
    tag: "Catching up",
    examples: [{ name: "gone", payload: { type: "chat_gone", chat_id: 12 } }],
  },
} as const satisfies Partial<AboutServerFrames>
