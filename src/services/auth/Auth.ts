// Owns authentication: log-in, tokens, sessions and their end. Does not own profiles (Accounts).
import { Clock, Context, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { Settings } from "../../config/Settings.ts"
import type { CurrentUser } from "../../contract/CurrentUser.ts"
import {
  AccountSuspended,
  InvalidCredentials,
  InvalidRefreshToken,
  type NoPassword,
  SessionNotFound,
  type TooManyRequests,
  Unauthorized,
  type Unavailable,
  type WrongPassword,
} from "../../domain/errors.ts"
import type { SessionId, UserId } from "../../domain/Ids.ts"
import { type Timestamp, timestamp } from "../../domain/Timestamp.ts"
import type { Me } from "../../domain/User.ts"
import { SessionStore } from "../../sql/sessions/SessionStore.ts"
import { UserStore } from "../../sql/users/UserStore.ts"
import { Audit } from "../Audit.ts"
import { RateLimits } from "../limits/RateLimits.ts"
import { guardPassword } from "../passwords/guardPassword.ts"
import { ownPassword } from "../passwords/ownPassword.ts"
import { Passwords } from "../passwords/Passwords.ts"
import { makeSlowRefusals } from "../passwords/slowRefusals.ts"
import { countLogIns } from "./countLogIns.ts"
import { type Issued, refreshTokens } from "./RefreshTokens.ts"
import { Revocations } from "./Revocations.ts"
import { Tokens } from "./Tokens.ts"
import { TrustedIssuer } from "./TrustedIssuer.ts"

/** The origin of a request. */
export interface Peer {
  readonly address: string
  readonly user_agent: string | null
}

export interface SignedIn {
  readonly me: Me
  readonly access_token: string
  /** Seconds. */
  readonly expires_in: number
  readonly refresh_token: string
  /** Seconds until the refresh token expires. */
  readonly refresh_expires_in: number
}

export interface Session {
  readonly id: SessionId
  readonly user_agent: string | null
  readonly created_at: Timestamp
  readonly last_used_at: Timestamp
  readonly current: boolean
}

export class Auth extends Context.Service<
  Auth,
  {
    logIn(
      login: string,
      password: string,
      peer: Peer,
    ): Effect.Effect<SignedIn, InvalidCredentials | AccountSuspended | TooManyRequests | Unavailable>
    refresh(refresh_token: string): Effect.Effect<SignedIn, InvalidRefreshToken | TooManyRequests | Unavailable>
    logOut(user: CurrentUser["Service"]): Effect.Effect<void, Unavailable>
    /** The owner of a refresh token. The token is not used up, and the answer only serves to log out. */
    holder(refresh_token: string): Effect.Effect<CurrentUser["Service"], Unauthorized | Unavailable>
    /**
     * Verifies signature, claims, expiry, that the session has not ended, and the user's rate of calls: each
     * authentication counts as a call. Runs a query only for a trusted issuer's token that is new here; is unavailable
     * only then, or while that issuer's keys cannot be fetched.
     */
    authenticate(
      access_token: string,
    ): Effect.Effect<CurrentUser["Service"], TooManyRequests | Unauthorized | Unavailable>
    changePassword(
      user: CurrentUser["Service"],
      current_password: string,
      new_password: string,
    ): Effect.Effect<void, WrongPassword | NoPassword | TooManyRequests | Unavailable>
    /** Verifies the password again, for actions that cannot be undone. */
    confirm(
      user: CurrentUser["Service"],
      password: string,
    ): Effect.Effect<void, WrongPassword | NoPassword | TooManyRequests | Unavailable>
    sessions(user: CurrentUser["Service"]): Effect.Effect<ReadonlyArray<Session>, Unavailable>
    endSession(user: CurrentUser["Service"], id: SessionId): Effect.Effect<void, SessionNotFound | Unavailable>
    /** Whether this session has ended (log-out, password change, another device). */
    hasEnded(id: SessionId): boolean
  }
>()("confab/services/auth/Auth") {
  static readonly layer: Layer.Layer<
    Auth,
    never,
    | Audit
    | Passwords
    | RateLimits
    | Revocations
    | SecureRandom.SecureRandom
    | SessionStore
    | Settings
    | Tokens
    | TrustedIssuer
    | UserStore
  > = Layer.effect(
    Auth,
    Effect.suspend(() => make),
  )
}

const longestUserAgent = 255

const make = Effect.gen(function* () {
  const users = yield* UserStore
  const sessions = yield* SessionStore
  const passwords = yield* Passwords
  const limits = yield* RateLimits
  const verify = guardPassword(limits, passwords, yield* makeSlowRefusals)
  const tokens = yield* Tokens
  const trusted = yield* TrustedIssuer
  const random = yield* SecureRandom.SecureRandom
  const refreshing = refreshTokens(sessions, random, limits, (yield* Settings).sessionMaxDays)
  const revocations = yield* Revocations
  const audit = yield* Audit
  const own = ownPassword(users, passwords, verify, audit)

  const signedIn = Effect.fnUntraced(function* (me: Me, issued: Issued) {
    const { expires_at, refresh_token, session_ends_at, session_id } = issued
    const refresh_expires_in = Math.floor((expires_at - (yield* Clock.currentTimeMillis)) / 1000)
    return { me, ...(yield* tokens.issue(me.id, session_id, session_ends_at)), refresh_token, refresh_expires_in }
  })

  const logIn: Auth["Service"]["logIn"] = Effect.fn("Auth.logIn")(function* (login, password, peer) {
    const account = isStorable(login) ? users.byLogin(login) : Effect.undefined
    const { account: found, fits } = yield* verify({ login, account, address: peer.address, password })
    if (!fits || found === undefined) {
      yield* audit.record({ event: "log_in_failed", user_id: found?.me.id ?? null })
      return yield* new InvalidCredentials()
    }
    if (found.suspended) {
      yield* audit.record({ event: "log_in_failed", user_id: found.me.id })
      return yield* new AccountSuspended()
    }
    const password_hash = yield* own.renew(found, password)

    const issued = yield* refreshing.open(found.me.id, peer.user_agent === null ? null : userAgent(peer.user_agent))
    const { session_id } = issued
    // The password was changed concurrently, which ended only the sessions that existed then.
    const current = yield* users.credentials(found.me.id)
    if (current?.password_hash !== password_hash) {
      yield* end(found.me.id, { only: session_id })
      return yield* new InvalidCredentials()
    }
    if (current.suspended) {
      yield* end(found.me.id, { only: session_id })
      return yield* new AccountSuspended()
    }
    yield* audit.record({ event: "logged_in", user_id: found.me.id, session_id })
    return yield* signedIn(current.me, issued)
  })

  /** A committed end is also announced, even if the caller no longer waits. */
  const end = (user_id: UserId, which: { only?: SessionId; except?: SessionId }) =>
    Effect.uninterruptible(
      Effect.gen(function* () {
        const ended = yield* sessions.end(user_id, which, yield* Clock.currentTimeMillis)
        yield* revocations.announce(ended)
        return ended
      }),
    )

  const refresh: Auth["Service"]["refresh"] = Effect.fn("Auth.refresh")(function* (refresh_token) {
    const used = yield* refreshing.use(refresh_token)
    if (used._tag === "Unknown") return yield* new InvalidRefreshToken()
    const { session_id, user_id } = used
    if (used._tag === "Reused") {
      const ended = yield* end(user_id, { only: session_id })
      if (ended.length > 0) {
        yield* Effect.logWarning("A refresh token was used twice: its session is ended").pipe(
          Effect.annotateLogs({ user_id, session_id }),
        )
        yield* audit.record({ event: "refresh_token_reused", user_id, session_id })
      }
      return yield* new InvalidRefreshToken()
    }
    const found = yield* users.credentials(user_id)
    return found === undefined ? yield* new InvalidRefreshToken() : yield* signedIn(found.me, used)
  }, Effect.uninterruptible)

  return Auth.of({
    logIn: (login, password, peer) => countLogIns(logIn(login, password, peer)),
    confirm: Effect.fn("Auth.confirm")((user, password) => own.confirm(user, password)),
    refresh,
    holder: Effect.fn("Auth.holder")(function* (refresh_token) {
      const owner = yield* refreshing.ownerOf(refresh_token)
      return owner === undefined ? yield* new Unauthorized() : { ...owner, expires_at: 0 }
    }),
    logOut: Effect.fn("Auth.logOut")(function* (user) {
      const { session_id, user_id } = user
      yield* end(user_id, { only: session_id })
      yield* audit.record({ event: "logged_out", user_id, session_id })
    }),
    authenticate: Effect.fnUntraced(function* (access_token) {
      const claims = yield* trusted.identify(access_token) ?? tokens.verify(access_token)
      if (revocations.has(claims.session_id)) return yield* new Unauthorized()
      yield* limits.demand("requests", claims.user_id)
      return claims
    }),
    changePassword: Effect.fn("Auth.changePassword")(function* (user, current_password, new_password) {
      const { session_id, user_id } = user
      yield* own.change(user, current_password, new_password, end(user_id, { except: session_id }))
      yield* audit.record({ event: "password_changed", user_id, session_id })
    }),
    sessions: Effect.fn("Auth.sessions")(function* (user) {
      const rows = yield* sessions.list(user.user_id, yield* Clock.currentTimeMillis)
      return rows.map(({ id, user_agent, created_at, last_used_at }) => ({
        id,
        user_agent,
        created_at: timestamp(created_at),
        last_used_at: timestamp(last_used_at),
        current: id === user.session_id,
      }))
    }),
    endSession: Effect.fn("Auth.endSession")(function* (user, id) {
      const ended = yield* end(user.user_id, { only: id })
      if (ended.length === 0) return yield* new SessionNotFound()
      yield* audit.record({ event: "session_ended", user_id: user.user_id, session_id: id })
    }),
    hasEnded: revocations.has,
  })
})

const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes("\0")

const userAgent = (header: string): string => header.slice(0, longestUserAgent).replaceAll("\0", "").toWellFormed()
