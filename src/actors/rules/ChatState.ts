// An actor's state of its chat, and the effect of an accepted change. Pure and total: no clock, no ids, no services.
import { HashMap } from "effect"
import type { ChatType, Role } from "../../domain/Chat.ts"
import type { ChatInfo, NamedInfo } from "../../domain/ChatInfo.ts"
import type { Draft } from "../../domain/Draft.ts"
import type { ChatId, MessageId, UserId } from "../../domain/Ids.ts"
import type { JsonObject } from "../../domain/Json.ts"
import type { MessageParts } from "../../domain/MessageParts.ts"
import type { KeptRecord } from "../../kinds/Kind.ts"
import type { KindName } from "../../kinds/Kinds.ts"
import type { ChatSnapshot, StoredMessage } from "../../sql/journal/Journal.ts"

export interface MemberState {
  readonly role: Role
  readonly last_read_seq: number
  /** Epoch milliseconds. */
  readonly joined_at: number
  /** As `Member.version`. */
  readonly version: number
}

export interface ChatState {
  readonly id: ChatId
  readonly type: ChatType
  readonly name: string | null
  readonly info: ChatInfo
  readonly created_by: UserId
  readonly created_at: number
  readonly version: number
  readonly last_seq: number
  readonly deleted: boolean
  /** In a private chat: the user whose account was deleted. */
  readonly departed: UserId | null
  /** In a private chat: its users who have blocked the other one. */
  readonly blockers: ReadonlyArray<UserId>
  /** As in `ChatSnapshot`. */
  readonly fence: number
  readonly members: HashMap.HashMap<UserId, MemberState>
}

/** A message whose first text is kept only as a digest. */
export type DigestedMessage = StoredMessage & { readonly original_digest: string }

/** A record is changed or removed. */
export interface RecordChange {
  readonly _tag: "Recorded"
  readonly version: number
  readonly kind: KindName
  readonly message_id: MessageId
  readonly key: string
  readonly record: KeptRecord
  readonly shown: JsonObject
}

/** What the rules accepted. Each takes the chat's next `version`; `Sent` also the next `seq`. */
export type Change =
  | {
      readonly _tag: "Sent"
      readonly version: number
      readonly seq: number
      readonly sender_id: UserId
      readonly draft: Draft
      readonly thread_id: MessageId | null
      /** The author of the message that it replies to; null also for the sender's own. */
      readonly replied_to: UserId | null
      /** For a message whose content is not its text. */
      readonly original_digest: string | null
    }
  | {
      readonly _tag: "Edited"
      readonly version: number
      readonly before: DigestedMessage
      readonly text: string
      readonly parts: MessageParts | null
    }
  | { readonly _tag: "Tombstoned"; readonly version: number; readonly before: DigestedMessage }
  | { readonly _tag: "Read"; readonly version: number; readonly user_id: UserId; readonly seq: number }
  /** Name and info as they are from now on. */
  | ({ readonly _tag: "InfoSet"; readonly version: number } & NamedInfo)
  | { readonly _tag: "ChatDeleted"; readonly version: number }
  | { readonly _tag: "MemberAdded"; readonly version: number; readonly user_id: UserId; readonly at: number }
  | { readonly _tag: "RoleSet"; readonly version: number; readonly user_id: UserId; readonly role: Role }
  | { readonly _tag: "MemberRemoved"; readonly version: number; readonly user_id: UserId }
  | RecordChange
  /** The account was deleted: the user has another name from now on. */
  | { readonly _tag: "Departed"; readonly version: number; readonly user_id: UserId }

export const fromSnapshot = (snapshot: ChatSnapshot): ChatState => ({
  id: snapshot.id,
  type: snapshot.type,
  name: snapshot.name,
  info: snapshot.info,
  created_by: snapshot.created_by,
  created_at: snapshot.created_at,
  version: snapshot.version,
  last_seq: snapshot.last_seq,
  deleted: false,
  departed: snapshot.departed,
  blockers: snapshot.blockers,
  fence: snapshot.fence,
  members: HashMap.fromIterable(
    snapshot.members.map(({ user_id, role, last_read_seq, joined_at, version }) => [
      user_id,
      { role, last_read_seq, joined_at, version },
    ]),
  ),
})

export const memberOf = (state: ChatState, user_id: UserId): MemberState | undefined => {
  const member = HashMap.get(state.members, user_id)
  return member._tag === "Some" ? member.value : undefined
}

const withMember = (state: ChatState, user_id: UserId, change: Partial<MemberState>) => {
  const member = memberOf(state, user_id)
  return member === undefined ? state.members : HashMap.set(state.members, user_id, { ...member, ...change })
}

/** Sending also reads; separate from `apply`, since it is done once for consecutive messages of one sender. */
export const readUpTo = (state: ChatState, user_id: UserId, seq: number): ChatState => ({
  ...state,
  members: withMember(state, user_id, { last_read_seq: seq }),
})

/** For sent messages, `readUpTo` moves the sender's watermark. */
export const apply = (state: ChatState, change: Change): ChatState => {
  const { version } = change
  switch (change._tag) {
    case "Sent":
      return { ...state, version, last_seq: change.seq }
    case "Edited":
    case "Tombstoned":
    case "Recorded":
      return { ...state, version }
    case "Read":
      return { ...state, version, members: withMember(state, change.user_id, { last_read_seq: change.seq, version }) }
    case "InfoSet":
      return { ...state, version, name: change.name, info: change.info }
    case "ChatDeleted":
      return { ...state, version, deleted: true, members: HashMap.empty() }
    case "MemberAdded":
      return {
        ...state,
        version,
        members: HashMap.set(state.members, change.user_id, {
          role: "member",
          last_read_seq: state.last_seq,
          joined_at: change.at,
          version,
        }),
      }
    case "RoleSet":
      return { ...state, version, members: withMember(state, change.user_id, { role: change.role, version }) }
    case "MemberRemoved":
      return { ...state, version, members: HashMap.remove(state.members, change.user_id) }
    case "Departed":
      return {
        ...state,
        version,
        departed: state.type === "private" ? change.user_id : null,
        members: withMember(state, change.user_id, { version }),
      }
    default:
      return change satisfies never
  }
}
