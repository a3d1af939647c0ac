// Owns access tokens: JWTs after RFC 9068, valid for 15 minutes at most. Does not own the keys, and does not know which
// sessions have ended.
import { Clock, Context, Effect, Layer, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { decodeProtectedHeader, jwtVerify, SignJWT } from "jose"
import type { CurrentUser } from "../../contract/CurrentUser.ts"
import { Unauthorized } from "../../domain/errors.ts"
import { SessionId, UserId } from "../../domain/Ids.ts"
import { ownTokens } from "./OwnTokens.ts"
import { type TokenKey, TokenKeys } from "./TokenKeys.ts"

type Claims = CurrentUser["Service"]

const type = "at+jwt"
/** Issuer and audience of the tokens. */
const party = "confab"

const Payload = Schema.Struct({
  sub: Schema.String.check(Schema.isPattern(/^[1-9]\d{0,15}$/)).pipe(
    Schema.decodeTo(Schema.FiniteFromString),
    Schema.decodeTo(UserId),
  ),
  sid: SessionId,
  jti: Schema.NonEmptyString,
  exp: Schema.Int,
})

export interface AccessToken {
  readonly access_token: string
  /** Seconds. */
  readonly expires_in: number
}

/** The maximum number of verified tokens in the cache. */
const maxCached = 10_000

export class Tokens extends Context.Service<
  Tokens,
  {
    /**
     * Valid for `lifetimeSeconds`, but no longer than its session, which ends at `session_ends_at` (epoch
     * milliseconds).
     */
    issue(user_id: UserId, session_id: SessionId, session_ends_at: number): Effect.Effect<AccessToken>
    /** Verifies signature, claims and expiry. A token that was verified before costs a map lookup. */
    verify(token: string): Effect.Effect<Claims, Unauthorized>
  }
>()("confab/services/auth/Tokens") {
  /** The longest lifetime of an access token. */
  static readonly lifetimeSeconds = 900

  static readonly layer: Layer.Layer<Tokens, never, TokenKeys | SecureRandom.SecureRandom> = Layer.effect(
    Tokens,
    Effect.suspend(() => make),
  )
}

const make = Effect.gen(function* () {
  const keys = yield* TokenKeys
  const random = yield* SecureRandom.SecureRandom
  const clock = yield* Clock.Clock
  const cache = new Map<string, Claims>()
  const decode = Schema.decodeUnknownEffect(Payload)

  const remember = (token: string, claims: Claims) => {
    cache.set(token, claims)
    if (cache.size <= maxCached) return
    for (const oldest of cache.keys()) {
      cache.delete(oldest)
      return
    }
  }

  const recall = (token: string): Claims | undefined => {
    const claims = cache.get(token)
    if (claims === undefined) return undefined
    cache.delete(token)
    if (claims.expires_at <= clock.currentTimeMillisUnsafe()) return undefined
    cache.set(token, claims)
    return claims
  }

  /** Verifies by this key and its own algorithm: the token's header has only selected the candidate keys. */
  const verifyBy = (token: string, { alg, verifies }: TokenKey) =>
    Effect.tryPromise(() =>
      jwtVerify(token, verifies, {
        algorithms: [alg],
        typ: type,
        issuer: party,
        audience: party,
        requiredClaims: ["iss", "sub", "aud", "exp", "iat", "jti", "sid"],
        clockTolerance: 0,
        currentDate: new Date(clock.currentTimeMillisUnsafe()),
      }),
    )

  const claimsOf = Effect.fnUntraced(function* (token: string, payload: unknown) {
    const { sub, sid, exp } = yield* decode(payload)
    const claims: Claims = { user_id: sub, session_id: sid, expires_at: exp * 1000 }
    remember(token, claims)
    return claims
  })

  const ownClaims = ownTokens(
    keys.candidates({ alg: "HS256" }),
    type,
    ({ iss, aud, exp, nbf, iat }) =>
      iss === party &&
      aud === party &&
      nbf === undefined &&
      typeof iat === "number" &&
      typeof exp === "number" &&
      exp * 1000 > clock.currentTimeMillisUnsafe(),
  )

  const check = Effect.fnUntraced(
    function* (token: string) {
      const own = ownClaims(token)
      if (own !== undefined) return yield* claimsOf(token, own)
      const { alg = "", kid } = yield* Effect.try(() => decodeProtectedHeader(token))
      const candidates = keys.candidates({ alg, kid })
      if (candidates.length === 0) return yield* new Unauthorized()
      const { payload } = yield* Effect.firstSuccessOf(candidates.map((key) => verifyBy(token, key)))
      return yield* claimsOf(token, payload)
    },
    Effect.mapError(() => new Unauthorized()),
  )

  return Tokens.of({
    issue: Effect.fn("Tokens.issue")(function* (user_id, session_id, session_ends_at) {
      const now = Math.floor(clock.currentTimeMillisUnsafe() / 1000)
      const exp = Math.min(now + Tokens.lifetimeSeconds, Math.floor(session_ends_at / 1000))
      const jti = yield* random.uuidV4()
      const { alg, kid, signs } = keys.signing
      const token = new SignJWT({ sid: session_id })
        .setProtectedHeader({ alg, kid, typ: type })
        .setIssuer(party)
        .setAudience(party)
        .setSubject(String(user_id))
        .setJti(jti)
        .setIssuedAt(now)
        .setExpirationTime(exp)
      return { access_token: yield* Effect.promise(() => token.sign(signs)), expires_in: exp - now }
    }),
    verify: (token) => {
      const known = recall(token)
      return known === undefined ? check(token) : Effect.succeed(known)
    },
  })
})
