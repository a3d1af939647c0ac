// The texts about the events that the server sends by itself, for the AsyncAPI document.
import { largeGroup } from "../../domain/Chat.ts"
import { Limits } from "../Limits.ts"
import type { AboutServerFrames } from "./serverFrames.ts"

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
    summary: "Somebody said something in a chat, also you yourself on any of your devices.",
    description: "`dedup_key` is null but on the sender's own devices, which know by it that the message is theirs.",
    tag: "Messages",
    examples: [{ name: "a reply", payload: { type: "message", ...message, version: 58 } }],
  },
  message_updated: {
    title: "Message edited",
    summary: "A message has another text.",
    description: "The whole message as it is now; replace what you hold.",
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
    summary: "A message was deleted; its place stays.",
    description: "The tombstone: `deleted` is true and `text` empty.",
    tag: "Messages",
    examples: [
      { name: "tombstone", payload: { type: "message_deleted", ...message, text: "", deleted: true, version: 60 } },
    ],
  },
  reaction: {
    title: "Reactions changed",
    summary: "A member reacted to a message, or took a reaction back.",
    description:
      "`emojis` are all of theirs on this message now, `reactions` everybody's: replace what you hold. When a message is deleted, its " +
      "reactions go with it, without a frame of their own.",
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
    summary: "A message was pinned, or with `removed` is pinned no more.",
    description: "A deleted message is unpinned, which has a frame of its own behind `message_deleted`.",
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
      "Everything of the chat up to `seq` is read by `user_id`. Sending reads too, without a frame of its own.",
    tag: "Reading",
    examples: [
      { name: "read", payload: { type: "read", chat_id: 7, user_id: 3, seq: 13, message_id: 42, version: 61 } },
    ],
  },
  fully_read: {
    title: "Read by all",
    summary: "Every other member has now read your messages up to this one.",
    description:
      "To the sender's devices alone, once per advance: it names their newest message that all others have read, also when the " +
      "last who had not has left. It has no `version`, for it follows from the read marks.",
    tag: "Reading",
    examples: [{ name: "read by all", payload: { type: "fully_read", chat_id: 7, seq: 13, message_id: 42 } }],
  },
  typing: {
    title: "Typing",
    summary: "Somebody is writing, or has stopped.",
    description:
      `Ends ${Limits.typingSeconds} seconds after the last sign, with the next message of the one who types, and with their last device: ` +
      "the server says `is_typing: false`. Never sent to the one who types, and not kept: nobody hears of it later.",
    tag: "Presence",
    examples: [{ name: "writing", payload: { type: "typing", chat_id: 7, user_id: 3, is_typing: true } }],
  },
  presence: {
    title: "Online or offline",
    summary: "Somebody who shares a chat with you came or went.",
    description:
      "A user is online while any of their devices is connected, and for 10 seconds longer: whoever is back by then was never away. " +
      "`last_seen_at` is when the last device went. Not kept: `hello` tells who is online. Sent to those who share a chat of at most " +
      `${largeGroup} members, within 250 ms.`,
    tag: "Presence",
    examples: [
      { name: "came", payload: { type: "presence", user_id: 3, status: "online", last_seen_at: null } },
      {
        name: "went",
        payload: { type: "presence", user_id: 3, status: "offline", last_seen_at: "2026-11-21T09:40:00.000Z" },
      },
    ],
  },
  chat_created: {
    title: "New chat",
    summary: "You are in a chat that you were not in before.",
    description: "Also for whoever is added later: the first that they hear of that chat.",
    tag: "Chats and members",
    examples: [{ name: "a group", payload: { type: "chat_created", chat, version: 1 } }],
  },
  chat_updated: {
    title: "Chat changed",
    summary: "A chat has another name, description or custom.",
    description: "The whole summary of the chat as it is now.",
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
    summary: "A chat is gone, with all that was in it.",
    description: "A socket on `/ws/{chat_id}` is closed with 4502 after it.",
    tag: "Chats and members",
    examples: [{ name: "deleted", payload: { type: "chat_deleted", chat_id: 7, version: 63 } }],
  },
  member_added: {
    title: "Member added",
    summary: "Somebody joined a chat.",
    description: "They see the history from the beginning and have it as read.",
    tag: "Chats and members",
    examples: [{ name: "joined", payload: { type: "member_added", chat_id: 7, member, version: 64 } }],
  },
  member_updated: {
    title: "Member's role changed",
    summary: "A member has another role.",
    description: "When a chat is handed over there are two of it: the new owner and the former one, now admin.",
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
    summary: "Somebody left a chat or was removed from it.",
    description:
      "When it is you, it is the last that you hear of the chat, and a socket on `/ws/{chat_id}` is closed with 4502.",
    tag: "Chats and members",
    examples: [{ name: "removed", payload: { type: "member_removed", chat_id: 7, user_id: 3, version: 66 } }],
  },
} as const satisfies Partial<AboutServerFrames>
