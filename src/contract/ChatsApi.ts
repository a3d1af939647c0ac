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
  PrivateChatWithOneself,
  TooManyChats,
  Unavailable,
  UnsupportedMediaType,
  UserNotFound,
} from "../domain/errors.ts"
import { FileId } from "../domain/File.ts"
import { ChatId, Seq, UserId } from "../domain/Ids.ts"
import { Text } from "../domain/Text.ts"
import { Unread } from "../domain/Unread.ts"
import { Authorization } from "./Authorization.ts"
import { described } from "./described.ts"
import { answer, created, items, nothing, ok } from "./operations/Answer.ts"
import { endpointsOf } from "./operations/groups.ts"
import { operation } from "./operations/operation.ts"
import { limit, numberInPath, optional } from "./operations/parameters.ts"
import { Position } from "./Params.ts"

/** The caller's own id and repeats do not count. */
const NewGroup = Schema.Struct({
  type: Schema.Literal("group"),
  name: ChatName,
  member_ids: Schema.Array(UserId),
  description: Schema.optionalKey(Schema.NullOr(ChatDescription)),
  avatar: Schema.optionalKey(Schema.NullOr(FileId)),
  custom: Schema.optionalKey(Schema.NullOr(Custom)),
}).annotate({ identifier: "NewGroup" })
const NewPrivateChat = Schema.Struct({
  type: Schema.Literal("private"),
  /** The peer. */
  member_ids: Schema.Array(UserId).check(Schema.isMinLength(1)),
}).annotate({ identifier: "NewPrivateChat" })

/** The chat with oneself. */
const NewSavedChat = Schema.Struct({ type: Schema.Literal("saved") }).annotate({ identifier: "NewSavedChat" })

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
const NewMembers = Schema.Struct({ user_ids: Schema.Array(UserId) }).annotate({ identifier: "NewMembers" })
export const MemberChange = Schema.Struct({ role: Role }).annotate({ identifier: "MemberChange" })

const inChat = { id: numberInPath("chat_id", ChatId) }
const ofMember = { ...inChat, user_id: numberInPath("user_id", UserId) }

/** By hand: one route for three operations, distinguished by `type`. */
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
    BodyTooLarge,
    UnsupportedMediaType,
  ],
})
  .annotateMerge(
    described(
      "Make a chat",
      "201; a private chat that the two have already is given back with 200. I am always in it. `saved` is the one chat with myself, also given back with 200: it has no " +
        "name and no peer, I am its owner, and it cannot be joined, left, renamed or deleted. 403 `Blocked`: one of those named has blocked me.",
    ),
  )
  .middleware(Authorization)

/** 200: it was there before. */
const opened = answer(
  [Chat.pipe(HttpApiSchema.status(201)), Chat.pipe(HttpApiSchema.status(200))],
  Schema.Struct({ chat: Chat, created: Schema.Boolean }),
  ({ chat, created }) => ({ status: created ? 201 : 200, body: chat }),
)

export const chatOperations = {
  createGroup: operation("createGroup", {
    http: null,
    rpc: "CreateGroup",
    body: Schema.Struct({
      name: ChatName,
      member_ids: Schema.Array(UserId),
      description: Schema.optionalKey(ChatDescription),
      avatar: Schema.optionalKey(FileId),
      custom: Schema.optionalKey(Custom),
    }),
    answer: created(Chat),
    errors: [UserNotFound, FileNotFound, Blocked, ChatFull, TooManyChats],
    isShort: true,
    summary: "Make a group",
  }),
  openPrivateChat: operation("openPrivateChat", {
    http: null,
    rpc: "OpenPrivateChat",
    body: Schema.Struct({ user_id: UserId }),
    answer: opened,
    errors: [UserNotFound, PrivateChatWithOneself, Blocked, TooManyChats],
    isShort: true,
    summary: "Open the private chat with a user",
  }),
  openSavedChat: operation("openSavedChat", {
    http: null,
    rpc: "OpenSavedChat",
    answer: opened,
    errors: [TooManyChats],
    isShort: true,
    summary: "Open the chat with myself",
  }),
  listChats: operation("listChats", {
    http: ["GET", "/chats"],
    rpc: "ListChats",
    query: { limit, before: optional(ChatCursorText, ChatCursorText) },
    answer: ok(Schema.Struct({ items: Schema.Array(Chat), next: Schema.NullOr(Schema.String) })),
    errors: [],
    summary: "My chats",
    description: "Newest activity first. `next` is the `before` of the next page, or null.",
  }),
  getChat: operation("getChat", {
    http: ["GET", "/chats/:id"],
    rpc: "GetChat",
    path: inChat,
    answer: ok(ChatWithMembers),
    errors: [ChatNotFound],
    summary: "One chat with its members",
    description:
      "The first 200 members by user id; `members_next` is the `after` of `/chats/{id}/members` for the others, absent when there are none.",
  }),
  listMembers: operation("listMembers", {
    http: ["GET", "/chats/:id/members"],
    rpc: "Members",
    path: inChat,
    query: { limit, after: optional(Position, Seq), query: optional(Text, Text) },
    answer: ok(MemberPage),
    errors: [ChatNotFound],
    summary: "Members of a chat",
    description:
      "By user id, those after the user id `after`. `next` is the `after` of the next page, or null. With `query` only those with, for each of its words, a word in user or display name that begins so, whatever the case and accents.",
  }),
  changeChat: operation("changeChat", {
    http: ["PATCH", "/chats/:id"],
    rpc: "ChangeChat",
    path: inChat,
    body: ChatChange,
    answer: ok(Chat),
    errors: [ChatNotFound, FileNotFound, NotAllowed],
    isShort: true,
    summary: "Change a group",
    description:
      "Its name, description, avatar (a photo of mine, else 404 `FileNotFound`) and custom, by its owner or an admin; null takes description, avatar or custom away. `custom` is a JSON object of at most 4 KiB that the server only keeps.",
  }),
  deleteChat: operation("deleteChat", {
    http: ["DELETE", "/chats/:id"],
    rpc: "DeleteChat",
    path: inChat,
    answer: nothing,
    errors: [ChatNotFound, NotAllowed],
    isShort: true,
    summary: "Delete a group",
    description: "By its owner; its messages go with it.",
  }),
  addMembers: operation("addMembers", {
    http: ["POST", "/chats/:id/members"],
    rpc: "AddMembers",
    path: inChat,
    body: NewMembers,
    answer: items(Member),
    errors: [ChatNotFound, NotAllowed, Blocked, UserNotFound, ChatFull, TooManyChats],
    summary: "Add people",
    description:
      "By the owner or an admin; nobody is added when one of those named has blocked me. Answers with those named, new or not. Many are added in parts, while the chat goes on: after a 503 a part of them may be in, and the same request adds the rest.",
  }),
  changeMember: operation("changeMember", {
    http: ["PATCH", "/chats/:id/members/:user_id"],
    rpc: "SetRole",
    path: ofMember,
    body: MemberChange,
    answer: ok(Member),
    errors: [ChatNotFound, NotAllowed, MemberNotFound],
    isShort: true,
    summary: "Change a role",
    description: "By the owner. `owner` hands the chat over; the former owner becomes admin.",
  }),
  removeMember: operation("removeMember", {
    http: ["DELETE", "/chats/:id/members/:user_id"],
    rpc: "RemoveMember",
    path: ofMember,
    answer: nothing,
    errors: [ChatNotFound, NotAllowed, MemberNotFound],
    isShort: true,
    summary: "Leave, or remove a member",
    description: "With your own id you leave. The owner removes anybody else, an admin plain members.",
  }),
  countUnread: operation("countUnread", {
    http: ["GET", "/me/unread"],
    rpc: "Unread",
    answer: ok(Unread),
    errors: [],
    isShort: true,
    summary: "How much I have not read",
    description: "In how many chats, how many messages, and how many of these mention me.",
  }),
  readAll: operation("readAll", {
    http: ["POST", "/me/read"],
    rpc: "ReadAll",
    answer: nothing,
    errors: [],
    isShort: true,
    summary: "Mark all chats as read",
    description:
      "What arrives while this runs stays unread. Others see it chat by chat, as after reading each. After a 503 some chats are read, and the same request reads the rest.",
  }),
}

export class ChatsApi extends HttpApiGroup.make("chats")
  .add(createChat, ...endpointsOf(chatOperations))
  .annotateMerge(
    OpenApi.annotations({ title: "Chats", description: "Private chats and groups, and who is in them." }),
  ) {}
