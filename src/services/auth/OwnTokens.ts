// A fast path for tokens in exactly the format that this server writes with a secret: every connecting device brings a
// new one, and jose verifies each in a thread pool. It only accepts; any token that differs is left to jose.
import { createHmac, timingSafeEqual } from "node:crypto"
import type { TokenKey } from "./TokenKeys.ts"

const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")

/** The claims that all our tokens have; other claims are not read here. */
export interface OwnClaims {
  readonly [claim: string]: unknown
}

/** A function from a token to its claims; undefined: not exactly this server's format, or not valid. */
export const ownTokens = (
  keys: ReadonlyArray<TokenKey>,
  typ: string,
  holds: (claims: OwnClaims) => boolean,
): ((token: string) => OwnClaims | undefined) => {
  const secrets = keys.filter(({ alg }) => alg === "HS256")
  const byHead = new Map<string, ReadonlyArray<TokenKey>>([[segment({ alg: "HS256", typ }), secrets]])
  for (const key of secrets) byHead.set(segment({ alg: "HS256", kid: key.kid, typ }), [key])

  return (token) => {
    const first = token.indexOf(".")
    const last = token.lastIndexOf(".")
    const candidates = byHead.get(token.slice(0, first))
    if (candidates === undefined || last <= first) return undefined
    const signature = Buffer.from(token.slice(last + 1))
    const isBy = ({ verifies }: TokenKey) => {
      const own = Buffer.from(createHmac("sha256", verifies).update(token.slice(0, last)).digest("base64url"))
      return own.length === signature.length && timingSafeEqual(own, signature)
    }
    if (!candidates.some(isBy)) return undefined
    const claims = parse(Buffer.from(token.slice(first + 1, last), "base64url").toString())
    return claims !== undefined && holds(claims) ? claims : undefined
  }
}

/** The signature is valid, but another program may have the secret. */
const parse = (text: string): OwnClaims | undefined => {
  try {
    const claims: unknown = JSON.parse(text)
    return typeof claims === "object" && claims !== null && !Array.isArray(claims) ? { ...claims } : undefined
  } catch {
    return undefined
  }
}
