// Owns reading stored messages. Does not own their order or changes: the actor numbers them, the Journal writes them.
// Pages are JSON text that the database builds once, since most are sent unchanged.
import type { Effect } from "effect"
import type { Role } from "../../domain/Chat.ts"
import type { Unavailable } from "../../domain/errors.ts"
import type { ChatId, MessageId, UserId } from "../../domain/Ids.ts"
import type { User } from "../../domain/User.ts"

export interface Range {
  readonly limit: number
  readonly before?: number | undefined
  readonly after?: number | undefined
  /** In the middle of the page, which is shifted at the ends of the chat. Excludes the others. */
  readonly around?: number | undefined
}

/** For the replies of a thread. */
export type ThreadRange = Omit<Range, "around">

/** A message's chat, position and sender: enough to find its actor. */
export interface MessagePlace {
  readonly chat_id: ChatId
  readonly seq: number
  readonly sender_id: UserId
}

export interface FormerTexts {
  readonly sender_id: UserId
  /** The reader's. */
  readonly role: Role
  /** JSON of `{text, at}[]`, oldest first. */
  readonly items: string
}

export interface MessageStoreShape {
  /**
   * JSON of `{items: Message[], has_more}`, with `around` also `has_newer`, ascending; without a position the newest
   * page. undefined: the reader is not in the chat.
   */
  page(chat_id: ChatId, reader: UserId, range: Range): Effect.Effect<string | undefined, Unavailable>
  /** JSON of `Message[]`, ascending, after skipping `offset` messages. undefined: the reader is not in the chat. */
  history(
    chat_id: ChatId,
    reader: UserId,
    limit: number,
    offset: number,
  ): Effect.Effect<string | undefined, Unavailable>
  /** JSON of `{items: Message[]}`: the newest across the reader's chats, newest first. */
  recent(reader: UserId, limit: number): Effect.Effect<string, Unavailable>
  /** JSON of each `Message`, by id; those that the reader may not see are left out. */
  byIds(ids: ReadonlyArray<MessageId>, reader: UserId): Effect.Effect<ReadonlyArray<string>, Unavailable>
  /**
   * JSON of a `Thread`: all replies below the root of this message; without a position the newest. undefined as in
   * `place`.
   */
  thread(id: MessageId, reader: UserId, range: ThreadRange): Effect.Effect<string | undefined, Unavailable>
  /**
   * The messages that mention the reader or reply to one of theirs, in the chats of which they are a member, with ids
   * below `before`, newest first.
   */
  mentions(
    reader: UserId,
    limit: number,
    before: number | undefined,
  ): Effect.Effect<ReadonlyArray<MessageId>, Unavailable>
  /** undefined: no such message, or the reader is not in its chat. */
  place(id: MessageId, reader: UserId): Effect.Effect<MessagePlace | undefined, Unavailable>
  /** Its former texts. undefined as in `place`. */
  edits(id: MessageId, reader: UserId): Effect.Effect<FormerTexts | undefined, Unavailable>
  /** Present members, without the sender, whose watermark has reached the message. undefined as in `place`. */
  readers(id: MessageId, reader: UserId): Effect.Effect<ReadonlyArray<User> | undefined, Unavailable>
}
