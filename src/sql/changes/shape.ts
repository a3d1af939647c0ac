// Reads what changed in a chat after a version: for a device that reconnects, and for a node that missed events.
import type { Effect } from "effect"
import type { ReplayedEvent } from "../../domain/ChatEvent.ts"
import type { ChatSums, SeqRange } from "../../domain/Check.ts"
import type { Unavailable } from "../../domain/errors.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import type { PageSize, ReplayPosition } from "./ReplayPage.ts"

/**
 * `Replay`: a page of the current state of everything that changed after the cursor, one event for each thing, in
 * `version` order. The pages together are the replay up to `version`, that of the chat when the first one was read:
 * each thing is in one page. A thing that changes during the reading moves from the remaining pages to a version above
 * that, or shows its change with `changed`. `next`: there is more; undefined: that was all.
 * `Reset`: too much was missed (see Limits.replay), or the cursor is above the chat's version; never in the middle of a
 * replay.
 * `Gone`: the user is not in the chat.
 */
export type Missed =
  | {
      readonly _tag: "Replay"
      readonly version: number
      /** The version by which the reader was added last. */
      readonly joined_version: number
      readonly events: ReadonlyArray<ReplayedEvent>
      readonly next: ReplayPosition | undefined
      /** On the last page, if requested: as of `version`. Missing if the chat has moved on since the first page. */
      readonly sums?: ChatSums
    }
  | { readonly _tag: "Reset"; readonly version: number }
  | { readonly _tag: "Gone" }

/**
 * `Hole`: what changed after the version, for readers at it or at any later one; only the deletion, if the chat was
 * deleted.
 * `Wide`: too much to read at once, or the version is above the chat's: only membership changes.
 * `Gone`: not even the deletion is known any more.
 */
export type Hole =
  | { readonly _tag: "Hole" | "Wide"; readonly version: number; readonly events: ReadonlyArray<ReplayedEvent> }
  | { readonly _tag: "Gone" }

export interface LogPage {
  readonly events: ReadonlyArray<ReplayedEvent>
  /** The page has everything up to here. */
  readonly upto: number
}

export interface ChangesShape {
  /**
   * For one reader at `cursor`; the first page without a `position`. `check`: the range whose sums are read, in the same
   * snapshot.
   */
  since(
    chat_id: ChatId,
    user_id: UserId,
    cursor: number,
    position?: ReplayPosition,
    size?: PageSize,
    check?: SeqRange,
  ): Effect.Effect<Missed, Unavailable>
  /**
   * For a reader who sees everything and knows the chat up to `after`: one page of what changed up to `upto`, which ends at
   * the version `upto` of the result. undefined: the chat was deleted.
   */
  log(chat_id: ChatId, after: number, upto: number): Effect.Effect<LogPage | undefined, Unavailable>
  /** For readers at any version from `version` on. */
  hole(chat_id: ChatId, version: number): Effect.Effect<Hole, Unavailable>
}
