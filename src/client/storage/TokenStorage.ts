// Where tokens live between runs when they are not in cookies.

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  /** Epoch milliseconds at which the access token stops being good. */
  readonly expiresAt: number
}

export interface TokenStorage {
  load(): Promise<Tokens | null>
  /** null: signed out, forget them. */
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
