// Owns reading stored records about messages (see kinds/). Does not own their changes: the chat's actor decides, the
// Journal writes.
import type { Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { ChatId, MessageId, UserId } from "../../domain/Ids.ts"
import type { User } from "../../domain/User.ts"

export interface PinnedAt {
  readonly message_id: MessageId
  /** The user who pinned it. */
  readonly user_id: UserId
  /** Epoch milliseconds. */
  readonly at: number
}

/** One emoji of one user. */
export interface GivenReaction {
  readonly user: User
  readonly emoji: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** The end of a page of reactions. */
export interface ReactionPlace {
  readonly at: number
  readonly user_id: UserId
  readonly emoji: string
}

export interface RecordStoreShape {
  /** The pinned messages of a chat, the newest pin first. undefined: the reader is not in the chat. */
  pins(chat_id: ChatId, reader: UserId): Effect.Effect<ReadonlyArray<PinnedAt> | undefined, Unavailable>
  /** The newest first, those before the position. The reader is in the chat. */
  reactions(
    message_id: MessageId,
    emoji: string | undefined,
    before: ReactionPlace | undefined,
    limit: number,
  ): Effect.Effect<ReadonlyArray<GivenReaction>, Unavailable>
}
