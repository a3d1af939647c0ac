// Owns users' profiles: sign-up, search and display. Does not own sessions (Auth).
import { Clock, Context, Effect, Layer } from "effect"
import { Broadcast } from "../broadcast/Broadcast.ts"
import {
  type EmailTaken,
  TooManyRequests,
  Unauthorized,
  type Unavailable,
  UserNotFound,
  type UsernameTaken,
} from "../domain/errors.ts"
import type { UserId } from "../domain/Ids.ts"
import { storedName } from "../domain/Name.ts"
import { type Me, type ProfilePatch, patchedProfile, type User } from "../domain/User.ts"
import { UserStore } from "../sql/users/UserStore.ts"
import { Audit } from "./Audit.ts"
import type { Peer } from "./auth/Auth.ts"
import { RateLimits } from "./limits/RateLimits.ts"
import { Passwords } from "./passwords/Passwords.ts"
import { makeSlowRefusals } from "./passwords/slowRefusals.ts"

export interface SignUp {
  readonly username: string
  readonly email: string
  readonly password: string
  /** The user name when absent. */
  readonly display_name?: string | undefined
}

export class Accounts extends Context.Service<
  Accounts,
  {
    signUp(input: SignUp, peer: Peer): Effect.Effect<Me, UsernameTaken | EmailTaken | TooManyRequests | Unavailable>
    me(id: UserId): Effect.Effect<Me, Unauthorized | Unavailable>
    /** A change is published to the user's devices and to everyone who shares a chat with them. */
    change(id: UserId, patch: ProfilePatch): Effect.Effect<Me, TooManyRequests | Unauthorized | Unavailable>
    get(id: UserId): Effect.Effect<User, UserNotFound | Unavailable>
    /** Users who exist or did, by id. */
    byIds(ids: ReadonlyArray<UserId>): Effect.Effect<ReadonlyArray<User>, Unavailable>
    search(query: string, limit: number): Effect.Effect<ReadonlyArray<User>, Unavailable>
  }
>()("confab/services/Accounts") {
  static readonly layer: Layer.Layer<Accounts, never, Audit | Broadcast | Passwords | RateLimits | UserStore> =
    Layer.effect(
      Accounts,
      Effect.suspend(() => make),
    )
}

const make = Effect.gen(function* () {
  const users = yield* UserStore
  const broadcast = yield* Broadcast
  const passwords = yield* Passwords
  const limits = yield* RateLimits
  const audit = yield* Audit
  const slowly = yield* makeSlowRefusals

  const me = Effect.fnUntraced(function* (id: UserId) {
    const found = yield* users.credentials(id)
    return found === undefined ? yield* new Unauthorized() : found.me
  })

  return Accounts.of({
    signUp: Effect.fn("Accounts.signUp")(function* ({ username, email, password, display_name = username }, peer) {
      const retry_after_ms = yield* limits.signUp(peer.address)
      if (retry_after_ms > 0) return yield* slowly(new TooManyRequests({ retry_after_ms }))
      const password_hash = yield* passwords.hash(password)
      const created_at = yield* Clock.currentTimeMillis
      const me = yield* users.create({
        username,
        email,
        display_name: storedName(display_name),
        password_hash,
        created_at,
      })
      yield* audit.record({ event: "signed_up", user_id: me.id })
      return me
    }),
    me: Effect.fn("Accounts.me")(me),
    change: Effect.fn("Accounts.change")(function* (id, patch) {
      yield* limits.demand("messages", id)
      const before = yield* me(id)
      const profile = patchedProfile(before, patch)
      if (profile === undefined) return before
      const written = Effect.tap(users.change(id, profile), () =>
        broadcast.publish({ _tag: "UserUpdated", user_id: id }),
      )
      return (yield* Effect.uninterruptible(written)) ?? (yield* new Unauthorized())
    }),
    get: Effect.fn("Accounts.get")(function* (id) {
      const [user] = yield* users.byIds([id])
      return user ?? (yield* new UserNotFound({ user_ids: [id] }))
    }),
    byIds: Effect.fn("Accounts.byIds")(function* (ids) {
      return [...(yield* users.byIds(ids))].sort((a, b) => a.id - b.id)
    }),
    search: Effect.fn("Accounts.search")(function* (query, limit) {
      return yield* users.search(query, limit)
    }),
  })
})
