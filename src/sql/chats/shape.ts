// Owns stored chats as their members read them, and their creation. Later changes go through the Journal.
import type { Effect } from "effect"
import type { Chat, ChatSummary, ChatType, MemberPage, Role } from "../../domain/Chat.ts"
import type { ChatInfo } from "../../domain/ChatInfo.ts"
import type { Unavailable } from "../../domain/errors.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"

export interface NewChat {
  readonly type: ChatType
  readonly name: string | null
  /** Empty when absent. */
  readonly info?: ChatInfo
  readonly created_by: UserId
  /** Without the creator; exactly one in a private chat, none in a saved one. */
  readonly member_ids: ReadonlyArray<UserId>
  /** Epoch milliseconds. */
  readonly created_at: number
}

/** With whom the creator is a pair, which has one chat: the creator in a saved chat; undefined in a group. */
export const peerOf = ({ created_by, member_ids, type }: NewChat): UserId | undefined =>
  type === "group" ? undefined : type === "saved" ? created_by : member_ids[0]

/** A chat's position for one member, as in `hello`. */
export interface Position {
  readonly chat_id: ChatId
  readonly last_seq: number
  readonly last_read_seq: number
  readonly unread_count: number
  /** Of the unread messages, those that are a mention or a reply for the member. */
  readonly unread_mention_count: number
  readonly version: number
  /** The number of members; not in `hello`. */
  readonly member_count: number
  /** How far a device of the member has the messages of a private chat; null in other chats. Not in `hello`. */
  readonly delivered_seq: number | null
}

/** A device of this member of a private chat has the messages up to `seq`. */
export interface DeliveredMark {
  readonly chat_id: ChatId
  readonly user_id: UserId
  readonly seq: number
}

export interface MemberPosition extends Position {
  readonly user_id: UserId
  /** Of the user's own state; 0 without one. */
  readonly state_version: number
  /** Another user has blocked this one. */
  readonly is_blocked: boolean
}

/** The first `count` chats of a user with ids above `after`. */
export interface ChatsPage {
  readonly user_id: UserId
  readonly after: number
  readonly count: number
}

/** A chat, and a version of it. */
export interface ChatVersion {
  readonly chat_id: ChatId
  readonly version: number
}

/** A chat as its members see it, its version, and that by which one of them came into it. */
export interface Standing {
  readonly chat: ChatSummary
  readonly version: number
  readonly joined_version: number
}

/** A user who is named for a chat. */
export interface Candidate {
  readonly user_id: UserId
  /** The account was deleted. */
  readonly deleted: boolean
  /** The user is a member of that chat. */
  readonly present: boolean
  /** The user has the maximum number of chats. */
  readonly full: boolean
  /** The user has blocked the caller. */
  readonly blocked: boolean
}

/** How far a member of a private chat has read: as others do not see it, and as they do. */
export interface PrivateRead {
  /** Whether the member's settings hide this reading from others; if not, nothing has changed. */
  readonly hides: boolean
  readonly private_read_seq: number
  readonly shown_seq: number
}

export interface Membership {
  readonly user_id: UserId
  readonly chat_id: ChatId
  readonly joined_version: number
}

export interface MemberRange {
  readonly limit: number
  readonly after?: number
  readonly query?: string
}

export interface ChatStoreShape {
  /**
   * Creates the chat and its memberships at version 1: the creator of a group or saved chat is its owner, both users of a
   * private chat are `member`. `created: false`: the pair already had that chat; it is returned.
   */
  create(chat: NewChat): Effect.Effect<{ readonly chat_id: ChatId; readonly created: boolean }, Unavailable>
  /** Of a user with themselves: their saved chat. undefined when there is none. */
  privateChat(a: UserId, b: UserId): Effect.Effect<ChatId | undefined, Unavailable>
  /** The same; afterwards nothing is committed in it that was decided before. */
  fence(a: UserId, b: UserId): Effect.Effect<ChatId | undefined, Unavailable>
  /** As this member sees it; undefined for a non-member. */
  get(chat_id: ChatId, user_id: UserId): Effect.Effect<Chat | undefined, Unavailable>
  /** Newest activity first; `before` is the `next` of an earlier page, undecoded from the wire. */
  list(
    user_id: UserId,
    limit: number,
    before: string | undefined,
  ): Effect.Effect<{ readonly items: ReadonlyArray<Chat>; readonly next: string | null }, Unavailable>
  /** Present members above a user id, by their ids, whose names match the query (`searchWords`). */
  members(chat_id: ChatId, range: MemberRange): Effect.Effect<MemberPage, Unavailable>
  /** The chats of which the user is a member. */
  idsOf(user_id: UserId): Effect.Effect<ReadonlyArray<ChatId>, Unavailable>
  /** The positions of these chats for this member; chats of which they are no member are left out. */
  positions(user_id: UserId, chat_ids: ReadonlyArray<ChatId>): Effect.Effect<ReadonlyArray<Position>, Unavailable>
  /** The same for the next chats of each of these users, by their ids; a user is named once. */
  positionsOf(pages: ReadonlyArray<ChatsPage>): Effect.Effect<ReadonlyArray<MemberPosition>, Unavailable>
  /** Those of the chats that are above the given version, or are deleted: with a higher one. */
  ahead(known: ReadonlyArray<ChatVersion>): Effect.Effect<ReadonlyArray<ChatVersion>, Unavailable>
  /** The chats of each of these users. */
  memberships(user_ids: ReadonlyArray<UserId>): Effect.Effect<ReadonlyArray<Membership>, Unavailable>
  isMember(chat_id: ChatId, user_id: UserId): Effect.Effect<boolean, Unavailable>
  /** undefined for a non-member. */
  standing(chat_id: ChatId, user_id: UserId): Effect.Effect<Standing | undefined, Unavailable>
  /** A member's role, and the type of the chat; undefined for a non-member. */
  role(
    chat_id: ChatId,
    user_id: UserId,
  ): Effect.Effect<{ readonly role: Role; readonly type: ChatType } | undefined, Unavailable>
  /** Those of the users who exist or did. `chat_id` undefined: a new chat. `maxChats` 0: no user is full. */
  candidates(
    by: UserId,
    chat_id: ChatId | undefined,
    user_ids: ReadonlyArray<UserId>,
    maxChats: number,
  ): Effect.Effect<ReadonlyArray<Candidate>, Unavailable>
  /** The member reads the private chat up to there, which is stored if others must not see it. undefined: no such member. */
  readPrivately(chat_id: ChatId, user_id: UserId, seq: number): Effect.Effect<PrivateRead | undefined, Unavailable>
  /** Raises these marks, except those of users who have blocked the other one. */
  delivered(marks: ReadonlyArray<DeliveredMark>): Effect.Effect<void, Unavailable>
  /** Deletes the rows of deleted chats, at most `limit` messages a call; returns how many rows were deleted. */
  purge(limit: number): Effect.Effect<number, Unavailable>
}
