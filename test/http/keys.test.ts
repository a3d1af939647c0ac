// Another service that verifies Confab's tokens by what `/.well-known/jwks.json` says, and by nothing else.
import { generateKeyPairSync } from "node:crypto"
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { createRemoteJWKSet, jwtVerify } from "jose"
import { parseSigningKeys } from "../../src/config/SigningKeys.ts"
import * as Http from "../support/http.ts"

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
    it.effect("is empty: nobody else can verify its tokens", () =>
      Effect.gen(function* () {
        const { token } = yield* Http.somebody
        assert.deepStrictEqual((yield* Http.send("GET", path)).body, { keys: [] })
        assert.strictEqual(yield* elsewhere(token), "JOSEAlgNotAllowed")
      }),
    )
  })
})
