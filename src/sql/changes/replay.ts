// Turns rows into events: one for each thing that changed, in its present state, for one reader with a known version or
// for readers at any version.
import type { ChatSummary, Role } from "../../domain/Chat.ts"
import type { ChatEvent, ReplayedEvent } from "../../domain/ChatEvent.ts"
import type { MessageId, UserId } from "../../domain/Ids.ts"
import type { EventMessage } from "../../domain/Message.ts"
import { type Extras, type MessageParts, withExtras } from "../../domain/MessageParts.ts"
import type { User } from "../../domain/User.ts"
import type { KeptRecord, Tally } from "../../kinds/Kind.ts"
import { type KindName, kindOf } from "../../kinds/Kinds.ts"
import { inOrder } from "../../kinds/RecordSet.ts"

/** A message with its `dedup_key`. */
export interface ChangedMessage extends Omit<EventMessage, keyof Extras> {
  readonly created_version: number
  readonly version: number
  readonly thread_id: MessageId | null
  readonly parts: MessageParts | null
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

/** A record, and the version of its last change: see kinds/. */
export interface ChangedRecord extends KeptRecord {
  readonly kind: KindName
  readonly message_id: MessageId
  readonly version: number
}

/** The tally of the current records of a kind about a message. */
export interface MessageTally extends Tally {
  readonly kind: KindName
  readonly message_id: MessageId
}

/** What changed in a chat after a version, in one snapshot. */
export interface ChangedChat {
  readonly summary: ChatSummary
  readonly name_version: number
  readonly messages: ReadonlyArray<ChangedMessage>
  readonly members: ReadonlyArray<ChangedMember>
  readonly records: ReadonlyArray<ChangedRecord>
  /** Those of all messages of `records`. */
  readonly tallies: ReadonlyArray<MessageTally>
}

/** The same for one member. */
export interface ChangedForMember extends ChangedChat {
  /** When this member was added to the chat. */
  readonly joined_version: number
  readonly member_ids: ReadonlyArray<UserId>
}

/**
 * The maximum number of a chat's changes that one reader receives: `Limits.replay` of the contract, which this room
 * does not see.
 */
export const replayLimit = 5_000

/**
 * The maximum number of a chat's changes that are read for readers at any version, and of bytes of the messages' texts
 * in them.
 */
export const holeLimit = 512
export const holeBytes = 1_048_576

/** Whether the changes after `cursor` can be replayed. */
export const isReplayable = (version: number, cursor: number): boolean =>
  cursor <= version && version - cursor <= replayLimit

/** Marks the event with `version` if its thing has changed later. */
const shownAs = (event: ChatEvent, version: number): ReplayedEvent =>
  version > event.version ? { event, changed: version } : { event }

// A new message keeps its first version, so that new messages are in the order of seq.
const messageEvents = (row: ChangedMessage, after: number): ReadonlyArray<ReplayedEvent> => {
  const { created_version, parts, thread_id, version, ...plain } = row
  const message = withExtras(plain, thread_id, parts)
  const sent = shownAs({ _tag: "MessageSent", version: created_version, message }, version)
  if (version === created_version) return [sent]
  const changed: ChatEvent = { _tag: message.deleted ? "MessageDeleted" : "MessageUpdated", version, message }
  return created_version > after ? [sent, { event: changed, came: created_version }] : [{ event: changed }]
}

const memberEvents = (row: ChangedMember, chat: ChangedChat, after: number): ReadonlyArray<ReplayedEvent> => {
  const { user, role, last_read_seq, joined_at, joined_version, version, read_version, removed } = row
  if (removed) return [{ event: { _tag: "MemberRemoved", version, user_id: user.id } }]
  const member = { user, role, last_read_seq, joined_at }
  const events: Array<ReplayedEvent> = []
  // ChatCreated contains the members from the start.
  const came = joined_version > after && joined_version > 1
  if (came) {
    events.push(shownAs({ _tag: "MemberAdded", version: joined_version, member, chat: chat.summary }, version))
  }
  if (version > after && version > joined_version) {
    const event: ChatEvent = { _tag: "MemberUpdated", version, member }
    events.push(came ? { event, came: joined_version } : { event })
  }
  if (read_version > after && row.read_message_id !== null) {
    const message_id = row.read_message_id
    const event: ChatEvent = {
      _tag: "ReadMarked",
      version: read_version,
      user_id: user.id,
      seq: last_read_seq,
      message_id,
    }
    events.push({ event })
  }
  return events
}

const recordEvents = ({ records, tallies }: ChangedChat): ReadonlyArray<ReplayedEvent> => {
  const scope = (kind: KindName, message_id: MessageId) => `${kind} ${message_id}`
  const counted = Map.groupBy(tallies, ({ kind, message_id }) => scope(kind, message_id))
  return records.map(({ kind, message_id, version, ...record }) => {
    const shown = kindOf(kind).show(record, record.user_id, inOrder(counted.get(scope(kind, message_id)) ?? []))
    return { event: { _tag: "Recorded", version, kind, message_id, shown } }
  })
}

const byVersion = (events: Array<ReplayedEvent>): ReadonlyArray<ReplayedEvent> =>
  events.sort((a, b) => a.event.version - b.event.version)

const memberChanges = (chat: ChangedChat, after: number): ReadonlyArray<ReplayedEvent> =>
  chat.members.flatMap((row) => memberEvents(row, chat, after))

/** Added, changed and removed members, in `version` order. */
export const membershipChanges = (chat: ChangedChat, after: number): ReadonlyArray<ReplayedEvent> =>
  byVersion(memberChanges(chat, after).filter(({ event }) => event._tag !== "ReadMarked"))

/** For readers at `after` or any later version, in `version` order. */
export const changesAfter = (chat: ChangedChat, after: number): ReadonlyArray<ReplayedEvent> => {
  const events = chat.messages.flatMap((row) => messageEvents(row, after))
  for (const event of memberChanges(chat, after)) events.push(event)
  for (const event of recordEvents(chat)) events.push(event)
  if (chat.name_version > Math.max(after, 1)) {
    events.push({ event: { _tag: "ChatUpdated", version: chat.name_version, chat: chat.summary } })
  }
  if (after === 0) {
    const member_ids = chat.members.filter((row) => row.joined_version === 1 && !row.removed).map((row) => row.user.id)
    events.push({ event: { _tag: "ChatCreated", version: 1, chat: chat.summary, member_ids } })
  }
  return byVersion(events)
}

/** For a reader who sees everything and was at `after`: what lies in the range, each thing once, in `version` order. */
export const logged = (chat: ChangedChat, { after, upto }: VersionRange): ReadonlyArray<ReplayedEvent> =>
  changesAfter(chat, after).filter(({ came, event }) => came === undefined && event.version <= upto)

const isAbout = (event: ChatEvent, user_id: UserId): boolean =>
  (event._tag === "MemberAdded" || event._tag === "MemberUpdated") && event.member.user.id === user_id

/** Above `after`, up to `upto`. */
export interface VersionRange {
  readonly after: number
  readonly upto: number
}

/**
 * For one reader, who was at `cursor` when the replay began: what lies in a later range, in `version` order. A reader
 * who was added after the cursor receives the chat itself: first, if they never knew it; otherwise at their addition.
 */
export const replay = (
  chat: ChangedForMember,
  asking: UserId,
  cursor: number,
  { after, upto }: VersionRange,
): ReadonlyArray<ReplayedEvent> => {
  const isNew = chat.joined_version > cursor
  const created = (version: number): ReplayedEvent => ({
    event: { _tag: "ChatCreated", version, chat: chat.summary, member_ids: chat.member_ids },
  })
  const events = changesAfter(chat, cursor).flatMap((replayed) => {
    const { came, event } = replayed
    if (event.version <= after || event.version > upto || event._tag === "ChatCreated") return []
    if (came !== undefined) return isAbout(event, asking) ? [replayed] : []
    if (event._tag === "ChatUpdated" && isNew && (cursor === 0 || event.version < chat.joined_version)) return []
    if (event._tag === "MemberAdded" && isAbout(event, asking)) return cursor > 0 ? [created(event.version)] : []
    // For a reader from the beginning they were never members.
    return event._tag === "MemberRemoved" && cursor === 0 ? [] : [replayed]
  })
  return cursor === 0 && after === 0 ? [created(1), ...events] : events
}
