import { createHash, createPublicKey, generateKeyPairSync } from "node:crypto"
import { rmSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import { bareDigest } from "../../src/actors/memory/OriginalDigests.ts"
import { emptyDataDir } from "../support/dataDir.ts"
import { digestsOf } from "../support/digests.ts"

const text = "Meet me at nine"
const secret = (name: string) => Redacted.make(`${name}, a secret that is long enough for a server`)
const server = digestsOf({ jwtSecret: secret("one") })

describe("a digest of a first text", () => {
  it("distinguishes the text from another", () => {
    assert.isTrue(server.isOf(server.of(text), text))
    assert.isFalse(server.isOf(server.of(text), "Meet me at ten"))
  })

  it("cannot be guessed with the database alone, or with another server's secret", () => {
    const digest = server.of(text)
    for (const encoding of ["base64url", "hex", "base64"] as const) {
      assert.notInclude(digest, createHash("sha256").update(text).digest(encoding))
    }
    assert.notStrictEqual(digestsOf({ jwtSecret: secret("two") }).of(text), digest)
    assert.strictEqual(digestsOf({ jwtSecret: secret("one") }).of(text), digest)
  })

  it("from before there was a key still counts, and is keyed to the same as a new one", () => {
    const bare = bareDigest(text)
    assert.strictEqual(bare, createHash("sha256").update(text).digest("base64url"))
    assert.isTrue(server.isOf(bare, text))
    assert.isFalse(server.isOf(bare, "Meet me at ten"))
    assert.strictEqual(server.keyed(bare), server.of(text))
    assert.strictEqual(server.keyed(server.of(text)), server.of(text))
  })

  it("by a secret before is known; by one that is gone it counts as that of the same text", () => {
    const digest = server.of(text)
    const changed = digestsOf({ jwtSecret: secret("two"), previousSecrets: [secret("one")] })
    assert.isTrue(changed.isOf(digest, text))
    assert.isFalse(changed.isOf(digest, "Meet me at ten"))
    assert.notStrictEqual(changed.of(text), digest)
    const later = digestsOf({ jwtSecret: secret("two") })
    assert.isTrue(later.isOf(digest, text))
    assert.isTrue(later.isOf(digest, "Meet me at ten"))
  })

  it("is keyed by the private key where no secret is in use", () => {
    const signing = generateKeyPairSync("ed25519").privateKey
    const keys = {
      jwtSecret: undefined,
      databaseUrl: Redacted.make("postgres://x"),
      signingKeys: { signing, verifying: [createPublicKey(signing)] },
    }
    const one = digestsOf(keys)
    assert.isTrue(one.isOf(one.of(text), text))
    assert.isFalse(one.isOf(one.of(text), "Meet me at ten"))
    assert.strictEqual(digestsOf(keys).of(text), one.of(text))
    // On the way from a secret to a key, what was keyed by the secret is known.
    const both = digestsOf({ ...keys, jwtSecret: secret("one") })
    assert.isFalse(both.isOf(server.of(text), "Meet me at ten"))
    assert.isFalse(both.isOf(one.of(text), "Meet me at ten"))
  })

  it("is keyed by the secret that an embedded server keeps", () => {
    const dataDir = emptyDataDir()
    try {
      const kept = { jwtSecret: undefined, dataDir }
      const one = digestsOf(kept)
      assert.strictEqual(digestsOf(kept).of(text), one.of(text))
      assert.notStrictEqual(server.of(text), one.of(text))
    } finally {
      rmSync(dataDir, { recursive: true, force: true })
    }
  })
})
