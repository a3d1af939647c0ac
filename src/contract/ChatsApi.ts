// Chats and their members. A chat of which the caller is no member is 404 for every operation.
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Chat, ChatWithMembers, Member, MemberPage, Role } from "../domain/Chat.ts"
import { ChatCursorText } from "../domain/ChatCursor.ts"
import { ChatDescription, ChatName, InfoPatch } from "../domain/ChatInfo.ts"
import { Custom } from "../domain/Custom.ts"
import {
  Blocked,
  BodyTooLarge,
  ChatFull,
  ChatNotFound,
  FileNotFound,
  MemberNotFound,
  NotAllowed,
  NotFound,
  PrivateChatWithOneself,
  TooManyChats,
  Unavailable,
  UnsupportedMediaType,
  UserNotFound,
} from "../domain/errors.ts"
import { FileId } from "../domain/File.ts"
import { ChatId, UserId } from "../domain/Ids.ts"
import { Text } from "../domain/Text.ts"
import { Unread } from "../domain/Unread.ts"
import { Authorization } from "./Authorization.ts"
import { described } from "./described.ts"
import { decimal, Limit, Position } from "./Params.ts"

/** The caller's own id and repeats do not count. */
const NewGroup = Schema.Struct({
  type: Schema.Literal("group"),
  name: ChatName,
  member_ids: Schema.Array(UserId),
  description: Schema.optionalKey(Schema.NullOr(ChatDescription)),
  avatar: Schema.optionalKey(Schema.NullOr(FileId)),
  custom: Schema.optionalKey(Schema.NullOr(Custom)),
})
const NewPrivateChat = Schema.Struct({
  type: Schema.Literal("private"),
  /** The peer. */
  member_ids: Schema.Array(UserId).check(Schema.isMinLength(1)),
})

/** The chat with oneself. */
const NewSavedChat = Schema.Struct({ type: Schema.Literal("saved") })

export const NewChat = Schema.Union([NewGroup, NewPrivateChat, NewSavedChat]).annotate({
  identifier: "NewChat",
  examples: [
    { type: "group", name: "Analytical engine", member_ids: [UserId.make(2), UserId.make(3)] },
    { type: "private", member_ids: [UserId.make(2)] },
    { type: "saved" },
  ],
})

export const ChatChange = InfoPatch.annotate({
  identifier: "ChatChange",
  examples: [{ name: "Compilers", description: "All about compilers.", custom: null }],
})
export const NewMembers = Schema.Struct({ user_ids: Schema.Array(UserId) }).annotate({ identifier: "NewMembers" })
export const MemberChange = Schema.Struct({ role: Role }).annotate({ identifier: "MemberChange" })

const inChat = { id: decimal(ChatId) }
const ofMember = { id: decimal(ChatId), user_id: decimal(UserId) }
const withBody = [BodyTooLarge, UnsupportedMediaType] as const

const createChat = HttpApiEndpoint.post("createChat", "/chats", {
  payload: NewChat,
  success: [Chat.pipe(HttpApiSchema.status(201)), Chat.pipe(HttpApiSchema.status(200))],
  error: [
    UserNotFound,
    FileNotFound,
    PrivateChatWithOneself,
    Blocked,
    ChatFull,
    TooManyChats,
    Unavailable,
    ...withBody,
  ],
}).annotateMerge(
  described(
    "Make a chat",
    "201; a private chat that the two have already is given back with 200. I am always in it. `saved` is the one chat with myself, also given back with 200: it has no " +
      "name and no peer, I am its owner, and it cannot be joined, left, renamed or deleted. Whoever of its people has blocked me: 403 `Blocked`.",
  ),
)

const chats = HttpApiEndpoint.get("chats", "/chats", {
  query: { limit: Schema.optional(Limit), before: Schema.optional(ChatCursorText) },
  success: Schema.Struct({ items: Schema.Array(Chat), next: Schema.NullOr(Schema.String) }),
  error: Unavailable,
}).annotateMerge(described("My chats", "Newest activity first. `next` is the `before` of the next page, or null."))

const chat = HttpApiEndpoint.get("chat", "/chats/:id", {
  params: inChat,
  success: ChatWithMembers,
  error: [NotFound, ChatNotFound, Unavailable],
}).annotateMerge(
  described(
    "One chat with its members",
    "The first 200 members by user id; `members_next` is the `after` of `/chats/{id}/members` for the others, absent when there are none.",
  ),
)

const members = HttpApiEndpoint.get("members", "/chats/:id/members", {
  params: inChat,
  query: { limit: Schema.optional(Limit), after: Schema.optional(Position), query: Schema.optional(Text) },
  success: MemberPage,
  error: [NotFound, ChatNotFound, Unavailable],
}).annotateMerge(
  described(
    "Members of a chat",
    "By user id, those after the user id `after`. `next` is the `after` of the next page, or null. With `query` only those with, for each of its words, a word in user or display name that begins so, whatever the case and accents.",
  ),
)

const changeChat = HttpApiEndpoint.patch("changeChat", "/chats/:id", {
  params: inChat,
  payload: ChatChange,
  success: Chat,
  error: [NotFound, ChatNotFound, FileNotFound, NotAllowed, Unavailable, ...withBody],
}).annotateMerge(
  described(
    "Change a group",
    "Its name, description, avatar (a photo of mine, else 404 `FileNotFound`) and custom, by its owner or an admin; null takes description, avatar or custom away. `custom` is a JSON object of at most 4 KiB that the server only keeps.",
  ),
)

const deleteChat = HttpApiEndpoint.delete("deleteChat", "/chats/:id", {
  params: inChat,
  error: [NotFound, ChatNotFound, NotAllowed, Unavailable],
}).annotateMerge(described("Delete a group", "By its owner; its messages go with it."))

const addMembers = HttpApiEndpoint.post("addMembers", "/chats/:id/members", {
  params: inChat,
  payload: NewMembers,
  success: Schema.Struct({ items: Schema.Array(Member) }),
  error: [NotFound, ChatNotFound, NotAllowed, Blocked, UserNotFound, ChatFull, TooManyChats, Unavailable, ...withBody],
}).annotateMerge(
  described(
    "Add people",
    "By the owner or an admin; nobody is added when one of those named has blocked me. Answers with those named, new or not. Many are added in parts, while the chat goes on: after a 503 a part of them may be in, and the same request adds the rest.",
  ),
)

const changeMember = HttpApiEndpoint.patch("changeMember", "/chats/:id/members/:user_id", {
  params: ofMember,
  payload: MemberChange,
  success: Member,
  error: [NotFound, ChatNotFound, NotAllowed, MemberNotFound, Unavailable, ...withBody],
}).annotateMerge(
  described("Change a role", "By the owner. `owner` hands the chat over; the former owner becomes admin."),
)

const removeMember = HttpApiEndpoint.delete("removeMember", "/chats/:id/members/:user_id", {
  params: ofMember,
  error: [NotFound, ChatNotFound, NotAllowed, MemberNotFound, Unavailable],
}).annotateMerge(described("Leave, or remove a member", "Oneself: leave. Another: the owner, or an admin a member."))

const unread = HttpApiEndpoint.get("unread", "/me/unread", { success: Unread, error: Unavailable }).annotateMerge(
  described("How much I have not read", "In how many chats, how many messages, and how many of these mention me."),
)

const readAll = HttpApiEndpoint.post("readAll", "/me/read", { error: Unavailable }).annotateMerge(
  described(
    "Mark all chats as read",
    "What arrives while this runs stays unread. Others see it chat by chat, as after reading each. After a 503 some chats are read, and the same request reads the rest.",
  ),
)

export class ChatsApi extends HttpApiGroup.make("chats")
  .add(
    createChat,
    chats,
    chat,
    members,
    changeChat,
    deleteChat,
    addMembers,
    changeMember,
    removeMember,
    unread,
    readAll,
  )
  .middleware(Authorization)
  .annotateMerge(
    OpenApi.annotations({ title: "Chats", description: "Private chats and groups, and who is in them." }),
  ) {}
