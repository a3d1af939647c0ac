// The tokens of a page on another origin than the server, in the browser's localStorage, shared by its tabs. Scripts of the
// page can read them: cookies are safer where page and server have one origin.
import { isTokens, type TokenStorage } from "./TokenStorage.ts"

/** `name`: one for each server that a page uses. */
export const browserTokens = (name = "confab-tokens"): TokenStorage => ({
  load: async () => {
    const text = localStorage.getItem(name)
    if (text === null) return null
    try {
      const value: unknown = JSON.parse(text)
      return isTokens(value) ? value : null
    } catch {
      return null
    }
  },
  save: async (tokens) => {
    if (tokens === null) localStorage.removeItem(name)
    else localStorage.setItem(name, JSON.stringify(tokens))
  },
})
