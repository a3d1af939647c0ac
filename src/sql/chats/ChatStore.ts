// Owns chats at rest as their members read them, and their creation. Changes after creation go through the Journal.
import { Context, type Effect, Layer } from "effect"
import type { Chat, ChatSummary, ChatType, MemberPage, Role } from "../../domain/Chat.ts"
import type { ChatInfo } from "../../domain/ChatInfo.ts"
import type { Unavailable } from "../../domain/errors.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import { makeChats as makeMemoryChats } from "./memory.ts"
import { makeChats } from "./postgres.ts"

export interface NewChat {
  readonly type: ChatType
  readonly name: string | null
  /** Nothing when absent. */
  readonly info?: ChatInfo
  readonly created_by: UserId
  /** Without the creator; exactly one in a private chat. */
  readonly member_ids: ReadonlyArray<UserId>
  /** Epoch milliseconds. */
  readonly created_at: number
}

/** A chat's position for one member: what `hello` tells. */
export interface Position {
  readonly chat_id: ChatId
  readonly last_seq: number
  readonly last_read_seq: number
  readonly unread_count: number
  readonly version: number
  /** How many are in it; `hello` does not tell. */
  readonly member_count: number
}

export interface MemberPosition extends Position {
  readonly user_id: UserId
}

/** The first `count` chats of a user whose ids are above `after`. */
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

/** A chat as its members see it, and where it stands. */
export interface Standing {
  readonly chat: ChatSummary
  readonly version: number
}

/** Somebody who is named for a chat. */
export interface Candidate {
  readonly user_id: UserId
  /** The account was deleted. */
  readonly deleted: boolean
  /** They are in that chat. */
  readonly present: boolean
  /** They are in so many chats that they may be in no other. */
  readonly full: boolean
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

export class ChatStore extends Context.Service<
  ChatStore,
  {
    /**
     * Makes the chat and its memberships at version 1: the creator of a group its owner, both of a private chat `member`.
     * `created: false`: the two had a private chat already; that one is given.
     */
    create(chat: NewChat): Effect.Effect<{ readonly chat_id: ChatId; readonly created: boolean }, Unavailable>
    /** undefined when there is none. */
    privateChat(a: UserId, b: UserId): Effect.Effect<ChatId | undefined, Unavailable>
    /** As this member sees it; undefined when they are not in it. */
    get(chat_id: ChatId, user_id: UserId): Effect.Effect<Chat | undefined, Unavailable>
    /** Newest activity first; `before` is what an earlier page gave as `next`, undecoded from the wire. */
    list(
      user_id: UserId,
      limit: number,
      before: string | undefined,
    ): Effect.Effect<{ readonly items: ReadonlyArray<Chat>; readonly next: string | null }, Unavailable>
    /** Present members above a user id, by their ids, of whose names the query is true (`searchWords`). */
    members(chat_id: ChatId, range: MemberRange): Effect.Effect<MemberPage, Unavailable>
    /** The chats that a user is in. */
    idsOf(user_id: UserId): Effect.Effect<ReadonlyArray<ChatId>, Unavailable>
    /** Where these chats stand for this member; those they are not in are left out. */
    positions(user_id: UserId, chat_ids: ReadonlyArray<ChatId>): Effect.Effect<ReadonlyArray<Position>, Unavailable>
    /** The same of the next chats of each of these users, by their ids; a user is named once. */
    positionsOf(pages: ReadonlyArray<ChatsPage>): Effect.Effect<ReadonlyArray<MemberPosition>, Unavailable>
    /** Those of the chats that stand above the version that is given for them, or are gone: with a higher one. */
    ahead(known: ReadonlyArray<ChatVersion>): Effect.Effect<ReadonlyArray<ChatVersion>, Unavailable>
    /** Who of these is in which chats. */
    memberships(user_ids: ReadonlyArray<UserId>): Effect.Effect<ReadonlyArray<Membership>, Unavailable>
    isMember(chat_id: ChatId, user_id: UserId): Effect.Effect<boolean, Unavailable>
    /** undefined when they are not in it. */
    standing(chat_id: ChatId, user_id: UserId): Effect.Effect<Standing | undefined, Unavailable>
    /** undefined when they are not in it. */
    role(chat_id: ChatId, user_id: UserId): Effect.Effect<Role | undefined, Unavailable>
    /** Those of the users who exist or did. `chat_id` undefined: a chat that is not there yet. `maxChats` 0: nobody is full. */
    candidates(
      chat_id: ChatId | undefined,
      user_ids: ReadonlyArray<UserId>,
      maxChats: number,
    ): Effect.Effect<ReadonlyArray<Candidate>, Unavailable>
    /** Removes the rows of deleted chats, at most `limit` messages a call; gives how many rows went. */
    purge(limit: number): Effect.Effect<number, Unavailable>
  }
>()("confab/sql/chats/ChatStore") {
  static readonly layer = Layer.effect(ChatStore, makeChats)
  static readonly layerMemory = Layer.effect(ChatStore, makeMemoryChats)
}
