// Owns stored sessions, and the values that verify their refresh tokens. Does not own the tokens, nor the meaning of a
// use (services/auth/RefreshTokens): it receives the SHA-256 of a token's secret, never the secret.
import type { Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { SessionId, UserId } from "../../domain/Ids.ts"

export interface NewSession {
  readonly id: SessionId
  readonly user_id: UserId
  readonly user_agent: string | null
  readonly refresh_hash: Uint8Array
  readonly refresh_key: Uint8Array
  /** Epoch milliseconds. */
  readonly created_at: number
  /** Epoch milliseconds: when the refresh token expires. */
  readonly expires_at: number
}

export interface SessionRow {
  readonly id: SessionId
  readonly user_agent: string | null
  readonly created_at: number
  readonly last_used_at: number
}

/** The values that verify a refresh token. Times in epoch milliseconds. */
export interface RefreshState {
  readonly user_id: UserId
  readonly created_at: number
  /** The ordinal of the current token; 0 for a token without an ordinal (the older format). */
  readonly generation: number
  /** The hash of the current token's secret; null with generation 0. */
  readonly refresh_hash: Uint8Array | null
  readonly refresh_key: Uint8Array | null
  /** When the last few tokens were used, the newest last. */
  readonly refreshed_at: ReadonlyArray<number>
}

export interface Advance {
  readonly id: SessionId
  /** The ordinal of the current token. */
  readonly generation: number
  readonly refresh_hash: Uint8Array
  readonly refresh_key: Uint8Array
  readonly refreshed_at: ReadonlyArray<number>
  readonly now: number
  readonly expires_at: number
}

/** A refresh token without an ordinal (the older format). */
export interface UncountedToken {
  readonly session_id: SessionId
  readonly used_at: number | null
}

export interface SessionOwner {
  readonly session_id: SessionId
  readonly user_id: UserId
}

export interface EndedSession {
  readonly id: SessionId
  /** Epoch milliseconds. */
  readonly ended_at: number
}

export interface SessionStoreShape {
  /** Creates a session with generation 1. */
  create(session: NewSession): Effect.Effect<void, Unavailable>
  /** undefined: there is no such session, it has ended, or its current token has expired. */
  refreshState(id: SessionId, now: number): Effect.Effect<RefreshState | undefined, Unavailable>
  /** Replaces the current token by the next. false: another use was faster, or the session has ended. */
  advance(advance: Advance): Effect.Effect<boolean, Unavailable>
  /** undefined: no such token, or it has expired. */
  uncounted(token_hash: Uint8Array, now: number): Effect.Effect<UncountedToken | undefined, Unavailable>
  /** Sessions that are neither ended nor expired, the last used first. */
  list(user_id: UserId, now: number): Effect.Effect<ReadonlyArray<SessionRow>, Unavailable>
  /**
   * Ends those of the user's sessions that are in `only` (all when absent) and not `except`; returns those that it
   * ended.
   */
  end(
    user_id: UserId,
    which: { readonly only?: SessionId; readonly except?: SessionId },
    now: number,
  ): Effect.Effect<ReadonlyArray<SessionId>, Unavailable>
  /** Sessions that ended at `since` (epoch ms) or later, on any node. */
  endedSince(since: number): Effect.Effect<ReadonlyArray<EndedSession>, Unavailable>
  /** Deletes sessions that expired or ended before `before` (epoch ms); returns how many. */
  purge(before: number): Effect.Effect<number, Unavailable>
}
