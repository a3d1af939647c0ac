// Owns stored identities of other issuers: their accounts, and the sessions of their tokens. Does not own whether a
// token is valid (services/auth/TrustedIssuer).
import type { Effect } from "effect"
import type { EmailTaken, Unavailable, UsernameTaken } from "../../domain/errors.ts"
import type { SessionId, UserId } from "../../domain/Ids.ts"
import type { NewUser } from "../users/shape.ts"

/** A user as the issuer identifies them. */
export interface Identity {
  readonly issuer: string
  readonly subject: string
}

/** A token's statements about its session, at its first use. Times in epoch milliseconds. */
export interface Arrival {
  /** Identifies a session among those of the user. */
  readonly key: Uint8Array
  /** The id of the session if it must be created. */
  readonly id: SessionId
  readonly user_id: UserId
  readonly user_agent: string | null
  /** When the token was issued; it cannot belong to a session that began later. */
  readonly issued_at: number
  readonly now: number
  readonly expires_at: number
  /** A session that was opened then or earlier has ended. */
  readonly opened_after: number
}

export interface ForeignSession {
  readonly id: SessionId
  /** Epoch milliseconds. */
  readonly created_at: number
}

export interface IdentityStoreShape {
  /** undefined: no account has this identity. */
  find(identity: Identity): Effect.Effect<UserId | undefined, Unavailable>
  /**
   * Creates the account and its identity in one transaction; undefined: a concurrent caller created this identity.
   */
  create(identity: Identity, user: NewUser): Effect.Effect<UserId | undefined, UsernameTaken | EmailTaken | Unavailable>
  /** Whether a session with this key ended at `issued_at` or later. Then an older token creates no account. */
  hasEnded(key: Uint8Array, issued_at: number): Effect.Effect<boolean, Unavailable>
  /**
   * The session of a token: the running one, or a new one. undefined: the session of the token has ended, now or
   * before, or the account has, or is suspended.
   */
  arrive(arrival: Arrival): Effect.Effect<ForeignSession | undefined, Unavailable>
}
