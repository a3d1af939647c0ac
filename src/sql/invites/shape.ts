// Owns stored invites to sign up, and that none is used more often than it may be. Receives the hash of a code, never
// the code (services/inviteCodes).
import type { Effect } from "effect"
import type { EmailTaken, Unavailable, UsernameTaken } from "../../domain/errors.ts"
import type { Me } from "../../domain/User.ts"
import type { NewUser } from "../users/shape.ts"

/** Times in epoch milliseconds. */
export interface NewInvite {
  readonly code_hash: Uint8Array
  readonly created_at: number
  readonly expires_at: number
  readonly max_uses: number
}

export interface Invite extends Omit<NewInvite, "code_hash"> {
  readonly id: number
  readonly uses: number
}

export interface InviteStoreShape {
  create(invite: NewInvite): Effect.Effect<Invite, Unavailable>
  /** All that were not revoked, the newest first; also expired and used ones. */
  readonly list: Effect.Effect<ReadonlyArray<Invite>, Unavailable>
  /** false: there is no such invite. */
  revoke(id: number): Effect.Effect<boolean, Unavailable>
  /** Whether the code exists, has not expired, and may be used once more. */
  isGood(code_hash: Uint8Array, now: number): Effect.Effect<boolean, Unavailable>
  /** Creates the user and counts the use, both or neither; undefined: the invite is not good (any more). */
  signUp(code_hash: Uint8Array, user: NewUser): Effect.Effect<Me | undefined, UsernameTaken | EmailTaken | Unavailable>
}
