// Owns reading all that one person has written or is in, a page at a time, for them to take with them. As JSON text built once by
// the database. Not in it: what others wrote.
import { Context, type Effect, Layer } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import { makeExports as makeMemoryExports } from "./memory.ts"
import { makeExports } from "./postgres.ts"

export interface OwnChat {
  readonly chat_id: ChatId
  readonly last_seq: number
  /** JSON of an `ExportedChat`; null: the chat was deleted. */
  readonly json: string | null
}

export interface OwnMessages {
  /** JSON of `ExportedMessage`s, separated by commas; empty when there are none. */
  readonly items: string
  /** Where the next page begins; null: this was the last one. */
  readonly next: number | null
}

export interface OwnRecord {
  /** Orders them. */
  readonly place: string
  /** JSON of an `ExportedRecord`. */
  readonly json: string
}

export class ExportStore extends Context.Service<
  ExportStore,
  {
    /** Chats that the user is or was in, those with an id above `after`, ascending. */
    chats(user_id: UserId, after: number, limit: number): Effect.Effect<ReadonlyArray<OwnChat>, Unavailable>
    /** What the user wrote in a chat after the place `after`, ascending, also if they are not in it any more. */
    messages(user_id: UserId, chat: OwnChat, after: number): Effect.Effect<OwnMessages, Unavailable>
    /** What the user made last about messages, those after the place of the last page ("": from the beginning). */
    records(user_id: UserId, after: string, limit: number): Effect.Effect<ReadonlyArray<OwnRecord>, Unavailable>
  }
>()("confab/sql/exports/ExportStore") {
  static readonly layer = Layer.effect(ExportStore, makeExports)
  static readonly layerMemory = Layer.effect(ExportStore, makeMemoryExports)
}
