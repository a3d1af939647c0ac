// The operations of chats and messages as typed remote procedures over the WebSocket `/rpc`, and the stream of events.
// With the same schemas and errors as HTTP; the user is authenticated when the socket is opened.
import { Schema } from "effect"
import { Rpc, RpcGroup, RpcMiddleware } from "effect/rpc"
import { Chat, ChatWithMembers, Member, MemberPage, Role } from "../domain/Chat.ts"
import { ChatCursorText } from "../domain/ChatCursor.ts"
import { ChatDescription, ChatName, infoPatchFields } from "../domain/ChatInfo.ts"
import { Custom } from "../domain/Custom.ts"
import { oneContent, writtenFields } from "../domain/Draft.ts"
import { EditHistory } from "../domain/EditHistory.ts"
import { Emoji } from "../domain/Emoji.ts"
import {
  AlreadySent,
  Blocked,
  ChatFull,
  ChatNotFound,
  DedupKeyReused,
  FileNotFound,
  InternalError,
  InvalidInput,
  MemberNotFound,
  MessageDeleted,
  MessageNotFound,
  NotAllowed,
  PrivateChatWithOneself,
  RecipientDeleted,
  ScheduledNotFound,
  StateFull,
  TooManyChats,
  TooManyPins,
  TooManyReactions,
  TooManyRequests,
  Unauthorized,
  Unavailable,
  UserNotFound,
  ValueTooLarge,
} from "../domain/errors.ts"
import { FileId } from "../domain/File.ts"
import { ChatId, MessageId, Seq, UserId } from "../domain/Ids.ts"
import { AnyJson } from "../domain/Json.ts"
import { Message, MessageText } from "../domain/Message.ts"
import { NewScheduled } from "../domain/Scheduled.ts"
import { StateEntry } from "../domain/State.ts"
import { Text } from "../domain/Text.ts"
import { Timestamp } from "../domain/Timestamp.ts"
import { Unread } from "../domain/Unread.ts"
import { Me, User } from "../domain/User.ts"
import { StateKey, StatePrefix } from "../kinds/StateKinds.ts"
import { syncFields } from "./ClientFrame.ts"
import type { CurrentUser } from "./CurrentUser.ts"
import { Limits } from "./Limits.ts"
import { MentionPage, MessagePage, NewDirectMessage, onePlace, Thread } from "./MessagesApi.ts"
import { Pins, ReactionPage, Reactions } from "./RecordsApi.ts"
import { ServerFrame } from "./ServerFrame.ts"
import { StatePage } from "./StateApi.ts"

/**
 * Checks on every call that the socket's token is still valid and that the user does not exceed the rate of calls; a
 * call that meets a bug is an InternalError.
 */
export class RpcAuthorization extends RpcMiddleware.Service<RpcAuthorization, { provides: CurrentUser }>()(
  "confab/contract/RpcAuthorization",
  { error: Schema.Union([Unauthorized, TooManyRequests, InternalError]) },
) {}

const limit = Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: Limits.page.max })))
const ids = <S extends Schema.Codec<number, number>>(id: S) => Schema.Array(id).check(Schema.isMaxLength(Limits.ids))
const sent = Schema.Struct({ message: Message, duplicate: Schema.Boolean })
const errors = <const Errors extends ReadonlyArray<Schema.Top>>(...all: Errors) =>
  Schema.Union([...all, TooManyRequests, Unavailable])

export class ChatRpcs extends RpcGroup.make(
  /**
   * A new access token of the same session, in time: the connection lives as long as its token. Like the frame `auth`
   * on `/ws`. NotAllowed: the token is invalid, or of another session; nothing changes.
   */
  Rpc.make("Authenticate", {
    payload: { token: Text },
    success: Schema.Struct({ expires_at: Timestamp }),
    error: errors(NotAllowed),
  }),
  Rpc.make("Me", { success: Me, error: errors(Unauthorized) }),
  Rpc.make("GetUser", { payload: { id: UserId }, success: User, error: errors(UserNotFound) }),
  Rpc.make("SearchUsers", {
    payload: { query: Text, limit },
    success: Schema.Array(User),
    error: Unavailable,
  }),
  Rpc.make("GetUsers", { payload: { ids: ids(UserId) }, success: Schema.Array(User), error: Unavailable }),
  Rpc.make("CreateGroup", {
    payload: {
      name: ChatName,
      member_ids: Schema.Array(UserId),
      description: Schema.optionalKey(ChatDescription),
      avatar: Schema.optionalKey(FileId),
      custom: Schema.optionalKey(Custom),
    },
    success: Chat,
    error: errors(UserNotFound, FileNotFound, Blocked, ChatFull, TooManyChats),
  }),
  Rpc.make("OpenPrivateChat", {
    payload: { user_id: UserId },
    success: Schema.Struct({ chat: Chat, created: Schema.Boolean }),
    error: errors(UserNotFound, PrivateChatWithOneself, Blocked, TooManyChats),
  }),
  Rpc.make("OpenSavedChat", {
    success: Schema.Struct({ chat: Chat, created: Schema.Boolean }),
    error: errors(TooManyChats),
  }),
  Rpc.make("ListChats", {
    payload: { limit, before: Schema.optionalKey(ChatCursorText) },
    success: Schema.Struct({ items: Schema.Array(Chat), next: Schema.NullOr(Schema.String) }),
    error: Unavailable,
  }),
  Rpc.make("GetChat", { payload: { chat_id: ChatId }, success: ChatWithMembers, error: errors(ChatNotFound) }),
  Rpc.make("Members", {
    payload: { chat_id: ChatId, limit, after: Schema.optionalKey(UserId), query: Schema.optionalKey(Text) },
    success: MemberPage,
    error: errors(ChatNotFound),
  }),
  /** null removes description, avatar or custom. */
  Rpc.make("ChangeChat", {
    payload: { chat_id: ChatId, ...infoPatchFields },
    success: Chat,
    error: errors(FileNotFound, ChatNotFound, NotAllowed),
  }),
  Rpc.make("DeleteChat", { payload: { chat_id: ChatId }, error: errors(ChatNotFound, NotAllowed) }),
  Rpc.make("AddMembers", {
    payload: { chat_id: ChatId, user_ids: Schema.Array(UserId) },
    success: Schema.Array(Member),
    error: errors(ChatNotFound, NotAllowed, Blocked, UserNotFound, ChatFull, TooManyChats),
  }),
  Rpc.make("SetRole", {
    payload: { chat_id: ChatId, user_id: UserId, role: Role },
    success: Member,
    error: errors(ChatNotFound, NotAllowed, MemberNotFound),
  }),
  Rpc.make("RemoveMember", {
    payload: { chat_id: ChatId, user_id: UserId },
    error: errors(ChatNotFound, NotAllowed, MemberNotFound),
  }),
  Rpc.make("Unread", { success: Unread, error: errors() }),
  /** Marks all chats as read; messages that arrive during it stay unread. */
  Rpc.make("ReadAll", { error: errors() }),
  Rpc.make("SendMessage", {
    payload: Schema.Struct({ chat_id: ChatId, ...writtenFields }).check(oneContent),
    success: sent,
    error: errors(
      ChatNotFound,
      MessageNotFound,
      MessageDeleted,
      FileNotFound,
      DedupKeyReused,
      RecipientDeleted,
      Blocked,
    ),
  }),
  Rpc.make("SendTo", {
    payload: NewDirectMessage,
    success: sent,
    error: errors(
      UserNotFound,
      PrivateChatWithOneself,
      MessageNotFound,
      MessageDeleted,
      FileNotFound,
      DedupKeyReused,
      RecipientDeleted,
      Blocked,
      TooManyChats,
    ),
  }),
  Rpc.make("EditMessage", {
    payload: { message_id: MessageId, text: MessageText },
    success: Message,
    error: errors(MessageNotFound, NotAllowed, MessageDeleted, Blocked),
  }),
  Rpc.make("Edits", {
    payload: { message_id: MessageId },
    success: EditHistory,
    error: errors(MessageNotFound, NotAllowed),
  }),
  Rpc.make("DeleteMessage", { payload: { message_id: MessageId }, error: errors(MessageNotFound, NotAllowed) }),
  Rpc.make("MarkRead", {
    payload: { message_id: MessageId },
    success: Schema.Struct({ chat_id: ChatId, last_read_seq: Seq }),
    error: errors(MessageNotFound),
  }),
  Rpc.make("Readers", {
    payload: { message_id: MessageId },
    success: Schema.Array(User),
    error: errors(MessageNotFound),
  }),
  Rpc.make("MessagePage", {
    payload: Schema.Struct({
      chat_id: ChatId,
      limit,
      before: Schema.optionalKey(Seq),
      after: Schema.optionalKey(Seq),
      around: Schema.optionalKey(Seq),
    }).check(onePlace),
    success: MessagePage,
    error: errors(ChatNotFound),
  }),
  Rpc.make("Thread", {
    payload: Schema.Struct({
      message_id: MessageId,
      limit,
      before: Schema.optionalKey(Seq),
      after: Schema.optionalKey(Seq),
    }).check(onePlace),
    success: Thread,
    error: errors(MessageNotFound),
  }),
  /** Messages that mention the caller or all, or reply to one of theirs, newest first; `before`: the `next` of a page. */
  Rpc.make("Mentions", {
    payload: { limit, before: Schema.optionalKey(MessageId) },
    success: MentionPage,
    error: errors(),
  }),
  Rpc.make("GetMessages", { payload: { ids: ids(MessageId) }, success: Schema.Array(Message), error: Unavailable }),
  Rpc.make("GetMessage", { payload: { message_id: MessageId }, success: Message, error: errors(MessageNotFound) }),
  Rpc.make("React", {
    payload: { message_id: MessageId, emoji: Emoji, on: Schema.optionalKey(Schema.Boolean) },
    success: Reactions,
    error: errors(MessageNotFound, MessageDeleted, Blocked, TooManyReactions),
  }),
  Rpc.make("Reactions", {
    payload: {
      message_id: MessageId,
      emoji: Schema.optionalKey(Emoji),
      limit,
      before: Schema.optionalKey(Text),
    },
    success: ReactionPage,
    error: errors(MessageNotFound),
  }),
  Rpc.make("Pin", {
    payload: { message_id: MessageId, on: Schema.optionalKey(Schema.Boolean) },
    error: errors(MessageNotFound, MessageDeleted, NotAllowed, Blocked, TooManyPins),
  }),
  Rpc.make("Pins", { payload: { chat_id: ChatId }, success: Pins, error: errors(ChatNotFound) }),
  Rpc.make("History", {
    payload: { chat_id: ChatId, limit, offset: Schema.optionalKey(Seq) },
    success: Schema.Array(Message),
    error: errors(ChatNotFound),
  }),
  Rpc.make("RecentMessages", { payload: { limit }, success: Schema.Array(Message), error: Unavailable }),
  Rpc.make("State", {
    payload: { prefix: Schema.optionalKey(StatePrefix), after: Schema.optionalKey(StatePrefix), limit },
    success: StatePage,
    error: Unavailable,
  }),
  /** `null` removes the value. */
  Rpc.make("PutState", {
    payload: { key: StateKey, value: AnyJson },
    success: StateEntry,
    error: errors(
      InvalidInput,
      ChatNotFound,
      MessageNotFound,
      UserNotFound,
      ScheduledNotFound,
      AlreadySent,
      StateFull,
      ValueTooLarge,
    ),
  }),
  Rpc.make("DeleteState", { payload: { key: StateKey }, error: errors(InvalidInput, ChatNotFound, AlreadySent) }),
  Rpc.make("Schedule", {
    payload: { chat_id: ChatId, ...NewScheduled.fields },
    success: StateEntry,
    error: errors(InvalidInput, ChatNotFound, MessageNotFound, StateFull),
  }),
  /**
   * The frames of a WebSocket, `hello` first; with `cursors`, the missed events and with `check` the sums of those chats
   * (as after `sync`). It ends with the
   * connection, whose close code gives the reason. The first stream uses the connection's slot; TooManyRequests: the
   * user has no slot for another one.
   */
  Rpc.make("Events", {
    payload: { cursors: Schema.optionalKey(syncFields.cursors), check: syncFields.check },
    success: ServerFrame,
    error: errors(),
    stream: true,
  }),
).middleware(RpcAuthorization) {}
