// Owns how far each follower has read each chat, and what it keeps of it. Does not own what followers do (src/followers).
import type { Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { ChatId } from "../../domain/Ids.ts"
import type { JsonObject } from "../../domain/Json.ts"

export interface FollowedChat {
  readonly chat_id: ChatId
  /** The follower has read everything up to here. */
  readonly version: number
  /** The chat's version. */
  readonly head: number
  /** null: it has read nothing. */
  readonly state: JsonObject | null
}

export interface FollowedChats {
  /** By id. */
  readonly chats: ReadonlyArray<FollowedChat>
  /** The last chat that was compared; null: there are no more. */
  readonly last: ChatId | null
}

export interface FollowerStoreShape {
  /** Compares at most `most` chats with ids above `after`: those that the follower has not read to the end. */
  behind(follower: string, after: number, most: number): Effect.Effect<FollowedChats, Unavailable>
  /**
   * Moves the cursor from `from` to `to`, and keeps `state` with it. false: the cursor is no longer at `from`, or the
   * chat is gone; then nothing is kept.
   */
  advance(
    follower: string,
    chat_id: ChatId,
    from: number,
    to: number,
    state: JsonObject,
  ): Effect.Effect<boolean, Unavailable>
  /** The sum of this number over the states of all chats. */
  sum(follower: string, field: string): Effect.Effect<number, Unavailable>
}
