// Owns reading all that one user wrote or takes part in, page by page, for their export, as JSON text that the database
// builds. It excludes what others wrote.
import type { Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"

export interface OwnChat {
  readonly chat_id: ChatId
  readonly last_seq: number
  /** JSON of an `ExportedChat`; null: the chat was deleted. */
  readonly json: string | null
}

export interface OwnMessages {
  /** JSON of `ExportedMessage`s, separated by commas; empty when there are none. */
  readonly items: string
  /** Where the next page begins; null: this is the last one. */
  readonly next: number | null
}

export interface OwnRecord {
  /** The sort key. */
  readonly place: string
  /** JSON of an `ExportedRecord`. */
  readonly json: string
}

export interface OwnEdit {
  readonly message_id: number
  readonly version: number
  /** JSON of an `ExportedEdit`. */
  readonly json: string
}

/** Before all edits. */
export const noEdit = { message_id: 0, version: 0 } as const

export interface ExportStoreShape {
  /** Chats of which the user is or was a member, with an id above `after`, ascending. */
  chats(user_id: UserId, after: number, limit: number): Effect.Effect<ReadonlyArray<OwnChat>, Unavailable>
  /** The user's messages in a chat after the place `after`, ascending, also if the user has left. */
  messages(user_id: UserId, chat: OwnChat, after: number): Effect.Effect<OwnMessages, Unavailable>
  /** The former texts of the user's messages, after the edit of the last page. */
  edits(
    user_id: UserId,
    after: Pick<OwnEdit, "message_id" | "version">,
    limit: number,
  ): Effect.Effect<ReadonlyArray<OwnEdit>, Unavailable>
  /** The user's current records about messages after the place of the last page ("": from the beginning). */
  records(user_id: UserId, after: string, limit: number): Effect.Effect<ReadonlyArray<OwnRecord>, Unavailable>
}
