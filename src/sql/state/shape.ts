// Owns stored own state of users: values under keys; each change of a user takes the next version of that user's
// stream. Does not own which keys and values are valid (kinds/StateKinds) nor who may set them (OwnState).
import type { Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"

export interface StateEntry {
  readonly key: string
  /** JSON; null: the value was removed. */
  readonly value: string | null
  /** The version of its last change. */
  readonly version: number
}

export interface StateWrite {
  readonly user_id: UserId
  readonly key: string
  /** JSON, the same for equal values; null removes the key. */
  readonly value: string | null
  /** The chat that the key concerns. */
  readonly chat_id: ChatId | null
}

/** A block, or (`on` false) its end. */
export interface BlockWrite {
  readonly user_id: UserId
  readonly blocked_id: UserId
  readonly on: boolean
  /** Epoch milliseconds. */
  readonly at: number
}

/**
 * When the job that lets the private chat read a block is due, milliseconds after it was stored: usually the server that
 * stored it has done so by then.
 */
export const blockJobAfterMillis = 5_000

/** `Same`: nothing changed; `version` is that of the key, or of the stream if there is none. */
export type StateWritten =
  | { readonly _tag: "Changed" | "Same"; readonly version: number }
  | { readonly _tag: "Full"; readonly most: number }

/** A chat that its member has marked as unread. */
export interface UnreadMark {
  readonly user_id: UserId
  readonly chat_id: ChatId
}

/** A change of a user's state that follows from another change. */
export interface StateRemoval {
  readonly user_id: UserId
  readonly key: string
  readonly version: number
}

export interface StatePage {
  readonly items: ReadonlyArray<StateEntry>
  /** The version of the stream. */
  readonly version: number
}

/** `Changes`: those after the version, by version; with `most` of them there may be more. */
export type StateSince =
  | { readonly _tag: "Reset"; readonly version: number }
  | { readonly _tag: "Changes"; readonly items: ReadonlyArray<StateEntry>; readonly version: number }

/** What a node knows of a connected user's state. */
export interface StateStanding {
  readonly user_id: UserId
  readonly version: number
  /** The users who have blocked this user, at most `mostBlockers` of them. */
  readonly blockers: ReadonlyArray<UserId>
}

/** Of a user whom more have blocked, the others are not hidden; they are protected all the same. */
export const mostBlockers = 10_000

export interface StateStoreShape {
  /** Committed once it succeeds. */
  write(write: StateWrite): Effect.Effect<StateWritten, Unavailable>
  /** Like `write`. The job that lets the private chat read it is added in the same transaction. */
  block(write: BlockWrite): Effect.Effect<StateWritten, Unavailable>
  /** Like `write`, only while the value is `former` (null: none). `Stale`: it is another, and nothing changes. */
  replace(
    write: StateWrite,
    former: string | null,
  ): Effect.Effect<StateWritten | { readonly _tag: "Stale" }, Unavailable>
  /** The users with an id above `after` who read privately, or have done so, ascending. */
  privateReaders(after: number, limit: number): Effect.Effect<ReadonlyArray<UserId>, Unavailable>
  /** After `after`, by user and chat; of one user or of all. */
  unreadMarks(
    after: UnreadMark | undefined,
    limit: number,
    of?: UserId,
  ): Effect.Effect<ReadonlyArray<UnreadMark>, Unavailable>
  get(user_id: UserId, key: string): Effect.Effect<StateEntry | undefined, Unavailable>
  /** Current keys with the prefix, after `after`, by key. */
  page(
    user_id: UserId,
    range: { readonly prefix: string; readonly after: string; readonly limit: number },
  ): Effect.Effect<StatePage, Unavailable>
  /**
   * What changed after the version. `isFirst`: the first page of a replay, which does not begin if it would be too
   * long.
   */
  since(user_id: UserId, after: number, most: number, isFirst: boolean): Effect.Effect<StateSince, Unavailable>
  /** Versions of users' streams are 0 for those without one. */
  standings(user_ids: ReadonlyArray<UserId>): Effect.Effect<ReadonlyArray<StateStanding>, Unavailable>
  /** Removes what concerns the chat: from these users, or from all (undefined). */
  forgetChat(
    chat_id: ChatId,
    user_ids: ReadonlyArray<UserId> | undefined,
  ): Effect.Effect<ReadonlyArray<StateRemoval>, Unavailable>
  /** Removes the blocks of this user, at most `limit` of them. */
  unblock(user_id: UserId, limit: number): Effect.Effect<ReadonlyArray<StateRemoval>, Unavailable>
}
