// When a token of the host expires. The client does not verify it: the server does.
import { ChatClientError } from "./ChatClientError.ts"

export interface HostToken {
  /** Epoch milliseconds. */
  readonly expiresAt: number
  /** Milliseconds; 0 when the token does not say when it was made. */
  readonly lifetime: number
}

const claimsOf = (token: string): Record<string, unknown> => {
  const [, payload = ""] = token.split(".")
  const bytes = atob(payload.replaceAll("-", "+").replaceAll("_", "/"))
  const claims: unknown = JSON.parse(bytes)
  return typeof claims === "object" && claims !== null ? { ...claims } : {}
}

/** Throws `InvalidToken` for what is no JWT with `exp`. */
export const hostToken = (token: string): HostToken => {
  let claims: Record<string, unknown>
  try {
    claims = claimsOf(token)
  } catch (cause) {
    throw new ChatClientError("InvalidToken", "getToken gave something that is no JWT.", { cause })
  }
  const { exp, iat } = claims
  if (typeof exp !== "number") throw new ChatClientError("InvalidToken", "The token of getToken has no exp.")
  return { expiresAt: exp * 1000, lifetime: typeof iat === "number" ? (exp - iat) * 1000 : 0 }
}
