// Owns what connects two users: the chats that they share, and that one found the other by name. Does not own what
// follows from it (services/Directory).
import type { Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { UserId } from "../../domain/Ids.ts"
import type { User } from "../../domain/User.ts"

/** The connection of a user with another one. */
export interface Acquaintance {
  readonly user_id: UserId
  /** Both are members of one chat now. */
  readonly shares: boolean
  /** The other one is or was a member of a chat of the user, which may show what they wrote. */
  readonly shown: boolean
  /** The user has found them by the full user name. */
  readonly found: boolean
}

/** Users whom one user may have found by name; over it, those found first are forgotten. */
export const mostFound = 1_000

/**
 * Memberships that a search goes through, those of the smallest chats first. It bounds the work for a user of many
 * large groups.
 */
export const mostSearched = 20_000

export interface DirectoryStoreShape {
  /** One for each id, also of users who do not exist, in no particular order. */
  acquaintances(user_id: UserId, others: ReadonlyArray<UserId>): Effect.Effect<ReadonlyArray<Acquaintance>, Unavailable>
  /**
   * The user, and those who share a chat with them, who match the query (domain/searchWords), by the matching word; all
   * of them by user name for an empty query. `mostSearched` bounds it.
   */
  searchShared(user_id: UserId, query: string, limit: number): Effect.Effect<ReadonlyArray<User>, Unavailable>
  /** Whom the user has found, the first first. `at`: epoch milliseconds. */
  foundBy(user_id: UserId): Effect.Effect<ReadonlyArray<{ readonly user_id: UserId; readonly at: number }>, Unavailable>
  /** Remembers that the user has found this other one. */
  remember(user_id: UserId, found_id: UserId, now: number): Effect.Effect<void, Unavailable>
}
