// Owns how chats change in the database: commits what the actors decided, many chats at a time, each atomically. Does
// not own the rules, which the actor has applied. The check of version and fence keeps a stale second actor out.
import type { Effect } from "effect"
import type { ChatType, Role } from "../../domain/Chat.ts"
import type { ChatInfo, NamedInfo } from "../../domain/ChatInfo.ts"
import type { Draft } from "../../domain/Draft.ts"
import type { Unavailable } from "../../domain/errors.ts"
import type { ChatId, MessageId, UserId } from "../../domain/Ids.ts"
import type { MessageParts } from "../../domain/MessageParts.ts"
import type { KeptRecord } from "../../kinds/Kind.ts"
import type { KindName } from "../../kinds/Kinds.ts"
import type { MentionChange } from "./mentionRows.ts"

/** A stored message; times are epoch milliseconds. */
export interface StoredMessage {
  readonly id: MessageId
  readonly chat_id: ChatId
  readonly seq: number
  readonly sender_id: UserId
  readonly text: string
  readonly dedup_key: string | null
  readonly reply_to: MessageId | null
  readonly created_at: number
  readonly edited_at: number | null
  readonly deleted: boolean
  /** The version of the latest change of this message. */
  readonly version: number
  /**
   * A digest of its content as first sent, once it is edited or deleted or if it is a forward; null while `text` is
   * that content.
   */
  readonly original_digest: string | null
  /** The version at which its visible records changed last; null: it never had any. */
  readonly records_version: number | null
  /** The root message of the replies to which it belongs; set when it is sent, and never changed. */
  readonly thread_id: MessageId | null
  /** Its content besides the text; null: none. */
  readonly parts: MessageParts | null
}

export interface NewMessage {
  readonly seq: number
  readonly sender_id: UserId
  readonly draft: Draft
  readonly thread_id: MessageId | null
  /** The author of the message that it replies to; null also for the sender's own. */
  readonly replied_to: UserId | null
  /** For a message whose content, by which a repetition is recognised, is not its text. */
  readonly original_digest: string | null
  readonly version: number
}

/** A message edited (`deleted` false) or deleted (`deleted` true, `text` empty). */
export interface MessageChange {
  readonly id: MessageId
  readonly text: string
  readonly edited_at: number | null
  readonly deleted: boolean
  readonly original_digest: string
  readonly version: number
  /** null: unchanged. A deletion removes all. */
  readonly mentioned: MentionChange | null
  /** It is deleted and had attachments, whose rows are deleted with it. */
  readonly detached: boolean
}

/** A text that an edit replaced. */
export interface FormerText {
  readonly message_id: MessageId
  /** The version of the edit. */
  readonly version: number
  readonly text: string
  /** When it was written, epoch milliseconds. */
  readonly at: number
}

/** The new value of a record: see kinds/. */
export interface RecordRow extends KeptRecord {
  readonly kind: KindName
  /** Unique within its kind and chat. */
  readonly key: string
  readonly message_id: MessageId
  readonly version: number
}

/** The records of a kind about one message; null: about any message of the chat. */
export interface RecordScope {
  readonly kind: KindName
  readonly message_id: MessageId | null
}

export type RecordsFound = ReadonlyArray<Omit<RecordRow, "version">>

/**
 * A member's watermark; `read_version` null: raised by sending, which takes no version, to the member's newest message
 * in `sent`.
 */
export interface ReadMark {
  readonly user_id: UserId
  readonly last_read_seq: number
  readonly read_version: number | null
}

/** The new value of a membership (inserted or overwritten, with its mark); `removed`: it has ended. */
export interface MemberChange {
  readonly user_id: UserId
  readonly role: Role
  readonly last_read_seq: number
  readonly joined_at: number
  readonly version: number
  readonly removed: boolean
}

/** The changes of one batch of one chat's actor. A user is in `marks` or in `members`, not in both, and once. */
export interface ChatChange {
  readonly chat_id: ChatId
  /** Version and fence of the actor's state; the change is refused when the chat has others. */
  readonly expected_version: number
  readonly fence: number
  readonly version: number
  readonly last_seq: number
  /** Epoch milliseconds: the time of the batch, and of all messages in it. */
  readonly at: number
  readonly sent: ReadonlyArray<NewMessage>
  readonly messages: ReadonlyArray<MessageChange>
  /** None of a message that this very change deletes: its earlier ones are removed with it. */
  readonly former: ReadonlyArray<FormerText>
  readonly marks: ReadonlyArray<ReadMark>
  readonly members: ReadonlyArray<MemberChange>
  /** By version. None about a message that this change deletes, of a kind that is deleted with it. */
  readonly records: ReadonlyArray<RecordRow>
  /** The new name and info; null: unchanged. */
  readonly summary: (NamedInfo & { readonly version: number }) | null
  readonly deleted: boolean
  /** The number of members afterwards; null: unchanged. */
  readonly member_count: number | null
  /** For a large group, when it rises or may have risen: how far all members have read afterwards. */
  readonly lowest_read_seq: number | null
  /** Epoch milliseconds: the new bound of the chat's activity (`activityBound.ts`), later than `at`; null: unchanged. */
  readonly active_before: number | null
}

/**
 * `Committed`: `ids[i]` is the id of `sent[i]`.
 * `Stale`: nothing of this chat was changed; its version is not the expected one: load again, decide again.
 * `KeyTaken`: nothing of this chat was changed; one of `sent` has a dedup_key that its sender has used before: read it,
 * decide again.
 */
export type CommitResult =
  | { readonly _tag: "Committed"; readonly ids: ReadonlyArray<MessageId> }
  | { readonly _tag: "Stale" }
  | { readonly _tag: "KeyTaken" }

export interface MemberRow {
  readonly user_id: UserId
  readonly role: Role
  readonly last_read_seq: number
  readonly joined_at: number
  /** As `Member.version`. */
  readonly version: number
}

/** Everything that a chat's actor needs to start. */
export interface ChatSnapshot {
  readonly id: ChatId
  readonly type: ChatType
  readonly name: string | null
  readonly info: ChatInfo
  readonly created_by: UserId
  readonly created_at: number
  readonly version: number
  readonly last_seq: number
  /** In a private chat: the user whose account was deleted, once the chat has processed it. */
  readonly departed: UserId | null
  /** In a private chat: its users who have blocked the other one. */
  readonly blockers: ReadonlyArray<UserId>
  /** Of a private chat, the count of changes of `blockers`, which take no version. */
  readonly fence: number
  /** Epoch milliseconds: the earliest bound of a member (`activityBound.ts`); null: none has one. */
  readonly active_before: number | null
  readonly members: ReadonlyArray<MemberRow>
}

export interface JournalShape {
  /**
   * Commits changes of different chats in one transaction; the i-th result is that of the i-th change. Unavailable:
   * the result is unknown (the connection may have failed after the commit). Waits for a silent database without a
   * limit: the caller ends the wait by interrupting it.
   */
  commit(changes: ReadonlyArray<ChatChange>): Effect.Effect<ReadonlyArray<CommitResult>, Unavailable>
  /** undefined: there is no such chat (any more). */
  load(chat_id: ChatId): Effect.Effect<ChatSnapshot | undefined, Unavailable>
  /**
   * The sum of the chat's version and fence. Both only rise: while it is the same, so are they. undefined: there is no such
   * chat (any more).
   */
  fencedVersion(chat_id: ChatId): Effect.Effect<number | undefined, Unavailable>
  /** Those of the ids that are messages of this chat. */
  messages(chat_id: ChatId, ids: ReadonlyArray<MessageId>): Effect.Effect<ReadonlyArray<StoredMessage>, Unavailable>
  /** The messages of this chat with these senders and keys. */
  byDedupKeys(
    chat_id: ChatId,
    keys: ReadonlyArray<{ readonly sender_id: UserId; readonly dedup_key: string }>,
  ): Effect.Effect<ReadonlyArray<StoredMessage>, Unavailable>
  /** Each sender's newest message with `after < seq <= upTo`, for `fully_read`. */
  newestPerSender(
    chat_id: ChatId,
    after: number,
    upTo: number,
  ): Effect.Effect<
    ReadonlyArray<{ readonly sender_id: UserId; readonly seq: number; readonly id: MessageId }>,
    Unavailable
  >
  /** The current records in these scopes. */
  records(chat_id: ChatId, scopes: ReadonlyArray<RecordScope>): Effect.Effect<RecordsFound, Unavailable>
  /** The id of the message with this seq; undefined when there is none. */
  messageIdAt(chat_id: ChatId, seq: number): Effect.Effect<MessageId | undefined, Unavailable>
}
