// Authentication for the peers: the same token as Confab's, verified by hand (signature, expiry, audience).
import { createHmac, timingSafeEqual } from "node:crypto"

const secret = process.env.JWT_SECRET ?? ""

/** The user's id; undefined when the token is invalid. */
export const userOf = (token: string | undefined): number | undefined => {
  if (token === undefined) return undefined
  const dot = token.lastIndexOf(".")
  const expected = createHmac("sha256", secret).update(token.slice(0, dot)).digest()
  const given = Buffer.from(token.slice(dot + 1), "base64url")
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  const claims: unknown = JSON.parse(Buffer.from(token.slice(token.indexOf(".") + 1, dot), "base64url").toString())
  if (typeof claims !== "object" || claims === null || !("exp" in claims && "aud" in claims && "sub" in claims))
    return undefined
  if (claims.aud !== "confab" || Number(claims.exp) * 1000 <= Date.now()) return undefined
  return Number(claims.sub)
}

/** The token of an `Authorization` header. */
export const bearer = (header: string | undefined): string | undefined =>
  header?.startsWith("Bearer ") ? header.slice("Bearer ".length) : undefined
