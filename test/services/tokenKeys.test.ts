// Keys come and go: who signs, who still verifies, what others may see, and that no key does another algorithm's work.
import { createHash, createHmac, createSecretKey, generateKeyPairSync, type KeyObject } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeCrypto } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { calculateJwkThumbprint, createLocalJWKSet, decodeProtectedHeader, exportJWK, jwtVerify, SignJWT } from "jose"
import { Settings } from "../../src/config/Settings.ts"
import { parseSigningKeys } from "../../src/config/SigningKeys.ts"
import { SessionId, UserId } from "../../src/domain/Ids.ts"
import { TokenKeys } from "../../src/services/auth/TokenKeys.ts"
import { Tokens } from "../../src/services/auth/Tokens.ts"

const user_id = UserId.make(7)
const session_id = SessionId.make("6f1f4f0e-8d5c-4c9e-9f57-0a8d2f3a1b2c")
const one = "the first secret of more than thirty-two bytes"
const two = "the second secret of more than thirty-two bytes"
const redacted = (text: string) => Redacted.make(text)

const pair = () => generateKeyPairSync("ed25519")
const pem = (key: KeyObject) =>
  key.export({ type: key.type === "private" ? "pkcs8" : "spki", format: "pem" }).toString()
const jwkOf = (key: KeyObject) => key.export({ format: "jwk" })

type Keys = Partial<Pick<Settings["Service"], "dataDir" | "jwtSecret" | "previousSecrets" | "signingKeys">>

/** A server with these keys. */
const server = Effect.fnUntraced(function* (settings: Keys) {
  const layer = Tokens.layer.pipe(
    Layer.provideMerge(TokenKeys.layer),
    Layer.provide([NodeCrypto.layerSecureRandom, Settings.layerTest({ jwtSecret: undefined, ...settings })]),
  )
  const context = yield* Layer.build(Layer.fresh(layer))
  const tokens = Context.get(context, Tokens)
  return {
    keys: Context.get(context, TokenKeys),
    issue: Effect.map(tokens.issue(user_id, session_id, Number.POSITIVE_INFINITY), (it) => it.access_token),
    takes: (token: string) =>
      Effect.match(tokens.verify(token), { onFailure: () => false, onSuccess: (claims) => claims.user_id === 7 }),
  }
})

const signedWith = (header: { alg: string; kid?: string }, key: KeyObject | Uint8Array) =>
  Effect.promise(() =>
    new SignJWT({ sid: session_id })
      .setProtectedHeader({ typ: "at+jwt", ...header })
      .setIssuer("confab")
      .setAudience("confab")
      .setSubject("7")
      .setJti("1")
      .setIssuedAt(0)
      .setExpirationTime(900)
      .sign(key),
  )

const ed25519 = (text: string) => {
  const keys = parseSigningKeys(text)
  assert.isDefined(keys)
  return keys
}

describe("secrets", () => {
  it.effect(
    "take turns: the new one signs, what the old one signed is good until it runs out or the old one is gone",
    () =>
      Effect.gen(function* () {
        const before = yield* server({ jwtSecret: redacted(one) })
        const after = yield* server({ jwtSecret: redacted(two), previousSecrets: [redacted(one)] })
        const alone = yield* server({ jwtSecret: redacted(two) })
        const old = yield* before.issue
        assert.isTrue(yield* after.takes(old))
        assert.isFalse(yield* alone.takes(old))
        const fresh = yield* after.issue
        assert.isTrue(yield* alone.takes(fresh))
        assert.isFalse(yield* before.takes(fresh))
        assert.notStrictEqual(decodeProtectedHeader(fresh).kid, decodeProtectedHeader(old).kid)
        yield* TestClock.adjust("15 minutes")
        assert.isFalse(yield* after.takes(old))
      }).pipe(Effect.scoped),
  )

  it.effect("know their tokens from before there was a kid, and none by another's kid", () =>
    Effect.gen(function* () {
      const { takes, keys } = yield* server({ jwtSecret: redacted(two), previousSecrets: [redacted(one)] })
      const [bytesOne, bytesTwo] = [one, two].map((secret) => new TextEncoder().encode(secret))
      if (bytesOne === undefined || bytesTwo === undefined) return assert.fail()
      assert.isTrue(yield* takes(yield* signedWith({ alg: "HS256" }, bytesOne)))
      assert.isTrue(yield* takes(yield* signedWith({ alg: "HS256" }, bytesTwo)))
      assert.isFalse(yield* takes(yield* signedWith({ alg: "HS256", kid: keys.signing.kid }, bytesOne)))
      assert.isFalse(yield* takes(yield* signedWith({ alg: "HS256", kid: "../../etc/passwd" }, bytesTwo)))
    }).pipe(Effect.scoped),
  )

  it.effect("show nothing of themselves: no kid is their hash, no key set has them", () =>
    Effect.gen(function* () {
      const { keys } = yield* server({ jwtSecret: redacted(one) })
      assert.deepStrictEqual(keys.published, [])
      const { kid } = keys.signing
      for (const algorithm of ["sha256", "sha512", "sha1", "md5"]) {
        assert.isFalse(createHash(algorithm).update(one).digest("base64url").startsWith(kid))
      }
      assert.notInclude(one, kid)
    }).pipe(Effect.scoped),
  )
})

describe("Ed25519 keys", () => {
  it.effect("sign tokens that others can verify with the published set, by the thumbprint of RFC 7638", () =>
    Effect.gen(function* () {
      const { privateKey, publicKey } = pair()
      const { issue, keys, takes } = yield* server({ signingKeys: ed25519(pem(privateKey)) })
      const token = yield* issue
      const kid = yield* Effect.promise(async () => calculateJwkThumbprint(await exportJWK(publicKey)))
      assert.deepStrictEqual(decodeProtectedHeader(token), { alg: "EdDSA", kid, typ: "at+jwt" })
      assert.isTrue(yield* takes(token))
      assert.deepStrictEqual(keys.published, [
        { kty: "OKP", crv: "Ed25519", x: jwkOf(publicKey).x ?? "", kid, alg: "EdDSA", use: "sig" },
      ])
      assert.notInclude(JSON.stringify(keys.published), jwkOf(privateKey).d ?? "no private part")
      const elsewhere = createLocalJWKSet({ keys: [...keys.published] })
      const { payload } = yield* Effect.promise(() =>
        jwtVerify(token, elsewhere, { issuer: "confab", audience: "confab", typ: "at+jwt", currentDate: new Date(0) }),
      )
      assert.strictEqual(payload.sub, "7")
    }).pipe(Effect.scoped),
  )

  it.effect("take turns: those behind the first verify and are published, whether private or public", () =>
    Effect.gen(function* () {
      const [old, now, next] = [pair(), pair(), pair()]
      const before = yield* server({ signingKeys: ed25519(pem(old.privateKey)) })
      const all = pem(now.privateKey) + pem(old.publicKey) + pem(next.privateKey)
      const after = yield* server({ signingKeys: ed25519(all) })
      const alone = yield* server({ signingKeys: ed25519(pem(now.privateKey)) })
      assert.isTrue(yield* after.takes(yield* before.issue))
      assert.isFalse(yield* alone.takes(yield* before.issue))
      assert.isTrue(yield* alone.takes(yield* after.issue))
      assert.deepStrictEqual(
        after.keys.published.map(({ x }) => x),
        [now, old, next].map(({ publicKey }) => jwkOf(publicKey).x),
      )
    }).pipe(Effect.scoped),
  )

  it.effect("replace a secret without signing any user out", () =>
    Effect.gen(function* () {
      const before = yield* server({ jwtSecret: redacted(one) })
      const after = yield* server({ jwtSecret: redacted(one), signingKeys: ed25519(pem(pair().privateKey)) })
      assert.isTrue(yield* after.takes(yield* before.issue))
      assert.strictEqual(decodeProtectedHeader(yield* after.issue).alg, "EdDSA")
    }).pipe(Effect.scoped),
  )

  it.effect("are no secrets: what was made with their public half as one is refused, whatever it says of itself", () =>
    Effect.gen(function* () {
      const { privateKey, publicKey } = pair()
      const { keys, takes } = yield* server({ jwtSecret: redacted(one), signingKeys: ed25519(pem(privateKey)) })
      const { kid } = keys.signing
      const { x = "" } = jwkOf(publicKey)
      const guises = [
        Buffer.from(pem(publicKey)),
        Buffer.from(pem(publicKey).trim()),
        Buffer.from(x),
        Buffer.from(x, "base64url"),
        publicKey.export({ type: "spki", format: "der" }),
        Buffer.from(JSON.stringify(keys.published[0])),
      ]
      for (const guise of guises) {
        for (const header of [{ alg: "HS256", kid }, { alg: "HS256" }, { alg: "EdDSA", kid }]) {
          const head = Buffer.from(JSON.stringify({ ...header, typ: "at+jwt" })).toString("base64url")
          const [, payload = ""] = (yield* signedWith({ alg: "HS256" }, createSecretKey(guise))).split(".")
          const mac = createHmac("sha256", guise).update(`${head}.${payload}`).digest("base64url")
          assert.isFalse(yield* takes(`${head}.${payload}.${mac}`))
        }
      }
      const stranger = pair().privateKey
      assert.isFalse(yield* takes(yield* signedWith({ alg: "EdDSA", kid }, stranger)))
      assert.isFalse(yield* takes(yield* signedWith({ alg: "EdDSA" }, privateKey)))
      assert.isTrue(yield* takes(yield* signedWith({ alg: "EdDSA", kid }, privateKey)))
    }).pipe(Effect.scoped),
  )

  it("are read as PEM, also on one line, as a JWK and as a JWK set", () => {
    const { privateKey, publicKey } = pair()
    const other = pair().publicKey
    const x = jwkOf(publicKey).x
    const ways = [
      pem(privateKey),
      pem(privateKey).replaceAll("\n", "\\n"),
      `\n${pem(privateKey)}${pem(other)}`,
      JSON.stringify(jwkOf(privateKey)),
      JSON.stringify({ keys: [jwkOf(privateKey), jwkOf(other)] }),
    ]
    for (const way of ways) assert.strictEqual(jwkOf(ed25519(way).verifying[0] as KeyObject).x, x)
  })

  it("are refused when they are anything else", () => {
    const { privateKey, publicKey } = pair()
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 })
    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" })
    const wrong = [
      "",
      "secret",
      "{",
      "{}",
      '{"keys":[]}',
      '{"keys":{}}',
      pem(publicKey),
      pem(publicKey) + pem(privateKey),
      pem(privateKey).replace(/[A-Za-z0-9+/]{20}/, ""),
      pem(rsa.privateKey),
      pem(ec.privateKey),
      pem(privateKey) + pem(rsa.publicKey),
      pem(generateKeyPairSync("x25519").privateKey),
      JSON.stringify(jwkOf(publicKey)),
      JSON.stringify({ kty: "oct", k: "AAAA" }),
    ]
    for (const text of wrong) assert.isUndefined(parseSigningKeys(text), text.slice(0, 40))
  })
})

describe("the kept secret", () => {
  const directory = Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "confab-secret-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true })),
  )

  it.effect("is made for an embedded server, for its owner's eyes, and found again", () =>
    Effect.gen(function* () {
      const dataDir = join(yield* directory, "new")
      const first = yield* server({ dataDir })
      const file = join(dataDir, "jwt-secret")
      assert.isAtLeast(readFileSync(file, "utf8").trim().length, 43)
      assert.strictEqual(statSync(file).mode & 0o777, 0o600)
      const again = yield* server({ dataDir })
      assert.isTrue(yield* again.takes(yield* first.issue))
      const other = yield* server({ dataDir: join(dataDir, "other") })
      assert.isFalse(yield* other.takes(yield* first.issue))
    }).pipe(Effect.scoped),
  )

  it.effect("is changed by a new first line, and the lines after it are good until they are removed", () =>
    Effect.gen(function* () {
      const dataDir = yield* directory
      const before = yield* server({ dataDir })
      const file = join(dataDir, "jwt-secret")
      writeFileSync(file, `${"n".repeat(43)}\n${readFileSync(file, "utf8")}`)
      const after = yield* server({ dataDir })
      assert.isTrue(yield* after.takes(yield* before.issue))
      assert.isFalse(yield* before.takes(yield* after.issue))
    }).pipe(Effect.scoped),
  )

  it.effect("that is damaged is reported in one line, without showing it", () =>
    Effect.gen(function* () {
      const dataDir = yield* directory
      writeFileSync(join(dataDir, "jwt-secret"), "short")
      const error = yield* Effect.flip(server({ dataDir }))
      assert.match(error.message, /^The secret for access tokens in .*jwt-secret cannot be used: it is too short/)
      assert.notInclude(error.message, "\n")
    }).pipe(Effect.scoped),
  )
})
