// Access tokens of another issuer: which ones are theirs, which are valid, and which claims count here.
import { Clock, Effect, Schema } from "effect"
import { decodeJwt, type JWTVerifyResult, jwtVerify } from "jose"
import type { TrustedIssuer } from "../../config/Settings.ts"
import { Unauthorized, Unavailable } from "../../domain/errors.ts"
import { Text } from "../../domain/Text.ts"
import { KeysAway, makeTrustedKeys } from "./TrustedKeys.ts"

/**
 * No algorithm with a shared secret, and not "none": knowledge of the public keys must not be enough to make tokens.
 */
const algorithms = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
]
/** Clock skew, seconds; applies only to claims about when a token begins. */
const tolerance = 30
/** Limits the lifetime of a token, whatever it says itself; ended sessions are remembered for this long. */
export const longestLifeSeconds = 24 * 60 * 60

const isAccessToken = /^(?:application\/)?(?:at\+)?jwt$/i
const optional = Schema.optionalKey(Schema.Unknown)

const Payload = Schema.Struct({
  sub: Text.check(Schema.isMinLength(1), Schema.isMaxLength(255)),
  iat: Schema.Finite,
  exp: Schema.Finite,
  sid: optional,
  azp: optional,
  client_id: optional,
  preferred_username: optional,
  name: optional,
  email: optional,
  email_verified: optional,
  // Only ID tokens have `at_hash`; some issuers mark other kinds of tokens in `typ`.
  at_hash: Schema.optionalKey(Schema.Never),
  typ: Schema.optionalKey(Schema.Literals(["Bearer", "at+jwt", "JWT"])),
})

export interface ForeignClaims {
  readonly subject: string
  /** Epoch milliseconds, like the other times. */
  readonly issued_at: number
  readonly expires_at: number
  /** The session at the issuer. */
  readonly session: string | undefined
  /** The application for which the token was issued. */
  readonly client: string | undefined
  readonly preferred_username: string | undefined
  readonly name: string | undefined
  /** undefined also when the issuer says that it is not verified. */
  readonly email: string | undefined
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)

const claimsOf = (payload: typeof Payload.Type): ForeignClaims => ({
  subject: payload.sub,
  issued_at: payload.iat * 1000,
  expires_at: Math.floor(Math.min(payload.exp, payload.iat + longestLifeSeconds)) * 1000,
  session: textOf(payload.sid),
  client: textOf(payload.azp) ?? textOf(payload.client_id),
  preferred_username: textOf(payload.preferred_username),
  name: textOf(payload.name),
  email: payload.email_verified === false ? undefined : textOf(payload.email),
})

/** The issuer that an unverified token names, used only to choose the verifier. */
const issuerOf = (token: string): string | undefined => {
  try {
    return decodeJwt(token).iss
  } catch {
    return undefined
  }
}

export const makeForeignToken = Effect.fnUntraced(function* ({ audience, issuer, keySet }: TrustedIssuer) {
  const clock = yield* Clock.Clock
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  const keys = makeTrustedKeys(keySet, clock, (why) => {
    fork(Effect.annotateLogs(Effect.logWarning("The keys of the trusted issuer could not be fetched"), { why }))
  })
  yield* Effect.forkScoped(Effect.promise(() => keys.refresh()))
  const decode = Schema.decodeUnknownEffect(Payload)

  const signed = (token: string): Effect.Effect<JWTVerifyResult, Unauthorized | Unavailable> =>
    Effect.tryPromise({
      try: () =>
        jwtVerify(token, keys.get, {
          algorithms,
          issuer,
          audience,
          requiredClaims: ["sub", "iat", "exp"],
          clockTolerance: tolerance,
          maxTokenAge: longestLifeSeconds,
          currentDate: new Date(clock.currentTimeMillisUnsafe()),
        }),
      catch: (error) => (error instanceof KeysAway ? new Unavailable({ retry_after_ms: 5000 }) : new Unauthorized()),
    })

  return {
    isTheirs: (token: string): boolean => issuerOf(token) === issuer,
    verify: Effect.fnUntraced(function* (token: string) {
      const { payload, protectedHeader } = yield* signed(token)
      if (!isAccessToken.test(protectedHeader.typ ?? "JWT")) return yield* new Unauthorized()
      const claims = claimsOf(yield* Effect.mapError(decode(payload), () => new Unauthorized()))
      return claims.expires_at > clock.currentTimeMillisUnsafe() ? claims : yield* new Unauthorized()
    }),
  }
})
