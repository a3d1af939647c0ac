// Access tokens of another issuer: which are theirs, which are good, and what of them counts here.
import { Clock, Effect, Schema } from "effect"
import { decodeJwt, type JWTVerifyResult, jwtVerify } from "jose"
import type { TrustedIssuer } from "../../config/Settings.ts"
import { Unauthorized, Unavailable } from "../../domain/errors.ts"
import { Text } from "../../domain/Text.ts"
import { KeysAway, makeTrustedKeys } from "./TrustedKeys.ts"

/** None that needs a shared secret, and not "none": whoever knows public keys cannot make tokens. */
const algorithms = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
]
/** Two machines' clocks; for what a token says of its beginning alone. */
const tolerance = 30
/** However long it says itself; ended sessions are remembered for so long. */
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
  // Only ID tokens have this one; and some issuers say in `typ` what else they sign.
  at_hash: Schema.optionalKey(Schema.Never),
  typ: Schema.optionalKey(Schema.Literals(["Bearer", "at+jwt", "JWT"])),
})

export interface ForeignClaims {
  readonly subject: string
  /** Epoch milliseconds, as are the others. */
  readonly issued_at: number
  readonly expires_at: number
  /** The session at the issuer. */
  readonly session: string | undefined
  /** The application that the token was given to. */
  readonly client: string | undefined
  readonly preferred_username: string | undefined
  readonly name: string | undefined
  /** undefined also if the issuer says that it was not verified. */
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

/** Whom a token says it is from: to choose who judges it, no more. */
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
