// Owns signed-in devices at rest: a session, and the hashes of the refresh tokens that it has had.
// Does not own tokens: it sees the SHA-256 of a refresh token, never the token.
import { Context, type Effect, Layer } from "effect"
import type { Unavailable } from "../domain/errors.ts"
import type { SessionId, UserId } from "../domain/Ids.ts"
import { makeSessions as makeMemorySessions } from "./memory/sessions.ts"
import { makeSessions } from "./postgres/sessions.ts"

export interface NewSession {
  readonly id: SessionId
  readonly user_id: UserId
  readonly user_agent: string | null
  readonly refresh_hash: Uint8Array
  /** Epoch milliseconds. */
  readonly created_at: number
  /** Epoch milliseconds: when the refresh token stops being good. */
  readonly expires_at: number
}

export interface SessionRow {
  readonly id: SessionId
  readonly user_agent: string | null
  readonly created_at: number
  readonly last_used_at: number
}

export interface Rotation {
  readonly refresh_hash: Uint8Array
  readonly next_hash: Uint8Array
  readonly now: number
  readonly expires_at: number
  /** A second use within so many milliseconds of the first is a lost answer or a second tab, not a theft. */
  readonly grace_ms: number
}

/** `reused`: this call ended the session; its devices must hear of it. */
export type RotationResult =
  | { readonly _tag: "Rotated"; readonly session_id: SessionId; readonly user_id: UserId }
  | { readonly _tag: "Reused"; readonly session_id: SessionId; readonly user_id: UserId }
  | { readonly _tag: "Unknown" }

export interface SessionOwner {
  readonly session_id: SessionId
  readonly user_id: UserId
}

export interface EndedSession {
  readonly id: SessionId
  /** Epoch milliseconds. */
  readonly ended_at: number
}

export class Sessions extends Context.Service<
  Sessions,
  {
    create(session: NewSession): Effect.Effect<void, Unavailable>
    /** Uses a refresh token up and puts the next one in its place, atomically. Unknown: no such token, expired, or its session has ended. */
    rotate(rotation: Rotation): Effect.Effect<RotationResult, Unavailable>
    /** Whose session a refresh token is or was of, without using it; undefined as `Unknown` above. */
    ofToken(refresh_hash: Uint8Array, now: number): Effect.Effect<SessionOwner | undefined, Unavailable>
    /** Not ended, not expired, newest use first. */
    list(user_id: UserId, now: number): Effect.Effect<ReadonlyArray<SessionRow>, Unavailable>
    /** Ends those of the user's sessions that are in `only` (all when absent) and not `except`; gives those it ended. */
    end(
      user_id: UserId,
      which: { readonly only?: SessionId; readonly except?: SessionId },
      now: number,
    ): Effect.Effect<ReadonlyArray<SessionId>, Unavailable>
    /** Sessions that ended at `since` (epoch ms) or later, on whichever node. */
    endedSince(since: number): Effect.Effect<ReadonlyArray<EndedSession>, Unavailable>
    /** Forgets what expired or ended before `before` (epoch ms); gives how many sessions. */
    purge(before: number): Effect.Effect<number, Unavailable>
  }
>()("confab/sql/Sessions") {
  static readonly layer = Layer.effect(Sessions, makeSessions)
  static readonly layerMemory = Layer.effect(Sessions, makeMemorySessions)
}
