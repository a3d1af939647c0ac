// Owns the keys of access tokens: the one that signs, and previous ones, which verify until the tokens that they signed
// expire. Each key has one algorithm, whatever a token says; a `kid` identifies a key without revealing anything about
// it.
import { createHmac, createSecretKey, type KeyObject } from "node:crypto"
import { Context, Effect, Layer, Redacted } from "effect"
import { calculateJwkThumbprint, exportJWK } from "jose"
import type { TokenSecretUnusable } from "../../config/KeptSecret.ts"
import { serverSecrets } from "../../config/ServerSecrets.ts"
import { Settings } from "../../config/Settings.ts"
import type { PublicKey } from "../../contract/ServiceApi.ts"

export type Algorithm = "HS256" | "EdDSA"

export interface TokenKey {
  readonly kid: string
  readonly alg: Algorithm
  readonly verifies: KeyObject
}

export interface SigningKey extends TokenKey {
  readonly signs: KeyObject
}

export class TokenKeys extends Context.Service<
  TokenKeys,
  {
    readonly signing: SigningKey
    /**
     * The keys that may have signed a token with this header. Tokens without a `kid` (the older format) are signed by a
     * secret.
     */
    candidates(header: { readonly alg: string; readonly kid?: string | undefined }): ReadonlyArray<TokenKey>
    /** The public keys with which other services verify our tokens; empty when a secret signs. */
    readonly published: ReadonlyArray<PublicKey>
  }
>()("confab/services/auth/TokenKeys") {
  static readonly layer: Layer.Layer<TokenKeys, TokenSecretUnusable, Settings> = Layer.effect(
    TokenKeys,
    Effect.suspend(() => make),
  )
}

/** Not a plain hash: a `kid` is public, and must not make a weak secret easier to guess than a token does. */
const secretKey = (secret: Redacted.Redacted): SigningKey => {
  const key = createSecretKey(Redacted.value(secret), "utf8")
  const kid = createHmac("sha256", key).update("confab kid").digest("base64url").slice(0, 16)
  return { kid, alg: "HS256", signs: key, verifies: key }
}

/** `kid` is the thumbprint of RFC 7638, so every server and tool computes the same. */
const publicKey = Effect.fnUntraced(function* (verifies: KeyObject) {
  const { x = "" } = yield* Effect.promise(() => exportJWK(verifies))
  const kid = yield* Effect.promise(() => calculateJwkThumbprint({ kty: "OKP", crv: "Ed25519", x }))
  const jwk: PublicKey = { kty: "OKP", crv: "Ed25519", x, kid, alg: "EdDSA", use: "sig" }
  return { jwk, key: { kid, alg: "EdDSA", verifies } as const }
})

const make = Effect.gen(function* () {
  const { signingKeys } = yield* Settings
  const secrets = (yield* serverSecrets).map(secretKey)
  const pairs = yield* Effect.forEach(signingKeys?.verifying ?? [], publicKey)
  const [first] = pairs
  const signing =
    first === undefined || signingKeys === undefined ? secrets[0] : { ...first.key, signs: signingKeys.signing }
  if (signing === undefined) return yield* Effect.die(new Error("There is no key to sign tokens with"))

  const keys: ReadonlyArray<TokenKey> = [...pairs.map(({ key }) => key), ...secrets]
  return TokenKeys.of({
    signing,
    candidates: ({ alg, kid }) =>
      kid === undefined
        ? secrets.filter((key) => key.alg === alg)
        : keys.filter((key) => key.kid === kid && key.alg === alg),
    published: pairs.map(({ jwk }) => jwk),
  })
})
