// The keys of file links, derived from the server's secrets: all nodes have the same, and none is stored.
import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto"
import { Effect, Redacted } from "effect"
import { serverSecrets } from "../../config/ServerSecrets.ts"
import { Settings } from "../../config/Settings.ts"

const derived = (secret: string | Buffer): KeyObject =>
  createSecretKey(Buffer.from(hkdfSync("sha256", secret, "", "confab file link", 32)))

/** The first one signs; links of the others are valid until they expire. */
export const linkKeys = Effect.gen(function* () {
  const { signingKeys } = yield* Settings
  const secrets = (yield* serverSecrets).map((secret) => derived(Redacted.value(secret)))
  const all =
    signingKeys === undefined
      ? secrets
      : [...secrets, derived(signingKeys.signing.export({ format: "der", type: "pkcs8" }))]
  const [first, ...others] = all
  if (first === undefined) return yield* Effect.die(new Error("There is no secret to sign links with"))
  return [first, ...others] as const
})
