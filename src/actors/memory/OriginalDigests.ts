// A digest of the first text of a message that was edited or deleted, so that its dedup_key still distinguishes
// contents. Keyed by the server's signing secret: the database alone does not allow guessing the text.
import { createHmac, hash, hkdfSync, type KeyObject } from "node:crypto"
import { Context, Effect, Layer, Redacted } from "effect"
import { serverSecrets } from "../../config/ServerSecrets.ts"
import { Settings } from "../../config/Settings.ts"

interface DigestKey {
  /** Identifies the key without revealing it. */
  readonly name: string
  readonly key: Buffer
}

const digestKey = (secret: string | Buffer): DigestKey => {
  const key = Buffer.from(hkdfSync("sha256", secret, "", "confab original digest", 32))
  return { name: createHmac("sha256", key).update("name").digest("base64url").slice(0, 8), key }
}

const materialOf = (key: KeyObject): Buffer => key.export({ format: "der", type: "pkcs8" })

/**
 * The unkeyed digest of earlier releases; the keyed digest is computed from it, so that old ones can be keyed as well.
 */
export const bareDigest = (text: string): string => hash("sha256", text, "base64url")

/** A name, a dot, and the digest; an unkeyed one has no dot. */
const isBare = (digest: string): boolean => !digest.includes(".")

export class OriginalDigests extends Context.Service<
  OriginalDigests,
  {
    of(text: string): string
    /** Keys an unkeyed digest as `of` would; returns any other one unchanged. */
    keyed(digest: string): string
    /** Whether it is a digest of this text. For a key that is gone this is unknown: it counts as the same text. */
    isOf(digest: string, text: string): boolean
  }
>()("confab/actors/memory/OriginalDigests") {
  static readonly layer = Layer.effect(
    OriginalDigests,
    Effect.gen(function* () {
      const { signingKeys } = yield* Settings
      const secrets = (yield* serverSecrets).map((secret) => digestKey(Redacted.value(secret)))
      const keys = signingKeys === undefined ? secrets : [...secrets, digestKey(materialOf(signingKeys.signing))]
      const [current] = keys
      if (current === undefined) return yield* Effect.die(new Error("There is no secret to key digests with"))

      const under = ({ key, name }: DigestKey, bare: string) =>
        `${name}.${createHmac("sha256", key).update(bare).digest("base64url")}`
      return OriginalDigests.of({
        of: (text) => under(current, bareDigest(text)),
        keyed: (digest) => (isBare(digest) ? under(current, digest) : digest),
        isOf: (digest, text) => {
          if (isBare(digest)) return digest === bareDigest(text)
          const key = keys.find(({ name }) => digest.startsWith(`${name}.`))
          return key === undefined || digest === under(key, bareDigest(text))
        },
      })
    }),
  )
}
