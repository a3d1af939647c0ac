// Who is typing and who is online, and their profiles.
import { Schema } from "effect"
import { largeGroup } from "../../domain/Chat.ts"
import { ChatId, UserId } from "../../domain/Ids.ts"
import { Timestamp } from "../../domain/Timestamp.ts"
import { User } from "../../domain/User.ts"
import { Limits } from "../Limits.ts"
import { clientFrame, serverFrame } from "./frame.ts"
import { clientWords, serverWords } from "./words.ts"

const user = { id: 3, username: "grace", display_name: "Grace Hopper", created_at: "2026-11-19T08:15:00.000Z" } as const

export const TypingFrame = clientWords(
  clientFrame("typing", { chat_id: ChatId, is_typing: Schema.optional(Schema.Boolean) }),
  {
    title: "Show typing",
    summary: "Shows the others that you are writing, or have stopped.",
    description:
      `Not answered. Repeat it while the person writes: the sign ends by itself ${Limits.typingSeconds} seconds after the last one, ` +
      "and with the next message. " +
      "A chat that is not yours gives `not_found`.",
    fields: {
      is_typing: "true when absent.",
    },
    tag: "Presence",
    operation: "showTyping",
    answers: ["error"],
    inChat: { optional: ["chat_id"], example: { name: "without the chat", payload: { type: "typing" } } },
    examples: [
      { name: "writing", payload: { type: "typing", chat_id: 7 } },
      { name: "stopped", payload: { type: "typing", chat_id: 7, is_typing: false } },
    ],
  },
)

export const TypingEvent = serverWords(
  serverFrame("typing", { chat_id: ChatId, user_id: UserId, is_typing: Schema.Boolean }),
  {
    title: "Typing",
    summary: "A member is typing, or has stopped.",
    description:
      `Ends ${Limits.typingSeconds} seconds after the last frame, with the member's next message, and when their last device disconnects: ` +
      "the server sends `is_typing: false`. Never sent to the member who types. Not stored: a replay does not contain it.",
    fields: {
      is_typing: "false: they have stopped.",
      user_id: "Who is writing.",
    },
    tag: "Presence",
    examples: [{ name: "writing", payload: { type: "typing", chat_id: 7, user_id: 3, is_typing: true } }],
  },
)

export const PresenceEvent = serverWords(
  serverFrame("presence", {
    user_id: UserId,
    status: Schema.Literals(["online", "offline"]),
    last_seen_at: Schema.NullOr(Timestamp),
  }),
  {
    title: "Online or offline",
    summary: "A user who shares a chat with you came online or went offline.",
    description:
      "A user is online while any of their devices is connected, and for 10 more seconds: a user who reconnects by then was never offline. " +
      "`last_seen_at` is when the last device disconnected. Not stored: `hello` lists who is online. Sent within 250 ms to users who share a chat " +
      `of at most ${largeGroup} members.`,
    fields: {
      status: "Whether any device of theirs is connected.",
      last_seen_at: "null while online.",
    },
    tag: "Presence",
    examples: [
      { name: "came", payload: { type: "presence", user_id: 3, status: "online", last_seen_at: null } },
      {
        name: "went",
        payload: { type: "presence", user_id: 3, status: "offline", last_seen_at: "2026-11-21T09:40:00.000Z" },
      },
    ],
  },
)

export const UserUpdatedEvent = serverWords(serverFrame("user_updated", { user: User }), {
  title: "Changed profile",
  summary: "The name or `custom` of a user who shares a chat with you changed, or your own.",
  description:
    "The whole `User` in the present state: replace your copies. Not stored, without a `version`, and left out like `presence` for a device that reads " +
    "too slowly: what you load later has the present names anyway. Sent within some 250 ms, also to the other devices of the user.",
  fields: {
    user: "The user in the present state.",
  },
  tag: "Presence",
  examples: [{ name: "renamed", payload: { type: "user_updated", user: { ...user, display_name: "G. Hopper" } } }],
})
