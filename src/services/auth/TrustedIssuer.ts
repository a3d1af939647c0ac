// Owns users with another issuer's tokens: verifies the tokens, finds or creates the account and the session of a
// token. Does not know which sessions have ended since (Auth).
import { createHash } from "node:crypto"
import { Clock, Context, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import type { TrustedIssuer as Trusted } from "../../config/Settings.ts"
import { Settings } from "../../config/Settings.ts"
import type { CurrentUser } from "../../contract/CurrentUser.ts"
import { type EmailTaken, Unauthorized, type Unavailable, type UsernameTaken } from "../../domain/errors.ts"
import { SessionId, type UserId } from "../../domain/Ids.ts"
import { type Identity, IdentityStore } from "../../sql/identities/IdentityStore.ts"
import { noPassword } from "../../sql/users/UserStore.ts"
import { Audit } from "../Audit.ts"
import { type ForeignClaims, makeForeignToken } from "./ForeignToken.ts"
import { foreignNames } from "./foreignNames.ts"

type Claims = CurrentUser["Service"]

/** The maximum number of tokens in the cache of users and sessions. */
const maxKnown = 10_000

export class TrustedIssuer extends Context.Service<
  TrustedIssuer,
  {
    /** undefined: the token is not from that issuer. A token that was seen before costs a map lookup. */
    identify(token: string): Effect.Effect<Claims, Unauthorized | Unavailable> | undefined
  }
>()("confab/services/auth/TrustedIssuer") {
  static readonly layer: Layer.Layer<
    TrustedIssuer,
    never,
    Audit | IdentityStore | SecureRandom.SecureRandom | Settings
  > = Layer.effect(
    TrustedIssuer,
    Effect.flatMap(Settings, ({ sessionMaxDays, trustedIssuer }) =>
      trustedIssuer === undefined
        ? Effect.succeed(TrustedIssuer.of({ identify: () => undefined }))
        : make(trustedIssuer, sessionMaxDays),
    ),
  )
}

/** Without a session of the issuer, all tokens of a user for one application form one session. */
const sessionKey = ({ issuer, subject }: Identity, { client = "", session }: ForeignClaims): Uint8Array => {
  const which = session === undefined ? ["client", client] : ["session", session]
  return createHash("sha256")
    .update(JSON.stringify([issuer, subject, ...which]))
    .digest()
}

const label = (client: string | undefined): string | null =>
  client === undefined ? null : client.slice(0, 255).replaceAll("\0", "").toWellFormed()

const make = Effect.fnUntraced(function* (trusted: Trusted, sessionMaxDays: number) {
  const { issuer } = trusted
  const longestSession = sessionMaxDays * 24 * 60 * 60_000
  const identities = yield* IdentityStore
  const audit = yield* Audit
  const random = yield* SecureRandom.SecureRandom
  const clock = yield* Clock.Clock
  const { isTheirs, verify } = yield* makeForeignToken(trusted)
  const known = new Map<string, Claims>()

  const remember = (token: string, claims: Claims) => {
    known.set(token, claims)
    if (known.size <= maxKnown) return
    for (const oldest of known.keys()) {
      known.delete(oldest)
      return
    }
  }

  const recall = (token: string): Claims | undefined => {
    const claims = known.get(token)
    if (claims === undefined) return undefined
    known.delete(token)
    if (claims.expires_at <= clock.currentTimeMillisUnsafe()) return undefined
    known.set(token, claims)
    return claims
  }

  /**
   * If two first requests run concurrently, one creates the account and the other looks again, also when only the name
   * was taken.
   */
  const accountOf = Effect.fn("TrustedIssuer.accountOf")(function* (
    identity: Identity,
    claims: ForeignClaims,
    key: Uint8Array,
  ) {
    const names = foreignNames(identity, claims)
    let usernames: ReadonlyArray<string> = names.usernames
    let emails: ReadonlyArray<string> = names.emails
    for (;;) {
      const user_id = yield* identities.find(identity)
      if (user_id !== undefined) return user_id
      if (yield* identities.hasEnded(key, claims.issued_at)) return yield* new Unauthorized()
      const chance = (yield* random.uuidV4()).replaceAll("-", "")
      const [username = `user-${chance.slice(0, 27)}`] = usernames
      const [email = `${chance}@users.invalid`] = emails
      const display_name = names.display_name ?? username
      const user = {
        username,
        email,
        display_name,
        password_hash: noPassword,
        created_at: clock.currentTimeMillisUnsafe(),
      }
      const made = yield* identities.create(identity, user).pipe(
        Effect.catchTags({
          UsernameTaken: (error: UsernameTaken) => Effect.succeed(error),
          EmailTaken: (error: EmailTaken) => Effect.succeed(error),
        }),
      )
      if (typeof made === "number") {
        yield* audit.record({ event: "signed_up", user_id: made })
        return made
      }
      if (made?._tag === "UsernameTaken") usernames = usernames.slice(1)
      else if (made?._tag === "EmailTaken") emails = emails.slice(1)
    }
  })

  const signIn = Effect.fn("TrustedIssuer.signIn")(function* (token: string) {
    const claims = yield* verify(token)
    const { expires_at, issued_at } = claims
    const identity = { issuer, subject: claims.subject }
    const key = sessionKey(identity, claims)
    const user_id: UserId = yield* accountOf(identity, claims, key)
    const id = SessionId.make(yield* random.uuidV4())
    const session = yield* identities.arrive({
      key,
      id,
      user_id,
      user_agent: label(claims.client),
      issued_at,
      now: clock.currentTimeMillisUnsafe(),
      expires_at,
      opened_after: clock.currentTimeMillisUnsafe() - longestSession,
    })
    if (session === undefined) return yield* new Unauthorized()
    const session_id = session.id
    if (session_id === id) yield* audit.record({ event: "logged_in", user_id, session_id })
    const ends_at = Math.min(expires_at, session.created_at + longestSession)
    const identified: Claims = { user_id, session_id, expires_at: ends_at, issued_at }
    remember(token, identified)
    return identified
  })

  return TrustedIssuer.of({
    identify: (token) => {
      const claims = recall(token)
      if (claims !== undefined) return Effect.succeed(claims)
      return isTheirs(token) ? signIn(token) : undefined
    },
  })
})
