// Refresh tokens: 256 random bits that mean nothing to their holder. Only their SHA-256 is ever stored.
import { createHash } from "node:crypto"
import { Effect } from "effect"
import { SecureRandom } from "effect/crypto"

export interface RefreshToken {
  readonly token: string
  readonly hash: Uint8Array
}

/** 30 days, from their making or from the last rotation of their session. */
export const refreshLifetimeMillis = 30 * 24 * 60 * 60_000
/** A second use within so long of the first is a lost answer or a second tab, not a theft. */
export const refreshGraceMillis = 10_000

export const hashOf = (token: string): Uint8Array => createHash("sha256").update(token).digest()

export const makeRefreshToken: Effect.Effect<RefreshToken, never, SecureRandom.SecureRandom> = Effect.gen(function* () {
  const random = yield* SecureRandom.SecureRandom
  const token = Buffer.from(yield* random.randomBytes(32)).toString("base64url")
  return { token, hash: hashOf(token) }
})
