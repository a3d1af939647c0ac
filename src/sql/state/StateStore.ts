// Owns people's own state at rest: values under keys, each change of a person's with the next version of that person's stream. Does not
// own what keys and values may be (kinds/StateKinds) nor who may set them (OwnState).
import { Context, type Effect, Layer } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import { makeMemoryState } from "./memory.ts"
import { makeState } from "./postgres.ts"

export interface StateEntry {
  readonly key: string
  /** JSON; null: there is none any more. */
  readonly value: string | null
  /** At which it changed last. */
  readonly version: number
}

export interface StateWrite {
  readonly user_id: UserId
  readonly key: string
  /** JSON, the same for equal values; null takes the key away. */
  readonly value: string | null
  /** The chat that the key is about. */
  readonly chat_id: ChatId | null
}

/** `Same`: it was so already, or was not there; `version` is that of the key, or where the stream stands. */
export type StateWritten =
  | { readonly _tag: "Changed" | "Same"; readonly version: number }
  | { readonly _tag: "Full"; readonly most: number }

/** A change of somebody's state that follows from something else. */
export interface StateRemoval {
  readonly user_id: UserId
  readonly key: string
  readonly version: number
}

export interface StatePage {
  readonly items: ReadonlyArray<StateEntry>
  /** Where the stream stands. */
  readonly version: number
}

/** `Changes`: those after the position, by version; when there are `most` of them there may be more. */
export type StateSince =
  | { readonly _tag: "Reset"; readonly version: number }
  | { readonly _tag: "Changes"; readonly items: ReadonlyArray<StateEntry>; readonly version: number }

export interface StateStanding {
  readonly user_id: UserId
  readonly version: number
}

export class StateStore extends Context.Service<
  StateStore,
  {
    /** Committed once it succeeds. */
    write(write: StateWrite): Effect.Effect<StateWritten, Unavailable>
    get(user_id: UserId, key: string): Effect.Effect<StateEntry | undefined, Unavailable>
    /** Present keys that begin so, those behind `after`, by key. */
    page(
      user_id: UserId,
      range: { readonly prefix: string; readonly after: string; readonly limit: number },
    ): Effect.Effect<StatePage, Unavailable>
    /** What changed after the position. `isFirst`: of a replay, which is not begun when it would be too long. */
    since(user_id: UserId, after: number, most: number, isFirst: boolean): Effect.Effect<StateSince, Unavailable>
    /** Where people's streams stand, 0 for those without one. */
    standings(user_ids: ReadonlyArray<UserId>): Effect.Effect<ReadonlyArray<StateStanding>, Unavailable>
    /** Takes away what is about the chat: from these people, or from all (undefined). */
    forgetChat(
      chat_id: ChatId,
      user_ids: ReadonlyArray<UserId> | undefined,
    ): Effect.Effect<ReadonlyArray<StateRemoval>, Unavailable>
  }
>()("confab/sql/state/StateStore") {
  static readonly layer = Layer.effect(StateStore, makeState)
  static readonly layerMemory = Layer.effect(StateStore, makeMemoryState)
}
