// Chats and their members.
import { Schema } from "effect"
import { ChatSummary, EventMember } from "../../domain/Chat.ts"
import { ChatId, UserId, Version } from "../../domain/Ids.ts"
import { serverFrame } from "./frame.ts"
import { serverWords } from "./words.ts"

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

const inChat = { chat_id: ChatId, version: Version }

/** In a replay: the thing has changed after its first version, last at this one. */
const changed = Schema.optional(Version)

export const ChatCreatedEvent = serverWords(serverFrame("chat_created", { chat: ChatSummary, version: Version }), {
  title: "New chat",
  summary: "You are in a new chat.",
  description: "Also sent to a user who is added later, as their first event of the chat.",
  tag: "Chats and members",
  examples: [{ name: "a group", payload: { type: "chat_created", chat, version: 1 } }],
})

export const ChatUpdatedEvent = serverWords(serverFrame("chat_updated", { chat: ChatSummary, version: Version }), {
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
})

export const ChatDeletedEvent = serverWords(serverFrame("chat_deleted", inChat), {
  title: "Chat deleted",
  summary: "A chat was deleted, with its messages.",
  description: "A socket on `/ws/{chat_id}` is closed with 4502 after it.",
  tag: "Chats and members",
  examples: [{ name: "deleted", payload: { type: "chat_deleted", chat_id: 7, version: 63 } }],
})

export const MemberAddedEvent = serverWords(serverFrame("member_added", { ...inChat, member: EventMember, changed }), {
  title: "Member added",
  summary: "A user joined a chat.",
  description: "The new member can read the whole history, which counts as read.",
  tag: "Chats and members",
  examples: [{ name: "joined", payload: { type: "member_added", chat_id: 7, member, version: 64 } }],
})

export const MemberUpdatedEvent = serverWords(serverFrame("member_updated", { ...inChat, member: EventMember }), {
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
})

export const MemberRemovedEvent = serverWords(serverFrame("member_removed", { ...inChat, user_id: UserId }), {
  title: "Member removed",
  summary: "A user left a chat or was removed from it.",
  description:
    "If you are the user, it is your last event of the chat, and a socket on `/ws/{chat_id}` is closed with 4502.",
  fields: {
    user_id: "Who is no longer in the chat.",
  },
  tag: "Chats and members",
  examples: [{ name: "removed", payload: { type: "member_removed", chat_id: 7, user_id: 3, version: 66 } }],
})
