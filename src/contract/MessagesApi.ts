// Messages: sending, reading, changing, paging back.
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { oneContent, writtenFields } from "../domain/Draft.ts"
import { EditHistory, editsShown } from "../domain/EditHistory.ts"
import {
  Blocked,
  BodyTooLarge,
  ChatNotFound,
  DedupKeyReused,
  FileNotFound,
  MessageDeleted,
  MessageNotFound,
  NotAllowed,
  NotFound,
  PrivateChatWithOneself,
  RecipientDeleted,
  TooManyChats,
  Unavailable,
  UnsupportedMediaType,
  UserNotFound,
} from "../domain/errors.ts"
import { FileId } from "../domain/File.ts"
import { ChatId, MessageId, Seq, UserId } from "../domain/Ids.ts"
import { Message, MessageText } from "../domain/Message.ts"
import { mostMentions } from "../domain/mentions.ts"
import { User } from "../domain/User.ts"
import { Authorization } from "./Authorization.ts"
import { described } from "./described.ts"
import { Limits } from "./Limits.ts"
import { decimal, idList, Limit, Position } from "./Params.ts"

export const NewMessage = Schema.Struct(writtenFields)
  .check(oneContent)
  .annotate({
    identifier: "NewMessage",
    examples: [
      { text: "Hello", dedup_key: "b1946ac9" },
      { text: "", attachments: [FileId.make(5)], dedup_key: "77159d2e" },
    ],
  })

const { reply_to: _, ...directFields } = writtenFields

export const NewDirectMessage = Schema.Struct({ recipient_id: UserId, ...directFields })
  .check(oneContent)
  .annotate({ identifier: "NewDirectMessage", examples: [{ recipient_id: UserId.make(2), text: "Hello" }] })

/** A header with the meaning of `dedup_key`. Not in the endpoints' types, so that callers need not pass it. */
export const idempotencyKey = "Idempotency-Key"
const idempotent = OpenApi.annotations({
  transform: (operation) => ({
    ...operation,
    parameters: [
      ...(Array.isArray(operation.parameters) ? operation.parameters : []),
      {
        name: idempotencyKey,
        in: "header",
        required: false,
        schema: { type: "string", minLength: 1, maxLength: 64 },
        description: "The same as `dedup_key`; both and different: 400.",
      },
    ],
  }),
})

export const MessageChange = Schema.Struct({ text: MessageText }).annotate({ identifier: "MessageChange" })

/** A page has at most one position. */
export const onePlace = Schema.makeFilter(
  ({ before, after, around }: { readonly before?: unknown; readonly after?: unknown; readonly around?: unknown }) => {
    if (before !== undefined && after !== undefined) {
      return { path: ["after"], issue: "cannot be combined with before" }
    }
    return around !== undefined && (before !== undefined || after !== undefined)
      ? { path: ["around"], issue: "cannot be combined with before or after" }
      : undefined
  },
)

/** Without a position: the newest page. */
export const PageQuery = Schema.Struct({
  limit: Schema.optional(Limit),
  before: Schema.optional(Position),
  after: Schema.optional(Position),
  around: Schema.optional(Position),
}).check(onePlace)

export const MessagePage = Schema.Struct({
  items: Schema.Array(Message),
  has_more: Schema.Boolean.annotate({ description: "More in the direction of the page; with `around`: older ones." }),
  has_newer: Schema.optionalKey(Schema.Boolean.annotate({ description: "With `around` alone: there are newer ones." })),
}).annotate({ identifier: "MessagePage" })

/** Without a position: the newest replies. */
export const ThreadQuery = Schema.Struct({
  limit: Schema.optional(Limit),
  before: Schema.optional(Position),
  after: Schema.optional(Position),
}).check(onePlace)

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

/** The chat of `GET /chats/{id}/messages` and of `GET /history/{chat_id}`. */
export const PageParams = Schema.Struct({ id: decimal(ChatId) })
export const HistoryParams = Schema.Struct({ chat_id: decimal(ChatId) })
export const HistoryQuery = Schema.Struct({ limit: Schema.optional(Limit), offset: Schema.optional(Position) })

const ofMessage = { id: decimal(MessageId) }
const withBody = [BodyTooLarge, UnsupportedMediaType] as const
const sent = [Message.pipe(HttpApiSchema.status(201)), Message.pipe(HttpApiSchema.status(200))] as const
const Items = Schema.Struct({ items: Schema.Array(Message) })

const sendMessage = HttpApiEndpoint.post("sendMessage", "/chats/:id/messages", {
  params: { id: decimal(ChatId) },
  payload: NewMessage,
  success: sent,
  error: [
    NotFound,
    ChatNotFound,
    MessageNotFound,
    MessageDeleted,
    FileNotFound,
    DedupKeyReused,
    RecipientDeleted,
    Blocked,
    Unavailable,
    ...withBody,
  ],
})
  .annotateMerge(idempotent)
  .annotateMerge(
    described(
      "Send",
      "201 once it is committed. The same `dedup_key` with the same content: 200 and the first message. The header `Idempotency-Key` says " +
        'the same as `dedup_key`. `attachments` are files of mine (else 404 `FileNotFound`), whose `text` may be `""`. ' +
        "With `forward` instead of `text` the text and attachments of that message are copied, and `forwarded` names its first author. " +
        "`@` and the user name of a member in the text mentions them, outside of code and not after `\\`; `@all` from the owner or an admin " +
        `mentions all members of a group. The answer has \`mentions\` (${mostMentions} at most) and \`mentions_all\`. ` +
        "In a private chat whose other user has blocked me: 403 `Blocked`.",
    ),
  )

const sendDirectMessage = HttpApiEndpoint.post("sendDirectMessage", "/messages", {
  payload: NewDirectMessage,
  success: sent,
  error: [
    UserNotFound,
    MessageNotFound,
    MessageDeleted,
    FileNotFound,
    PrivateChatWithOneself,
    DedupKeyReused,
    RecipientDeleted,
    Blocked,
    TooManyChats,
    Unavailable,
    ...withBody,
  ],
})
  .annotateMerge(idempotent)
  .annotateMerge(described("Send to a person", "In the private chat with them, which is made when there is none."))

const messages = HttpApiEndpoint.get("messages", "/chats/:id/messages", {
  params: PageParams,
  query: PageQuery,
  success: MessagePage,
  error: [NotFound, ChatNotFound, Unavailable],
}).annotateMerge(
  described(
    "A page of a chat",
    "Ascending by `seq`. `before`, `after` and `around` are `seq`s; without them the newest page. `around` gives a page with that " +
      "`seq` in the middle, shifted where the chat ends.",
  ),
)

const byIds = HttpApiEndpoint.get("messagesByIds", "/messages", {
  query: { ids: idList(MessageId) },
  success: Items,
  error: Unavailable,
}).annotateMerge(
  described(
    "Messages by their ids",
    `Up to ${Limits.ids}, in the order of their ids. Those that I may not see are left out.`,
  ),
)

const byId = HttpApiEndpoint.get("message", "/messages/:id", {
  params: ofMessage,
  success: Message,
  error: [NotFound, MessageNotFound, Unavailable],
}).annotateMerge(described("One message"))

const history = HttpApiEndpoint.get("history", "/history/:chat_id", {
  params: HistoryParams,
  query: HistoryQuery,
  success: Schema.Array(Message),
  error: [NotFound, ChatNotFound, Unavailable],
}).annotateMerge(described("A chat from its first message", "As fast at any `offset`."))

const recent = HttpApiEndpoint.get("recentMessages", "/messages/recent", {
  query: { limit: Schema.optional(Limit) },
  success: Items,
  error: Unavailable,
}).annotateMerge(described("The newest messages of all my chats", "Newest first."))

const mentions = HttpApiEndpoint.get("mentions", "/me/mentions", {
  query: { limit: Schema.optional(Limit), before: Schema.optional(decimal(MessageId)) },
  success: MentionPage,
  error: Unavailable,
}).annotateMerge(
  described(
    "Messages that mention me",
    "Or all members of a group since I joined it, or that reply to one of mine; in all my chats, newest first.",
  ),
)

const thread = HttpApiEndpoint.get("thread", "/messages/:id/thread", {
  params: ofMessage,
  query: ThreadQuery,
  success: Thread,
  error: [NotFound, MessageNotFound, Unavailable],
}).annotateMerge(
  described(
    "The thread of a message",
    "All replies below the message at its root, ascending by `seq`. `before` and `after` are `seq`s; without them the newest.",
  ),
)

const edit = HttpApiEndpoint.patch("editMessage", "/messages/:id", {
  params: ofMessage,
  payload: MessageChange,
  success: Message,
  error: [NotFound, MessageNotFound, NotAllowed, MessageDeleted, Blocked, Unavailable, ...withBody],
}).annotateMerge(
  described("Edit a message", "By its sender. The new text decides whom it mentions. Attachments stay as they are."),
)

const remove = HttpApiEndpoint.delete("deleteMessage", "/messages/:id", {
  params: ofMessage,
  error: [NotFound, MessageNotFound, NotAllowed, Unavailable],
}).annotateMerge(
  described("Delete a message", "By its sender, the owner or an admin. It stays as a tombstone without its text."),
)

const markRead = HttpApiEndpoint.post("markRead", "/messages/:id/read", {
  params: ofMessage,
  success: Schema.Struct({ chat_id: ChatId, last_read_seq: Seq }),
  error: [NotFound, MessageNotFound, Unavailable],
}).annotateMerge(described("I have read up to here", "Answers with my watermark, which only rises."))

const edits = HttpApiEndpoint.get("edits", "/messages/:id/edits", {
  params: ofMessage,
  success: EditHistory,
  error: [NotFound, MessageNotFound, NotAllowed, Unavailable],
}).annotateMerge(
  described(
    "Former texts of a message",
    `For its sender, the owner and admins. Oldest first, the newest ${editsShown} at most; none once the message is deleted.`,
  ),
)

const readers = HttpApiEndpoint.get("readers", "/messages/:id/readers", {
  params: ofMessage,
  success: Schema.Struct({ items: Schema.Array(Schema.Struct({ user: User })) }),
  error: [NotFound, MessageNotFound, Unavailable],
}).annotateMerge(described("Who has read it", "Without its sender."))

export class MessagesApi extends HttpApiGroup.make("messages")
  .add(
    sendMessage,
    sendDirectMessage,
    messages,
    history,
    recent,
    mentions,
    byIds,
    byId,
    thread,
    edit,
    remove,
    edits,
    markRead,
    readers,
  )
  .middleware(Authorization)
  .annotateMerge(
    OpenApi.annotations({ title: "Messages", description: "In a chat `seq` runs 1, 2, 3 … without gaps." }),
  ) {}
