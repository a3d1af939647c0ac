// Turns what lies in the tables into the events that a device missed: one for each thing that changed, as it is now.
import type { ChatSummary, Role } from "../domain/Chat.ts"
import type { ChatEvent } from "../domain/ChatEvent.ts"
import type { MessageId, UserId } from "../domain/Ids.ts"
import type { Message } from "../domain/Message.ts"
import type { User } from "../domain/User.ts"

/** A message, its `dedup_key` shown. */
export interface ChangedMessage extends Message {
  readonly created_version: number
  readonly version: number
}

export interface ChangedMember {
  readonly user: User
  readonly role: Role
  readonly last_read_seq: number
  readonly joined_at: string
  readonly joined_version: number
  readonly version: number
  readonly read_version: number
  readonly removed: boolean
  /** The message at `last_read_seq`; null when nothing is read. */
  readonly read_message_id: MessageId | null
}

/** What changed in a chat after a cursor, seen at one instant. */
export interface ChangedChat {
  readonly summary: ChatSummary
  readonly name_version: number
  /** When the one who asks came to be in it. */
  readonly joined_version: number
  readonly member_ids: ReadonlyArray<UserId>
  readonly messages: ReadonlyArray<ChangedMessage>
  readonly members: ReadonlyArray<ChangedMember>
}

/** Changes of a chat that are told at most: `Limits.replay` of the contract, which this room does not see. */
export const replayLimit = 5_000

/** Whether the changes after `cursor` can be told at all. */
export const isReplayable = (version: number, cursor: number): boolean =>
  cursor <= version && version - cursor <= replayLimit

// A new message keeps the version it came with, so that new messages come in the order of seq.
const messageEvent = (changed: ChangedMessage, cursor: number): ChatEvent => {
  const { created_version, version, ...message } = changed
  if (created_version > cursor) return { _tag: "MessageSent", version: created_version, message }
  return { _tag: message.deleted ? "MessageDeleted" : "MessageUpdated", version, message }
}

const memberEvents = (changed: ChangedMember, chat: ChangedChat, asking: UserId, cursor: number) => {
  const { user, role, last_read_seq, joined_at, joined_version, version, read_version, removed } = changed
  if (removed) {
    // To whoever begins at the beginning they were never there.
    return cursor === 0
      ? []
      : ([{ _tag: "MemberRemoved", version, user_id: user.id }] satisfies ReadonlyArray<ChatEvent>)
  }
  const events: Array<ChatEvent> = []
  const member = { user, role, last_read_seq, joined_at }
  // Who was there from the start, and the one who asks, is told by ChatCreated.
  const isTold = joined_version === 1 || user.id === asking
  if (joined_version > cursor) {
    if (!isTold) events.push({ _tag: "MemberAdded", version: joined_version, member, chat: chat.summary })
  }
  if (version > cursor && (joined_version <= cursor || (isTold && version > joined_version))) {
    events.push({ _tag: "MemberUpdated", version, member })
  }
  if (read_version > cursor && changed.read_message_id !== null) {
    const message_id = changed.read_message_id
    events.push({ _tag: "ReadMarked", version: read_version, user_id: user.id, seq: last_read_seq, message_id })
  }
  return events
}

/** In `version` order. Who has been in the chat for no longer than the cursor hears of the chat itself first. */
export const replay = (chat: ChangedChat, asking: UserId, cursor: number): ReadonlyArray<ChatEvent> => {
  const events: Array<ChatEvent> = chat.messages.map((message) => messageEvent(message, cursor))
  for (const member of chat.members) events.push(...memberEvents(member, chat, asking, cursor))
  const isNew = chat.joined_version > cursor
  if (!isNew && chat.name_version > cursor) {
    events.push({ _tag: "ChatUpdated", version: chat.name_version, chat: chat.summary })
  }
  events.sort((a, b) => a.version - b.version)
  if (isNew) {
    // Before the first of the others: 1 for a newcomer, whose cursor is 0.
    const version = Math.min(cursor + 1, (events[0]?.version ?? chat.joined_version + 1) - 1)
    events.unshift({ _tag: "ChatCreated", version, chat: chat.summary, member_ids: chat.member_ids })
  }
  return events
}
