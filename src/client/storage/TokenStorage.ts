// Storage for tokens between runs, for clients without cookies.

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  /** Epoch milliseconds at which the access token expires. */
  readonly expiresAt: number
}

export const isTokens = (value: unknown): value is Tokens =>
  typeof value === "object" &&
  value !== null &&
  "accessToken" in value &&
  typeof value.accessToken === "string" &&
  "refreshToken" in value &&
  typeof value.refreshToken === "string" &&
  "expiresAt" in value &&
  typeof value.expiresAt === "number"

export interface TokenStorage {
  load(): Promise<Tokens | null>
  /** null: signed out; delete the tokens. */
  save(tokens: Tokens | null): Promise<void>
}

/** Tokens that live as long as the program. */
export const memoryTokens = (initial: Tokens | null = null): TokenStorage => {
  let tokens = initial
  return {
    load: async () => tokens,
    save: async (next) => {
      tokens = next
    },
  }
}
