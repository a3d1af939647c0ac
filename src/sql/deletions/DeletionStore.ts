// Owns how an account ends at rest: marked at once, and which of its chats still have to hear of it.
// Does not own the leaving of a chat: that is the chat's actor's, through the Journal.
import { Context, type Effect, Layer } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { ChatId, SessionId, UserId } from "../../domain/Ids.ts"
import { makeDepartures as makeMemoryDepartures } from "./memory.ts"
import { makeDepartures } from "./postgres.ts"

export interface Departing {
  readonly user_id: UserId
  /** Epoch milliseconds. */
  readonly deleted_at: number
}

export class DeletionStore extends Context.Service<
  DeletionStore,
  {
    /**
     * Deletes the account and ends its sessions, whole or not at all: user name and e-mail are free, nobody finds it or logs in to
     * it, and others see a deleted account. Gives the sessions that it ended; undefined: there is no such account (any more).
     */
    mark(user_id: UserId, now: number): Effect.Effect<ReadonlyArray<SessionId> | undefined, Unavailable>
    /** Deleted accounts that are not done with, oldest first. */
    pending(limit: number): Effect.Effect<ReadonlyArray<Departing>, Unavailable>
    /** Groups that the user is in, and private chats whose peer was not told: those with an id above `after`, ascending. */
    chats(user_id: UserId, after: number, limit: number): Effect.Effect<ReadonlyArray<ChatId>, Unavailable>
    /** The account is done with. */
    finish(user_id: UserId, now: number): Effect.Effect<void, Unavailable>
  }
>()("confab/sql/deletions/DeletionStore") {
  static readonly layer = Layer.effect(DeletionStore, makeDepartures)
  static readonly layerMemory = Layer.effect(DeletionStore, makeMemoryDepartures)
}
