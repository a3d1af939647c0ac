// The texts about the events that the server sends by itself, for the AsyncAPI document.
import { largeGroup } from "../../domain/Chat.ts"
import { Limits } from "../Limits.ts"
import type { AboutServerFrames } from "./About.ts"

const message = {
  id: 42,
  chat_id: 7,
  seq: 13,
  sender_id: 2,
  text: "See you at nine.",
  created_at: "2026-11-21T09:30:00.000Z",
  edited_at: null,
  deleted: false,
  reply_to: 41,
  is_read: false,
  dedup_key: null,
} as const

const chat = {
  id: 7,
  type: "group",
  name: "Compilers",
  created_by: 1,
  created_at: "2026-11-20T18:00:00.000Z",
  member_count: 3,
} as const

const member = {
  user: { id: 3, username: "grace", display_name: "Grace Hopper", created_at: "2026-11-19T08:15:00.000Z" },
  role: "member",
  last_read_seq: 13,
  joined_at: "2026-11-21T09:31:00.000Z",
} as const

export const aboutEvents = {
  message: {
    title: "New message",
    summary: "A user sent a message in a chat. Your own messages arrive too, on all your devices.",
    description: "`dedup_key` is null except on the sender's devices, which recognize their message by it.",
    tag: "Messages",
    examples: [{ name: "a reply", payload: { type: "message", ...message, version: 58 } }],
  },
  message_updated: {
    title: "Message edited",
    summary: "The text of a message changed.",
    description: "The whole message in its present state: replace your copy.",
    tag: "Messages",
    examples: [
      {
        name: "edited",
        payload: {
          type: "message_updated",
          ...message,
          text: "See you at half past nine.",
          edited_at: "2026-11-21T09:32:00.000Z",
          version: 59,
        },
      },
    ],
  },
  message_deleted: {
    title: "Message deleted",
    summary: "A message was deleted; its `seq` stays.",
    description: "The tombstone: `deleted` is true and `text` empty.",
    tag: "Messages",
    examples: [
      { name: "tombstone", payload: { type: "message_deleted", ...message, text: "", deleted: true, version: 60 } },
    ],
  },
  reaction: {
    title: "Reactions changed",
    summary: "A member added or removed a reaction.",
    description:
      "`emojis` are the member's present reactions to this message, `reactions` those of all members: replace your copy. Deleting " +
      "a message removes its reactions, without a frame of their own.",
    tag: "Messages",
    examples: [
      {
        name: "a second thumb",
        payload: {
          type: "reaction",
          ...{ chat_id: 7, version: 66, message_id: 42, user_id: 3 },
          emojis: ["👍"],
          reactions: [
            { emoji: "👍", count: 2 },
            { emoji: "❤️", count: 1 },
          ],
        },
      },
    ],
  },
  pin: {
    title: "Pinned or unpinned",
    summary: "A message was pinned, or, with `removed`, unpinned.",
    description: "Deleting a message unpins it: this frame follows `message_deleted`.",
    tag: "Messages",
    examples: [
      {
        name: "pinned",
        payload: { type: "pin", chat_id: 7, version: 67, message_id: 42, user_id: 1, at: "2026-11-21T09:35:00.000Z" },
      },
      {
        name: "unpinned",
        payload: {
          type: "pin",
          ...{ chat_id: 7, version: 68, message_id: 42, user_id: 1, at: "2026-11-21T09:36:00.000Z" },
          removed: true,
        },
      },
    ],
  },
  read: {
    title: "Read",
    summary: "A member has read up to a message.",
    description:
      "The user has read the chat up to `seq`. Sending a message also marks the chat as read, without this frame.",
    tag: "Reading",
    examples: [
      { name: "read", payload: { type: "read", chat_id: 7, user_id: 3, seq: 13, message_id: 42, version: 61 } },
    ],
  },
  fully_read: {
    title: "Read by all",
    summary: "All other members have read your messages up to this one.",
    description:
      "Sent to the sender's devices alone, once per advance. It names the newest message of the sender that all others have read, " +
      "also after the last member who had not read it leaves. It has no `version`: it follows from the read marks.",
    tag: "Reading",
    examples: [{ name: "read by all", payload: { type: "fully_read", chat_id: 7, seq: 13, message_id: 42 } }],
  },
  delivered: {
    title: "Received by the other one",
    summary: "The other user of a private chat has a device that has your messages up to this one.",
    description:
      "Sent to your devices when a device of the other user has received them, a second later at most; never where that user has blocked you. It only rises. It has no `version` and is " +
      "not stored with the events: `last_delivered_seq` of the member tells it later, within some seconds.",
    tag: "Reading",
    examples: [{ name: "received", payload: { type: "delivered", chat_id: 7, user_id: 3, seq: 13 } }],
  },
  typing: {
    title: "Typing",
    summary: "A member is typing, or has stopped.",
    description:
      `Ends ${Limits.typingSeconds} seconds after the last frame, with the member's next message, and when their last device disconnects: ` +
      "the server sends `is_typing: false`. Never sent to the member who types. Not stored: a replay does not contain it.",
    tag: "Presence",
    examples: [{ name: "writing", payload: { type: "typing", chat_id: 7, user_id: 3, is_typing: true } }],
  },
  presence: {
    title: "Online or offline",
    summary: "A user who shares a chat with you came online or went offline.",
    description:
      "A user is online while any of their devices is connected, and for 10 more seconds: a user who reconnects by then was never offline. " +
      "`last_seen_at` is when the last device disconnected. Not stored: `hello` lists who is online. Sent within 250 ms to users who share a chat " +
      `of at most ${largeGroup} members.`,
    tag: "Presence",
    examples: [
      { name: "came", payload: { type: "presence", user_id: 3, status: "online", last_seen_at: null } },
      {
        name: "went",
        payload: { type: "presence", user_id: 3, status: "offline", last_seen_at: "2026-11-21T09:40:00.000Z" },
      },
    ],
  },
  user_updated: {
    title: "Changed profile",
    summary: "The name or `custom` of a user who shares a chat with you changed, or your own.",
    description:
      "The whole `User` in the present state: replace your copies. Not stored, without a `version`, and left out like `presence` for a device that reads " +
      "too slowly: what you load later has the present names anyway. Sent within some 250 ms, also to the other devices of the user.",
    tag: "Presence",
    examples: [
      { name: "renamed", payload: { type: "user_updated", user: { ...member.user, display_name: "G. Hopper" } } },
    ],
  },
  chat_created: {
    title: "New chat",
    summary: "You are in a new chat.",
    description: "Also sent to a user who is added later, as their first event of the chat.",
    tag: "Chats and members",
    examples: [{ name: "a group", payload: { type: "chat_created", chat, version: 1 } }],
  },
  chat_updated: {
    title: "Chat changed",
    summary: "The name, description or `custom` of a chat changed.",
    description: "The whole summary of the chat in its present state.",
    tag: "Chats and members",
    examples: [
      {
        name: "renamed",
        payload: {
          type: "chat_updated",
          chat: { ...chat, name: "Linkers", description: "From objects on." },
          version: 62,
        },
      },
    ],
  },
  chat_deleted: {
    title: "Chat deleted",
    summary: "A chat was deleted, with its messages.",
    description: "A socket on `/ws/{chat_id}` is closed with 4502 after it.",
    tag: "Chats and members",
    examples: [{ name: "deleted", payload: { type: "chat_deleted", chat_id: 7, version: 63 } }],
  },
  member_added: {
    title: "Member added",
    summary: "A user joined a chat.",
    description: "The new member can read the whole history, which counts as read.",
    tag: "Chats and members",
    examples: [{ name: "joined", payload: { type: "member_added", chat_id: 7, member, version: 64 } }],
  },
  member_updated: {
    title: "Member's role changed",
    summary: "The role of a member changed.",
    description: "Handing over a chat sends two: for the new owner, and for the former one, who becomes admin.",
    tag: "Chats and members",
    examples: [
      {
        name: "now admin",
        payload: { type: "member_updated", chat_id: 7, member: { ...member, role: "admin" }, version: 65 },
      },
    ],
  },
  member_removed: {
    title: "Member removed",
    summary: "A user left a chat or was removed from it.",
    description:
      "If you are the user, it is your last event of the chat, and a socket on `/ws/{chat_id}` is closed with 4502.",
    tag: "Chats and members",
    examples: [{ name: "removed", payload: { type: "member_removed", chat_id: 7, user_id: 3, version: 66 } }],
  },
} as const satisfies Partial<AboutServerFrames>
