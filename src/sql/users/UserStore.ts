// Owns people at rest. Knows a password only as its hash. A deleted account is still seen by its id, and found by nothing else.
import { Context, type Effect, Layer } from "effect"
import type { EmailTaken, Unavailable, UsernameTaken } from "../../domain/errors.ts"
import type { UserId } from "../../domain/Ids.ts"
import type { Me, User } from "../../domain/User.ts"
import { makeUsers as makeMemoryUsers } from "./memory.ts"
import { makeUsers } from "./postgres.ts"

export interface NewUser {
  readonly username: string
  readonly email: string
  readonly display_name: string
  readonly password_hash: string
  /** Epoch milliseconds. */
  readonly created_at: number
}

/** The hash of those who have no password here, since another issuer vouches for them. */
export const noPassword = ""

export interface Credentials {
  readonly me: Me
  /** Or `noPassword`. */
  readonly password_hash: string
}

export class UserStore extends Context.Service<
  UserStore,
  {
    /** Names and e-mails are unique whatever the case. */
    create(user: NewUser): Effect.Effect<Me, UsernameTaken | EmailTaken | Unavailable>
    /** By user name or e-mail, whatever the case; undefined when nobody has it. */
    byLogin(login: string): Effect.Effect<Credentials | undefined, Unavailable>
    credentials(id: UserId): Effect.Effect<Credentials | undefined, Unavailable>
    /** Those who exist or did, in no particular order: see `isDeletedAccount`. */
    byIds(ids: ReadonlyArray<UserId>): Effect.Effect<ReadonlyArray<User>, Unavailable>
    /**
     * Those who match the query (domain/searchWords): whose user name it is first, then by the word that was found, of several words by
     * the one that fewest have (of a thousand people, where more have them all). An empty query: everybody, by user name.
     */
    search(query: string, limit: number): Effect.Effect<ReadonlyArray<User>, Unavailable>
    /** Sees to so many people whom a server from before has named, so that they are found; gives how many there were. */
    fillWords(limit: number): Effect.Effect<number, Unavailable>
    /** undefined: there is no such account (any more). */
    rename(id: UserId, display_name: string): Effect.Effect<Me | undefined, Unavailable>
    /** Only where the hash still is `from`, the one that was verified: of two changes at once the second fails. Whether it did it. */
    replacePassword(id: UserId, from: string, to: string): Effect.Effect<boolean, Unavailable>
  }
>()("confab/sql/users/UserStore") {
  static readonly layer = Layer.effect(UserStore, makeUsers)
  static readonly layerMemory = Layer.effect(UserStore, makeMemoryUsers)
}
