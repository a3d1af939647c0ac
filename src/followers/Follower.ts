// A follower: something that must learn of every change of every chat after its commit, though it or the server was
// away. It reads from the tables, so that no statement of a commit knows of it.
import type { Effect } from "effect"
import type { ChatEvent } from "../domain/ChatEvent.ts"
import type { Unavailable } from "../domain/errors.ts"
import type { ChatId } from "../domain/Ids.ts"
import type { JsonObject } from "../domain/Json.ts"

export interface Follower<State extends JsonObject = JsonObject> {
  /** In the database. */
  readonly name: string
  /** Of a chat of which it has read nothing. */
  readonly start: State
  /**
   * The next changes of a chat, one event for each thing in its present state, in `version` order. The result is kept
   * with the cursor in one statement, so that it contains each change exactly once. Other effects happen at least once:
   * after a crash, or when a lease has expired, the same events come again.
   */
  handle(chat_id: ChatId, events: ReadonlyArray<ChatEvent>, state: State): Effect.Effect<State, Unavailable>
  /** All chats have been compared. */
  readonly onRound: Effect.Effect<void, Unavailable>
}
