// A line of a conversation as it is shown: a stored message, or one that this user is sending.
import type {
  ChatView,
  Conversation,
  PendingFailure,
  PendingMessage,
  PendingUpload,
} from "../../src/client/state/ChatState.ts"
import type { File } from "../../src/domain/File.ts"
import type { MessageId, UserId } from "../../src/domain/Ids.ts"
import type { Message, ReactionCount } from "../../src/domain/Message.ts"
import { dayNumber, localDay } from "../day.ts"

/** `delivered`: a device of the other one has it; known in private chats alone. */
export type EntryStatus = "sending" | "failed" | "sent" | "delivered" | "read"

export interface Entry {
  /** Stays the same from the first local display to the stored message. */
  readonly key: string
  /** Null until the server has stored it. */
  readonly id: MessageId | null
  readonly seq: number | null
  readonly sender_id: UserId
  readonly text: string
  readonly attachments: ReadonlyArray<File>
  /** The files that are on their way. */
  readonly uploads: ReadonlyArray<PendingUpload>
  readonly created_at: string
  /** The same in epoch milliseconds, and its local day. */
  readonly at: number
  readonly day: number
  readonly edited: boolean
  readonly deleted: boolean
  readonly reply_to: MessageId | null
  /** The message at the root of the replies to which it belongs; null: it is no reply. */
  readonly thread: MessageId | null
  /** The first author of a forwarded text: null: not named; undefined: it is no forward. */
  readonly author: UserId | null | undefined
  /** The message from which it was forwarded: known in a saved chat alone. */
  readonly original: MessageId | undefined
  /** The number of each emoji, the oldest first, and this user's own ones. */
  readonly reactions: ReadonlyArray<ReactionCount>
  readonly mine: ReadonlyArray<string>
  /** Whom the text mentions, as the server found. */
  readonly mentions: ReadonlyArray<UserId>
  readonly mentionsAll: boolean
  readonly status: EntryStatus
  /** Why the server refused it. */
  readonly failure: PendingFailure | null
}

const nothing: ReadonlyArray<never> = []
const known = new WeakMap<object, Entry>()
const none: ReadonlyArray<never> = []

export const fromMessage = (message: Message, readSeq: number, deliveredSeq = 0): Entry => {
  const status = message.is_read || message.seq <= readSeq ? "read" : message.seq <= deliveredSeq ? "delivered" : "sent"
  const before = known.get(message)
  if (before !== undefined && before.status === status) return before
  const entry: Entry = {
    key: message.dedup_key === null ? `m${message.id}` : `k${message.dedup_key}`,
    id: message.id,
    seq: message.seq,
    sender_id: message.sender_id,
    text: message.text,
    attachments: message.attachments ?? nothing,
    uploads: nothing,
    created_at: message.created_at,
    at: before?.at ?? Date.parse(message.created_at),
    day: before?.day ?? localDay(message.created_at),
    edited: message.edited_at !== null,
    deleted: message.deleted,
    reply_to: message.reply_to,
    thread: message.thread_id ?? null,
    author: message.forwarded?.sender_id,
    original: message.forwarded?.message_id,
    reactions: message.reactions ?? none,
    mine: message.my_reactions ?? none,
    mentions: message.mentions ?? none,
    mentionsAll: message.mentions_all === true,
    status,
    failure: null,
  }
  known.set(message, entry)
  return entry
}

const pendingStatus = {
  queued: "sending",
  uploading: "sending",
  sending: "sending",
  sent: "sent",
  failed: "failed",
} as const

export const fromPending = (pending: PendingMessage, me: UserId): Entry => {
  const before = known.get(pending)
  if (before !== undefined) return before
  const entry: Entry = {
    key: `k${pending.dedupKey}`,
    id: null,
    seq: null,
    sender_id: me,
    text: pending.text,
    attachments: nothing,
    uploads: pending.uploads,
    created_at: new Date(pending.createdAt).toISOString(),
    at: pending.createdAt,
    day: dayNumber(new Date(pending.createdAt)),
    edited: false,
    deleted: false,
    reply_to: pending.replyTo,
    thread: null,
    author: undefined,
    original: undefined,
    reactions: none,
    mine: none,
    mentions: none,
    mentionsAll: false,
    status: pendingStatus[pending.status],
    failure: pending.failure?.code ?? null,
  }
  known.set(pending, entry)
  return entry
}

/** The newest line of a chat, for the list of chats. */
export const lastEntry = (chat: ChatView, conversation: Conversation | undefined, me: UserId): Entry | null => {
  const pending = conversation?.pending.at(-1)
  if (pending !== undefined) return fromPending(pending, me)
  return chat.last_message === null ? null : fromMessage(chat.last_message, chat.readSeq, chat.deliveredSeq)
}
