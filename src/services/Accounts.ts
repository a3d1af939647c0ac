// Owns users' profiles: sign-up and change. Does not own sessions (Auth), nor who
// finds whom (Directory).
import { Clock, Context, Effect, Layer } from "effect"
import { Broadcast } from "../broadcast/Broadcast.ts"
import { Settings } from "../config/Settings.ts"
import {
  type EmailTaken,
  type FileNotFound,
  SignUpClosed,
  TooManyRequests,
  Unauthorized,
  type Unavailable,
  type UsernameTaken,
} from "../domain/errors.ts"
import type { UserId } from "../domain/Ids.ts"
import { storedName } from "../domain/Name.ts"
import { type Me, type ProfilePatch, patchedProfile } from "../domain/User.ts"
import { FileStore } from "../sql/files/FileStore.ts"
import { InviteStore } from "../sql/invites/InviteStore.ts"
import { UserStore } from "../sql/users/UserStore.ts"
import { Audit } from "./Audit.ts"
import type { Peer } from "./auth/Auth.ts"
import { inviteHash } from "./inviteCodes.ts"
import { RateLimits } from "./limits/RateLimits.ts"
import { holdOwnPhoto } from "./ownPhoto.ts"
import { Passwords } from "./passwords/Passwords.ts"
import { makeSlowRefusals } from "./passwords/slowRefusals.ts"

export interface SignUp {
  readonly username: string
  readonly email: string
  readonly password: string
  /** The user name when absent. */
  readonly display_name?: string | undefined
  /** The code of an invite; ignored where sign-up is open. */
  readonly invite?: string | undefined
}

export class Accounts extends Context.Service<
  Accounts,
  {
    signUp(
      input: SignUp,
      peer: Peer,
    ): Effect.Effect<Me, SignUpClosed | UsernameTaken | EmailTaken | TooManyRequests | Unavailable>
    me(id: UserId): Effect.Effect<Me, Unauthorized | Unavailable>
    /** A change is published to the user's devices and to everyone who shares a chat with them. */
    change(
      id: UserId,
      patch: ProfilePatch,
    ): Effect.Effect<Me, FileNotFound | TooManyRequests | Unauthorized | Unavailable>
  }
>()("confab/services/Accounts") {
  static readonly layer: Layer.Layer<
    Accounts,
    never,
    Audit | Broadcast | FileStore | InviteStore | Passwords | RateLimits | Settings | UserStore
  > = Layer.effect(
    Accounts,
    Effect.suspend(() => make),
  )
}

const make = Effect.gen(function* () {
  const users = yield* UserStore
  const invites = yield* InviteStore
  const files = yield* FileStore
  const { signUp: mode } = yield* Settings
  const broadcast = yield* Broadcast
  const passwords = yield* Passwords
  const limits = yield* RateLimits
  const audit = yield* Audit
  const slowly = yield* makeSlowRefusals

  const me = Effect.fnUntraced(function* (id: UserId) {
    const found = yield* users.credentials(id)
    return found === undefined ? yield* new Unauthorized() : found.me
  })

  /** The hash of the invite that is needed; undefined: none is. Strangers cause no hashing of passwords. */
  const admitted = Effect.fnUntraced(function* (code: string | undefined) {
    if (mode === "open") return undefined
    if (mode === "closed" || code === undefined) return yield* new SignUpClosed()
    const hash = inviteHash(code)
    return (yield* invites.isGood(hash, yield* Clock.currentTimeMillis)) ? hash : yield* new SignUpClosed()
  })

  return Accounts.of({
    signUp: Effect.fn("Accounts.signUp")(function* ({ password, display_name, invite, ...names }, peer) {
      const retry_after_ms = yield* limits.signUp(peer.address)
      if (retry_after_ms > 0) return yield* slowly(new TooManyRequests({ retry_after_ms }))
      const admission = yield* admitted(invite)
      const password_hash = yield* passwords.hash(password)
      const created_at = yield* Clock.currentTimeMillis
      const user = { ...names, display_name: storedName(display_name ?? names.username), password_hash, created_at }
      const me = yield* admission === undefined ? users.create(user) : invites.signUp(admission, user)
      if (me === undefined) return yield* new SignUpClosed()
      yield* audit.record({ event: "signed_up", user_id: me.id })
      return me
    }),
    me: Effect.fn("Accounts.me")(me),
    change: Effect.fn("Accounts.change")(function* (id, patch) {
      yield* limits.demand("messages", id)
      const before = yield* me(id)
      const profile = patchedProfile(before, patch)
      if (profile === undefined) return before
      const { avatar } = profile.info
      if (avatar !== undefined && avatar !== before.avatar) yield* holdOwnPhoto(files, id, avatar)
      const written = Effect.tap(users.change(id, profile), () =>
        broadcast.publish({ _tag: "UserUpdated", user_id: id }),
      )
      return (yield* Effect.uninterruptible(written)) ?? (yield* new Unauthorized())
    }),
  })
})
