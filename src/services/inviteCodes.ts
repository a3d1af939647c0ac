// The codes of invites: 128 random bits, of which the server keeps a hash only.
import { createHash } from "node:crypto"
import { Effect } from "effect"
import { SecureRandom } from "effect/crypto"

const codeBytes = 16

/** 22 characters of `A-Z a-z 0-9 - _`. */
export const newInviteCode: Effect.Effect<string, never, SecureRandom.SecureRandom> = Effect.flatMap(
  SecureRandom.SecureRandom,
  (random) => Effect.map(random.randomBytes(codeBytes), (bytes) => Buffer.from(bytes).toString("base64url")),
)

/** SHA-256: a random code needs no slow hash. */
export const inviteHash = (code: string): Uint8Array => createHash("sha256").update(code).digest()
