// Owns whom another issuer vouches for, at rest: which account is whose, and the sessions of that issuer's tokens.
// Does not own whether to believe a token (services/TrustedIssuer).
import { Context, type Effect, Layer } from "effect"
import type { EmailTaken, Unavailable, UsernameTaken } from "../../domain/errors.ts"
import type { SessionId, UserId } from "../../domain/Ids.ts"
import type { NewUser } from "../users/UserStore.ts"
import { makeIdentities as makeMemoryIdentities } from "./memory.ts"
import { makeIdentities } from "./postgres.ts"

/** Somebody, as their issuer names them. */
export interface Identity {
  readonly issuer: string
  readonly subject: string
}

/** What a token that is seen for the first time says of its session. Times in epoch milliseconds. */
export interface Arrival {
  /** Tells one session of a user from another. */
  readonly key: Uint8Array
  /** Of the session, if it has to be made. */
  readonly id: SessionId
  readonly user_id: UserId
  readonly user_agent: string | null
  /** The token was made, so that it cannot be of a session that began later. */
  readonly issued_at: number
  readonly now: number
  readonly expires_at: number
  /** A session that was opened then, or earlier, is over. */
  readonly opened_after: number
}

export interface ForeignSession {
  readonly id: SessionId
  /** Epoch milliseconds. */
  readonly created_at: number
}

export class IdentityStore extends Context.Service<
  IdentityStore,
  {
    /** undefined: nobody has come with this one. */
    find(identity: Identity): Effect.Effect<UserId | undefined, Unavailable>
    /** Account and identity, whole or not at all; undefined: somebody was faster with this identity. */
    create(
      identity: Identity,
      user: NewUser,
    ): Effect.Effect<UserId | undefined, UsernameTaken | EmailTaken | Unavailable>
    /** Was a session with this key ended at `issued_at` or later? Then a token from before it makes no account anew. */
    hasEnded(key: Uint8Array, issued_at: number): Effect.Effect<boolean, Unavailable>
    /**
     * The session that a token belongs to: the running one, or a new one. undefined: the session that it was made for has ended,
     * now or before, or the account has.
     */
    arrive(arrival: Arrival): Effect.Effect<ForeignSession | undefined, Unavailable>
  }
>()("confab/sql/identities/IdentityStore") {
  static readonly layer = Layer.effect(IdentityStore, makeIdentities)
  static readonly layerMemory = Layer.effect(IdentityStore, makeMemoryIdentities)
}
