// Messages: sending, reading, changing, paging back.
import { Schema } from "effect"
import { HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { oneContent, writtenFields } from "../domain/Draft.ts"
import { EditHistory, editsShown } from "../domain/EditHistory.ts"
import {
  Blocked,
  ChatNotFound,
  DedupKeyReused,
  FileNotFound,
  MessageDeleted,
  MessageNotFound,
  NotAllowed,
  PrivateChatWithOneself,
  RecipientDeleted,
  TooManyChats,
  UserNotFound,
} from "../domain/errors.ts"
import { FileId } from "../domain/File.ts"
import { ChatId, MessageId, Seq, UserId } from "../domain/Ids.ts"
import { Message, MessageText } from "../domain/Message.ts"
import { mostMentions } from "../domain/mentions.ts"
import { User } from "../domain/User.ts"
import { Limits } from "./Limits.ts"
import { answer, items, nothing, ok } from "./operations/Answer.ts"
import { endpointsOf } from "./operations/groups.ts"
import { operation } from "./operations/operation.ts"
import { ids, limit, numberInPath, optional } from "./operations/parameters.ts"
import { decimal, Position } from "./Params.ts"

// The examples before the check: after it they would not reach the documents.
export const NewMessage = Schema.Struct(writtenFields)
  .annotate({
    examples: [
      { text: "Hello", dedup_key: "b1946ac9" },
      { text: "", attachments: [FileId.make(5)], dedup_key: "77159d2e" },
    ],
  })
  .check(oneContent)
  .annotate({ identifier: "NewMessage" })

const { reply_to: _, ...directFields } = writtenFields

const NewDirectMessage = Schema.Struct({ recipient_id: UserId, ...directFields })
  .annotate({ examples: [{ recipient_id: UserId.make(2), text: "Hello" }] })
  .check(oneContent)
  .annotate({ identifier: "NewDirectMessage" })

export const MessageChange = Schema.Struct({ text: MessageText }).annotate({ identifier: "MessageChange" })

/** A page has at most one position. */
const onePlace = Schema.makeFilter(
  ({ before, after, around }: { readonly before?: unknown; readonly after?: unknown; readonly around?: unknown }) => {
    if (before !== undefined && after !== undefined) {
      return { path: ["after"], issue: "cannot be combined with before" }
    }
    return around !== undefined && (before !== undefined || after !== undefined)
      ? { path: ["around"], issue: "cannot be combined with before or after" }
      : undefined
  },
)

export const MessagePage = Schema.Struct({
  items: Schema.Array(Message),
  has_more: Schema.Boolean.annotate({ description: "More in the direction of the page; with `around`: older ones." }),
  has_newer: Schema.optionalKey(Schema.Boolean.annotate({ description: "With `around` alone: there are newer ones." })),
}).annotate({ identifier: "MessagePage" })

export const Thread = Schema.Struct({
  root: Message,
  count: Schema.Int.annotate({ description: "Replies in all, deleted ones too." }),
  items: Schema.Array(Message),
  has_more: Schema.Boolean.annotate({ description: "More in the direction of the page." }),
}).annotate({ identifier: "Thread" })
export type Thread = typeof Thread.Type

export const MentionPage = Schema.Struct({
  items: Schema.Array(Message),
  next: Schema.NullOr(MessageId.annotate({ description: "The `before` of the next page; null: there are no more." })),
}).annotate({ identifier: "MentionPage" })
export type MentionPage = typeof MentionPage.Type

const Reader = Schema.Struct({ user: User }).annotate({ identifier: "Reader" })

const ofChat = { id: numberInPath("chat_id", ChatId) }
const ofMessage = { id: numberInPath("message_id", MessageId) }
/** Without a position: the newest ones. */
const place = { limit, before: optional(Position, Seq), after: optional(Position, Seq) }

/** 201; 200 for one that was sent before. */
const sent = answer(
  [Message.pipe(HttpApiSchema.status(201)), Message.pipe(HttpApiSchema.status(200))],
  Schema.Struct({ message: Message, duplicate: Schema.Boolean }),
  ({ duplicate, message }) => ({ status: duplicate ? 200 : 201, body: message }),
)

const contentErrors = [
  MessageNotFound,
  MessageDeleted,
  FileNotFound,
  DedupKeyReused,
  RecipientDeleted,
  Blocked,
] as const

export const messageOperations = {
  sendMessage: operation("sendMessage", {
    http: ["POST", "/chats/:id/messages"],
    rpc: "SendMessage",
    path: ofChat,
    body: NewMessage,
    check: oneContent,
    answer: sent,
    errors: [ChatNotFound, ...contentErrors],
    isIdempotent: true,
    isShort: true,
    summary: "Send",
    description:
      "201 once it is committed. The same `dedup_key` with the same content: 200 and the first message. The header `Idempotency-Key` says " +
      'the same as `dedup_key`. `attachments` are files of mine (else 404 `FileNotFound`), whose `text` may be `""`. ' +
      "With `forward` instead of `text` the text and attachments of that message are copied, and `forwarded` names its first author, unless they have set `forward_link: false` in their `settings`. " +
      "`@` and the user name of a member in the text mentions them, outside of code and not after `\\`; `@all` from the owner or an admin " +
      `mentions all members of a group. The answer has \`mentions\` (${mostMentions} at most) and \`mentions_all\`. ` +
      "In a private chat whose other user has blocked me: 403 `Blocked`.",
  }),
  sendDirectMessage: operation("sendDirectMessage", {
    http: ["POST", "/messages"],
    rpc: "SendTo",
    body: NewDirectMessage,
    check: oneContent,
    answer: sent,
    errors: [UserNotFound, ...contentErrors, PrivateChatWithOneself, TooManyChats],
    isIdempotent: true,
    isShort: true,
    summary: "Send to a person",
    description: "In the private chat with them, which is made when there is none.",
  }),
  listMessages: operation("listMessages", {
    http: ["GET", "/chats/:id/messages"],
    rpc: "MessagePage",
    path: ofChat,
    query: { ...place, around: optional(Position, Seq) },
    check: onePlace,
    answer: ok(MessagePage),
    errors: [ChatNotFound],
    summary: "A page of a chat",
    description:
      "Ascending by `seq`. `before`, `after` and `around` are `seq`s; without them the newest page. `around` gives a page with that " +
      "`seq` in the middle, shifted where the chat ends.",
  }),
  getHistory: operation("getHistory", {
    http: ["GET", "/history/:chat_id"],
    rpc: "History",
    path: { chat_id: numberInPath("chat_id", ChatId) },
    query: { limit, offset: optional(Position, Seq) },
    answer: ok(Schema.Array(Message)),
    errors: [ChatNotFound],
    summary: "A chat from its first message",
    description: "As fast at any `offset`.",
  }),
  listRecentMessages: operation("listRecentMessages", {
    http: ["GET", "/messages/recent"],
    rpc: "RecentMessages",
    query: { limit },
    answer: items(Message),
    errors: [],
    summary: "The newest messages of all my chats",
    description: "Newest first.",
  }),
  listMentions: operation("listMentions", {
    http: ["GET", "/me/mentions"],
    rpc: "Mentions",
    query: { limit, before: optional(decimal(MessageId), MessageId) },
    answer: ok(MentionPage),
    errors: [],
    summary: "Messages that mention me",
    description:
      "Or all members of a group since I joined it, or that reply to one of mine; in all my chats, newest first.",
  }),
  getMessages: operation("getMessages", {
    http: ["GET", "/messages"],
    rpc: "GetMessages",
    query: { ids: ids(MessageId) },
    answer: items(Message),
    errors: [],
    summary: "Messages by their ids",
    description: `Up to ${Limits.ids}, in the order of their ids. Those that I may not see are left out.`,
  }),
  getMessage: operation("getMessage", {
    http: ["GET", "/messages/:id"],
    rpc: "GetMessage",
    path: ofMessage,
    answer: ok(Message),
    errors: [MessageNotFound],
    summary: "One message",
    description:
      "As it is now: a deleted one has `deleted_at` and no text. Messages of chats that I am not in are 404.",
  }),
  getThread: operation("getThread", {
    http: ["GET", "/messages/:id/thread"],
    rpc: "Thread",
    path: ofMessage,
    query: place,
    check: onePlace,
    answer: ok(Thread),
    errors: [MessageNotFound],
    summary: "The thread of a message",
    description:
      "All replies below the message at its root, ascending by `seq`. `before` and `after` are `seq`s; without them the newest.",
  }),
  editMessage: operation("editMessage", {
    http: ["PATCH", "/messages/:id"],
    rpc: "EditMessage",
    path: ofMessage,
    body: MessageChange,
    answer: ok(Message),
    errors: [MessageNotFound, NotAllowed, MessageDeleted, Blocked],
    isShort: true,
    summary: "Edit a message",
    description: "By its sender. The new text decides whom it mentions. Attachments stay as they are.",
  }),
  deleteMessage: operation("deleteMessage", {
    http: ["DELETE", "/messages/:id"],
    rpc: "DeleteMessage",
    path: ofMessage,
    answer: nothing,
    errors: [MessageNotFound, NotAllowed],
    isShort: true,
    summary: "Delete a message",
    description: "By its sender, the owner or an admin. It stays as a tombstone without its text.",
  }),
  listEdits: operation("listEdits", {
    http: ["GET", "/messages/:id/edits"],
    rpc: "Edits",
    path: ofMessage,
    answer: ok(EditHistory),
    errors: [MessageNotFound, NotAllowed],
    summary: "Former texts of a message",
    description: `For its sender, the owner and admins. Oldest first, the newest ${editsShown} at most; none once the message is deleted.`,
  }),
  markRead: operation("markRead", {
    http: ["POST", "/messages/:id/read"],
    rpc: "MarkRead",
    path: ofMessage,
    answer: ok(Schema.Struct({ chat_id: ChatId, last_read_seq: Seq }).annotate({ identifier: "ReadMark" })),
    errors: [MessageNotFound],
    isShort: true,
    summary: "I have read up to here",
    description: "Answers with my watermark, which only rises.",
  }),
  listReaders: operation("listReaders", {
    http: ["GET", "/messages/:id/readers"],
    rpc: "Readers",
    path: ofMessage,
    answer: answer([Schema.Struct({ items: Schema.Array(Reader) })], Schema.Array(User), (users) => ({
      status: 200,
      body: { items: users.map((user) => ({ user })) },
    })),
    errors: [MessageNotFound],
    summary: "Who has read it",
    description: "Without its sender.",
  }),
}

export class MessagesApi extends HttpApiGroup.make("messages")
  .add(...endpointsOf(messageOperations))
  .annotateMerge(
    OpenApi.annotations({ title: "Messages", description: "In a chat `seq` runs 1, 2, 3 … without gaps." }),
  ) {}
