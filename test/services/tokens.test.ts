import { NodeCrypto } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT, UnsecuredJWT } from "jose"
import { Settings } from "../../src/config/Settings.ts"
import { SessionId, UserId } from "../../src/domain/Ids.ts"
import { TokenKeys } from "../../src/services/auth/TokenKeys.ts"
import { Tokens } from "../../src/services/auth/Tokens.ts"

const secret = "a secret of more than thirty-two bytes"
const key = new TextEncoder().encode(secret)
const user_id = UserId.make(7)
const session_id = SessionId.make("6f1f4f0e-8d5c-4c9e-9f57-0a8d2f3a1b2c")

const layer = Tokens.layer.pipe(
  Layer.provide([TokenKeys.layer, NodeCrypto.layerSecureRandom]),
  Layer.provide(Settings.layerTest({ jwtSecret: Redacted.make(secret) })),
)

const good: JWTPayload = {
  iss: "confab",
  aud: "confab",
  sub: "7",
  sid: session_id,
  jti: "1",
  iat: 0,
  exp: 900,
}

const sign = (payload: JWTPayload, header: { alg?: string; typ?: string } = {}, by: Uint8Array = key) =>
  Effect.promise(() => new SignJWT(payload).setProtectedHeader({ alg: "HS256", typ: "at+jwt", ...header }).sign(by))

const refused = (token: string) =>
  Effect.gen(function* () {
    const tokens = yield* Tokens
    return (yield* Effect.flip(tokens.verify(token)))._tag === "Unauthorized"
  })

describe("Tokens", () => {
  it.effect("a token has the claims of RFC 9068 and names its user", () =>
    Effect.gen(function* () {
      const tokens = yield* Tokens
      yield* TestClock.adjust(1_500)
      const { access_token: token } = yield* tokens.issue(user_id, session_id, Number.POSITIVE_INFINITY)
      const { kid, ...header } = decodeProtectedHeader(token)
      assert.deepStrictEqual(header, { alg: "HS256", typ: "at+jwt" })
      assert.match(kid ?? "", /^[\w-]{16}$/)
      const claims = decodeJwt(token)
      assert.match(claims.jti ?? "", /^[0-9a-f-]{36}$/)
      assert.deepStrictEqual({ ...claims, jti: "1" }, { ...good, iat: 1, exp: 901 })
      assert.deepStrictEqual(yield* tokens.verify(token), { user_id, session_id, expires_at: 901_000 })
    }).pipe(Effect.provide(layer)),
  )

  it.effect("a token ends with its session at the latest", () =>
    Effect.gen(function* () {
      const tokens = yield* Tokens
      yield* TestClock.adjust(1_500)
      const { access_token, expires_in } = yield* tokens.issue(user_id, session_id, 600_900)
      assert.strictEqual(expires_in, 599)
      assert.strictEqual((yield* tokens.verify(access_token)).expires_at, 600_000)
      yield* TestClock.adjust(598_500)
      assert.isTrue(yield* refused(access_token))
    }).pipe(Effect.provide(layer)),
  )

  it.effect("a well-made token of ours is taken, so what is refused below is refused for its fault", () =>
    Effect.gen(function* () {
      const tokens = yield* Tokens
      assert.strictEqual((yield* tokens.verify(yield* sign(good))).user_id, 7)
    }).pipe(Effect.provide(layer)),
  )

  const without = (claim: string): JWTPayload =>
    Object.fromEntries(Object.entries(good).filter(([name]) => name !== claim))

  for (const claim of Object.keys(good)) {
    it.effect(`a token without ${claim} is refused`, () =>
      Effect.gen(function* () {
        assert.isTrue(yield* refused(yield* sign(without(claim))))
      }).pipe(Effect.provide(layer)),
    )
  }

  const wrong: Record<string, JWTPayload> = {
    "another audience": { ...good, aud: "other" },
    "another issuer": { ...good, iss: "other" },
    "a user that is no id": { ...good, sub: "7e0" },
    "a user past all ids": { ...good, sub: "9999999999999999" },
    "a session that is no UUID": { ...good, sid: "1" },
    "an end in the past": { ...good, exp: 0 },
    "a beginning in the future": { ...good, nbf: 60 },
  }
  for (const [name, payload] of Object.entries(wrong)) {
    it.effect(`a token with ${name} is refused`, () =>
      Effect.gen(function* () {
        assert.isTrue(yield* refused(yield* sign(payload)))
      }).pipe(Effect.provide(layer)),
    )
  }

  it.effect("a token of another key, algorithm or type is refused, and so is one without a signature", () =>
    Effect.gen(function* () {
      const other = new TextEncoder().encode("another secret of more than thirty-two bytes")
      const long = new TextEncoder().encode(secret.repeat(2))
      assert.isTrue(yield* refused(yield* sign(good, {}, other)))
      assert.isTrue(yield* refused(yield* sign(good, { alg: "HS512" }, long)))
      assert.isTrue(yield* refused(yield* sign(good, { typ: "JWT" })))
      assert.isTrue(yield* refused(new UnsecuredJWT(good).encode()))
      const [header, payload] = (yield* sign(good)).split(".")
      assert.isTrue(yield* refused(`${header}.${payload}.`))
      for (const text of ["", ".", "..", "a.b.c", "\0", "é".repeat(10_000)]) assert.isTrue(yield* refused(text))
    }).pipe(Effect.provide(layer)),
  )

  it.effect("a token that was verified before still ends when it ends", () =>
    Effect.gen(function* () {
      const tokens = yield* Tokens
      const { access_token: token } = yield* tokens.issue(user_id, session_id, Number.POSITIVE_INFINITY)
      yield* tokens.verify(token)
      yield* TestClock.adjust(899_999)
      yield* tokens.verify(token)
      yield* TestClock.adjust(1)
      assert.isTrue(yield* refused(token))
      assert.isTrue(yield* refused(token))
    }).pipe(Effect.provide(layer)),
  )
})
