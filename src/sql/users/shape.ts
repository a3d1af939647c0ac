// Owns stored users. Knows a password only as its hash. A deleted account is visible by its id only.
import type { Effect } from "effect"
import type { EmailTaken, Unavailable, UsernameTaken } from "../../domain/errors.ts"
import type { UserId } from "../../domain/Ids.ts"
import type { Me, Profile, User } from "../../domain/User.ts"

export interface NewUser {
  readonly username: string
  readonly email: string
  readonly display_name: string
  readonly password_hash: string
  /** Epoch milliseconds. */
  readonly created_at: number
}

/** The hash of users without a password here, who use another issuer. */
export const noPassword = ""

export interface Credentials {
  readonly me: Me
  /** Or `noPassword`. */
  readonly password_hash: string
  /** By an operator: the account opens no session. */
  readonly suspended: boolean
}

export interface UserStoreShape {
  /** Names and e-mails are unique, ignoring case. */
  create(user: NewUser): Effect.Effect<Me, UsernameTaken | EmailTaken | Unavailable>
  /** By user name or e-mail, ignoring case; undefined when no user has it. */
  byLogin(login: string): Effect.Effect<Credentials | undefined, Unavailable>
  credentials(id: UserId): Effect.Effect<Credentials | undefined, Unavailable>
  /** Existing and deleted users, in no particular order: see `isDeletedAccount`. */
  byIds(ids: ReadonlyArray<UserId>): Effect.Effect<ReadonlyArray<User>, Unavailable>
  /** By user names in lower case; deleted accounts have none. */
  byNames(
    names: ReadonlyArray<string>,
  ): Effect.Effect<ReadonlyArray<{ readonly id: UserId; readonly name: string }>, Unavailable>
  /**
   * Users that match the query (domain/searchWords). The exact user name comes first, then by the matching word; with
   * several words, by the rarest of them (of a thousand users, if more have them all). An empty query returns all
   * users by user name.
   */
  search(query: string, limit: number): Effect.Effect<ReadonlyArray<User>, Unavailable>
  /** Updates the search words of up to `limit` users that an earlier release wrote; returns how many there were. */
  fillWords(limit: number): Effect.Effect<number, Unavailable>
  /** undefined: there is no such account (any more). */
  change(id: UserId, profile: Profile): Effect.Effect<Me | undefined, Unavailable>
  /**
   * Only if the hash still is `from`, the one that was verified: of two concurrent changes the second fails. Returns
   * whether it changed.
   */
  replacePassword(id: UserId, from: string, to: string): Effect.Effect<boolean, Unavailable>
}
