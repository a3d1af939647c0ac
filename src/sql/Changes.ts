// Reads what changed in a chat since a version, for a device that comes back.
import { Context, type Effect, Layer } from "effect"
import type { ChatEvent } from "../domain/ChatEvent.ts"
import type { Unavailable } from "../domain/errors.ts"
import type { ChatId, UserId } from "../domain/Ids.ts"
import { makeChanges as makeMemoryChanges } from "./memory/changes.ts"
import { makeChanges } from "./postgres/changes.ts"

/**
 * `Replay`: the current state of everything that changed after the cursor, one event for each thing, in `version` order;
 * `version` is where the chat stands in the same snapshot.
 * `Reset`: too much was missed (see Limits.replay), or the cursor is above the chat's version.
 * `Gone`: the user is not in the chat.
 */
export type Missed =
  | { readonly _tag: "Replay"; readonly version: number; readonly events: ReadonlyArray<ChatEvent> }
  | { readonly _tag: "Reset"; readonly version: number }
  | { readonly _tag: "Gone" }

export class Changes extends Context.Service<
  Changes,
  {
    since(chat_id: ChatId, user_id: UserId, cursor: number): Effect.Effect<Missed, Unavailable>
  }
>()("confab/sql/Changes") {
  static readonly layer = Layer.effect(Changes, makeChanges)
  static readonly layerMemory = Layer.effect(Changes, makeMemoryChanges)
}
