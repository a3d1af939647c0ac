// Key sets: ours, by which another service verifies our tokens and by nothing else; and a trusted issuer's, when it cannot be had.
import { generateKeyPairSync } from "node:crypto"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { createRemoteJWKSet, jwtVerify } from "jose"
import { parseSigningKeys } from "../../src/config/SigningKeys.ts"
import * as Http from "../support/http.ts"
import { Issuer } from "../support/issuer.ts"

const path = "/.well-known/jwks.json"
const { privateKey } = generateKeyPairSync("ed25519")
const signingKeys = parseSigningKeys(privateKey.export({ type: "pkcs8", format: "pem" }).toString())

const elsewhere = Effect.fnUntraced(function* (token: string) {
  const keys = createRemoteJWKSet(new URL(`http://127.0.0.1:${yield* Http.port}${path}`))
  return yield* Effect.promise(() =>
    jwtVerify(token, keys, {
      algorithms: ["EdDSA"],
      issuer: "confab",
      audience: "confab",
      currentDate: new Date(0),
    }).then(
      ({ payload }) => payload.sub,
      (error: Error) => error.name,
    ),
  )
})

describe("the key set", () => {
  layer(Http.layer({ signingKeys }))("of a server that signs with a key", (it) => {
    it.effect("lets others verify its tokens, and may be kept for five minutes", () =>
      Effect.gen(function* () {
        const { id, token } = yield* Http.somebody
        assert.strictEqual(yield* elsewhere(token), String(id))
        assert.strictEqual((yield* Http.send("GET", "/me", { token })).status, 200)
        const { body, headers, status } = yield* Http.send("GET", path)
        assert.deepStrictEqual([status, headers["content-type"]], [200, "application/json"])
        assert.strictEqual(headers["cache-control"], "public, max-age=300")
        assert.deepStrictEqual(Object.keys(body.keys[0]).sort(), ["alg", "crv", "kid", "kty", "use", "x"])
      }),
    )
  })

  layer(Http.layer())("of a server that signs with a secret", (it) => {
    it.effect("is empty: no other service can verify its tokens", () =>
      Effect.gen(function* () {
        const { token } = yield* Http.somebody
        assert.deepStrictEqual((yield* Http.send("GET", path)).body, { keys: [] })
        assert.strictEqual(yield* elsewhere(token), "JOSEAlgNotAllowed")
      }),
    )
  })
})

describe("a trusted issuer's keys", () => {
  it.effect("that cannot be fetched cause 503, not 401, so that no client signs out", () =>
    Effect.gen(function* () {
      const issuer = yield* Issuer.open
      issuer.broken = { status: 500, body: "" }
      yield* Effect.gen(function* () {
        const token = yield* issuer.token("grace")
        const away = yield* Http.send("GET", "/me", { token })
        assert.deepStrictEqual([away.status, away.body._tag], [503, "Unavailable"])
        assert.strictEqual(away.headers["retry-after"], "5")
        assert.strictEqual((yield* Http.send("GET", "/me", { token: `${token}x`.slice(9) })).status, 401)
        issuer.broken = undefined
        yield* TestClock.adjust("6 seconds")
        assert.strictEqual((yield* Http.send("GET", "/me", { token })).status, 200)
      }).pipe(Effect.provide(Http.layer(issuer.settings)))
    }).pipe(Effect.scoped),
  )
})
