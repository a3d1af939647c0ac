// Owns stored account deletions: marks the account, and knows which of its chats are still to be processed. Does not
// own leaving a chat: the chat's actor does, through the Journal.
import type { Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { ChatId, SessionId, UserId } from "../../domain/Ids.ts"

/** When the job of a deletion is due, milliseconds after `mark`: usually the caller of `mark` is done by then. */
export const jobAfterMillis = 10_000

export interface DeletionStoreShape {
  /**
   * Deletes the account and ends its sessions in one transaction: the user name and the e-mail are free again, search
   * and log-in no longer find it, and other users see a deleted account. Returns the sessions that it ended;
   * undefined: there is no such account (any more). The job that continues it is added.
   */
  mark(user_id: UserId, now: number): Effect.Effect<ReadonlyArray<SessionId> | undefined, Unavailable>
  /** When the account was deleted (epoch ms), until `finish`; undefined: it is not, or that is complete. */
  pending(user_id: UserId): Effect.Effect<number | undefined, Unavailable>
  /**
   * The user's groups, and private chats whose peer has not received the deletion, with an id above `after`,
   * ascending.
   */
  chats(user_id: UserId, after: number, limit: number): Effect.Effect<ReadonlyArray<ChatId>, Unavailable>
  /** Marks the deletion as complete. */
  finish(user_id: UserId, now: number): Effect.Effect<void, Unavailable>
}
