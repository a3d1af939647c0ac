// What users can do with messages: send, read, edit, delete, page back.
import { Clock, Context, Effect, Layer, Schema } from "effect"
import { ChatActors } from "../actors/ChatActors.ts"
import { type Draft, draftOf, type Written, withAttachments } from "../domain/Draft.ts"
import {
  type Blocked,
  ChatNotFound,
  type DedupKeyReused,
  type FileNotFound,
  type MessageDeleted,
  MessageNotFound,
  NotAllowed,
  type PrivateChatWithOneself,
  type RecipientDeleted,
  type TooManyChats,
  type TooManyRequests,
  type Unavailable,
  UserNotFound,
} from "../domain/errors.ts"
import type { FileId } from "../domain/File.ts"
import type { ChatId, MessageId, UserId } from "../domain/Ids.ts"
import { type ChangedMessage, Message } from "../domain/Message.ts"
import type { User } from "../domain/User.ts"
import { FileStore } from "../sql/files/FileStore.ts"
import { type MessagePlace, MessageStore, type Range, type ThreadRange } from "../sql/messages/MessageStore.ts"
import { Chats } from "./Chats.ts"
import { firstAuthor, forwardOf } from "./forwards.ts"
import { RateLimits } from "./limits/RateLimits.ts"
import { OwnState } from "./OwnState.ts"

export interface Sent {
  readonly message: Message
  /** The dedup_key made this message before. */
  readonly duplicate: boolean
}

/** The store's page is `{"items":[…]}`. */
const itemsStart = '{"items":'.length
const decodeMessage = Schema.decodeEffect(Schema.fromJsonString(Message))

export class Messages extends Context.Service<
  Messages,
  {
    send(
      by: UserId,
      chat_id: ChatId,
      written: Written,
    ): Effect.Effect<
      Sent,
      | ChatNotFound
      | MessageNotFound
      | MessageDeleted
      | FileNotFound
      | DedupKeyReused
      | RecipientDeleted
      | Blocked
      | TooManyRequests
      | Unavailable
    >
    /** In the private chat with that user, created when there is none. */
    sendTo(
      by: UserId,
      recipient: UserId,
      written: Omit<Written, "reply_to">,
    ): Effect.Effect<
      Sent,
      | UserNotFound
      | MessageNotFound
      | MessageDeleted
      | FileNotFound
      | PrivateChatWithOneself
      | DedupKeyReused
      | RecipientDeleted
      | Blocked
      | TooManyChats
      | TooManyRequests
      | Unavailable
    >
    edit(
      by: UserId,
      message_id: MessageId,
      text: string,
    ): Effect.Effect<Message, MessageNotFound | NotAllowed | MessageDeleted | Blocked | TooManyRequests | Unavailable>
    remove(
      by: UserId,
      message_id: MessageId,
    ): Effect.Effect<void, MessageNotFound | NotAllowed | TooManyRequests | Unavailable>
    markRead(
      by: UserId,
      message_id: MessageId,
    ): Effect.Effect<
      { readonly chat_id: ChatId; readonly last_read_seq: number },
      MessageNotFound | TooManyRequests | Unavailable
    >
    readers(by: UserId, message_id: MessageId): Effect.Effect<ReadonlyArray<User>, MessageNotFound | Unavailable>
    /** JSON of an `EditHistory`; for the sender, the owner and admins. */
    edits(by: UserId, message_id: MessageId): Effect.Effect<string, MessageNotFound | NotAllowed | Unavailable>
    /** JSON of a page: `{items: Message[], has_more, has_newer?}`. */
    page(by: UserId, chat_id: ChatId, range: Range): Effect.Effect<string, ChatNotFound | Unavailable>
    /** JSON of `Message[]`. */
    history(
      by: UserId,
      chat_id: ChatId,
      limit: number,
      offset: number,
    ): Effect.Effect<string, ChatNotFound | Unavailable>
    /** JSON of `Message[]`, the newest first. */
    recent(by: UserId, limit: number): Effect.Effect<string, Unavailable>
    /** JSON of `Message[]`, by id: those that this user may see. */
    byIds(by: UserId, ids: ReadonlyArray<MessageId>): Effect.Effect<string, Unavailable>
    /** JSON of the `Message`. */
    byId(by: UserId, id: MessageId): Effect.Effect<string, MessageNotFound | Unavailable>
    /** JSON of a `MentionPage`; `before`: the `next` of another page. */
    mentions(by: UserId, limit: number, before: MessageId | undefined): Effect.Effect<string, Unavailable>
    /** The draft of a written message, with its references looked up; for edges that send to an actor. */
    compose(by: UserId, written: Written): Effect.Effect<Draft, Unavailable>
    /** JSON of a `Thread`. */
    thread(by: UserId, message_id: MessageId, range: ThreadRange): Effect.Effect<string, MessageNotFound | Unavailable>
    /** A message's position; for edges that send to an actor. */
    place(by: UserId, message_id: MessageId): Effect.Effect<MessagePlace, MessageNotFound | Unavailable>
  }
>()("confab/services/Messages") {
  static readonly layer = Layer.effect(
    Messages,
    Effect.gen(function* () {
      const rows = yield* MessageStore
      const chats = yield* Chats
      const actors = yield* ChatActors
      const limits = yield* RateLimits
      const state = yield* OwnState
      const files = yield* FileStore

      const place = Effect.fnUntraced(function* (by: UserId, message_id: MessageId) {
        const found = yield* rows.place(message_id, by)
        return found ?? (yield* new MessageNotFound())
      })

      /** The user may have left the chat since the message was found: then the message is invisible as well. */
      const unseen = <A, E>(effect: Effect.Effect<A, E | ChatNotFound>) =>
        Effect.catchIf(
          effect,
          (error): error is ChatNotFound => error instanceof ChatNotFound,
          () => Effect.fail(new MessageNotFound()),
        )
      const seenChat = (page: string | undefined) =>
        page === undefined ? Effect.fail(new ChatNotFound()) : Effect.succeed(page)

      /** As the user sees it; undefined: it is not visible to them. */
      const visible = (by: UserId, id: MessageId): Effect.Effect<Message | undefined, Unavailable> =>
        Effect.flatMap(rows.byIds([id], by), ([json]) =>
          json === undefined ? Effect.succeed(undefined) : Effect.orDie(decodeMessage(json)),
        )
      /** The actor's message with its parts besides the text, which may be old. */
      const shown = (message: ChangedMessage, by: UserId): Effect.Effect<Message, Unavailable> =>
        Effect.map(visible(by, message.id), (found) => found ?? message)
      const answered = (sent: Sent, by: UserId): Effect.Effect<Sent, Unavailable> =>
        sent.duplicate ? Effect.map(shown(sent.message, by), (message) => ({ ...sent, message })) : Effect.succeed(sent)

      /** Keeps files from being deleted while a message with them is sent. */
      const hold = (ids: ReadonlyArray<FileId>, owner: UserId | undefined) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => files.hold(ids, owner, now))
      const forwarded = Effect.fnUntraced(function* (by: UserId, id: MessageId, dedup_key: string | null) {
        const message = yield* visible(by, id)
        const ids = message?.attachments?.map((file) => file.id) ?? []
        const held = ids.length === 0 ? ids : yield* hold(ids, undefined)
        // Only a deletion of the message removes its files.
        const isGone = message !== undefined && held.length < ids.length
        const author = message === undefined ? null : firstAuthor(message)
        const isNamed = author !== null && (yield* state.mayBeNamed(author))
        return forwardOf(isGone ? { ...message, deleted: true } : message, id, dedup_key, isNamed ? author : null)
      })

      const compose = (by: UserId, written: Written): Effect.Effect<Draft, Unavailable> => {
        const draft = draftOf(written)
        if (draft !== undefined) return Effect.succeed(draft)
        const { attachments, dedup_key = null, forward } = written
        if (forward != null) return forwarded(by, forward, dedup_key)
        const named = draftOf({ ...written, attachments: null })
        // The schema requires one of them.
        if (named === undefined || attachments == null) return Effect.die(new Error("a message without content"))
        return Effect.map(hold(attachments, by), (found) => withAttachments(named, attachments, found))
      }

      /** The message is sent, whatever becomes of the mark; the next reading tries again. */
      const readBySending = (by: UserId, chat_id: ChatId) => Effect.ignore(state.clearUnread(by, chat_id))

      return Messages.of({
        compose,
        send: Effect.fn("Messages.send")(function* (by, chat_id, written) {
          yield* limits.demand("messages", by)
          const draft = yield* compose(by, written)
          const sent = yield* actors.ask(chat_id, { _tag: "Send", by, draft })
          if (state.mayBeMarked(by, chat_id, true)) yield* readBySending(by, chat_id)
          return yield* answered(sent, by)
        }),
        sendTo: Effect.fn("Messages.sendTo")(function* (by, recipient, written) {
          yield* limits.demand("messages", by)
          const draft = yield* compose(by, { ...written, reply_to: null })
          const chat_id = yield* chats.privateChat(by, recipient)
          // No user leaves a private chat unless both accounts are deleted.
          const sent = yield* Effect.catchTag(actors.ask(chat_id, { _tag: "Send", by, draft }), "ChatNotFound", () =>
            Effect.fail(new UserNotFound({ user_ids: [recipient] })),
          )
          if (state.mayBeMarked(by, chat_id, true)) yield* readBySending(by, chat_id)
          return yield* answered(sent, by)
        }),
        edit: Effect.fn("Messages.edit")(function* (by, message_id, text) {
          yield* limits.demand("messages", by)
          const { chat_id } = yield* place(by, message_id)
          return yield* shown(yield* unseen(actors.ask(chat_id, { _tag: "Edit", by, message_id, text })), by)
        }),
        remove: Effect.fn("Messages.remove")(function* (by, message_id) {
          yield* limits.demand("messages", by)
          const { chat_id } = yield* place(by, message_id)
          yield* unseen(actors.ask(chat_id, { _tag: "Delete", by, message_id }))
        }),
        markRead: Effect.fn("Messages.markRead")(function* (by, message_id) {
          yield* limits.demand("reads", by)
          const { chat_id, seq } = yield* place(by, message_id)
          const { last_read_seq } = yield* unseen(state.read(by, chat_id, seq))
          yield* state.clearUnread(by, chat_id)
          return { chat_id, last_read_seq }
        }),
        readers: Effect.fn("Messages.readers")(function* (by, message_id) {
          const readers = yield* rows.readers(message_id, by)
          return readers ?? (yield* new MessageNotFound())
        }),
        edits: Effect.fn("Messages.edits")(function* (by, message_id) {
          const { items, role, sender_id } = (yield* rows.edits(message_id, by)) ?? (yield* new MessageNotFound())
          return sender_id === by || role !== "member" ? `{"items":${items}}` : yield* new NotAllowed()
        }),
        page: (by, chat_id, range) => Effect.flatMap(rows.page(chat_id, by, range), seenChat),
        history: (by, chat_id, limit, offset) => Effect.flatMap(rows.history(chat_id, by, limit, offset), seenChat),
        recent: (by, limit) => Effect.map(rows.recent(by, limit), (json) => json.slice(itemsStart, -1)),
        byIds: (by, ids) => Effect.map(rows.byIds(ids, by), (items) => `[${items.join(",")}]`),
        byId: Effect.fn("Messages.byId")(function* (by, id) {
          const [message] = yield* rows.byIds([id], by)
          return message ?? (yield* new MessageNotFound())
        }),
        thread: Effect.fn("Messages.thread")(function* (by, message_id, range) {
          const thread = yield* rows.thread(message_id, by, range)
          return thread ?? (yield* new MessageNotFound())
        }),
        mentions: Effect.fn("Messages.mentions")(function* (by, limit, before) {
          // One more than requested, to know whether there are others.
          const found = yield* rows.mentions(by, limit + 1, before)
          const page = found.slice(0, limit)
          const items = yield* rows.byIds(page, by)
          const next = found.length > limit ? (page.at(-1) ?? null) : null
          return `{"items":[${items.toReversed().join(",")}],"next":${next}}`
        }),
        place: (by, message_id) => place(by, message_id),
      })
    }),
  )
}
