// Remembers which user signed in in this browser: a hint, never a proof. Scripts cannot read the cookies, which all
// tabs share: through this record tabs notice each other's sign-ins.
import type { UserId } from "../../src/domain/Ids.ts"
import { base } from "../base.ts"

const key = `confab${base}.signed-in`

const stored = (): string | null => {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

export const wasSignedIn = (): boolean => stored() !== null

/** null: no user is signed in. */
export const rememberSignedIn = (id: UserId | null): void => {
  try {
    if (id === null) localStorage.removeItem(key)
    else if (stored() !== String(id)) localStorage.setItem(key, String(id))
  } catch {
    // Without storage the home page merely offers to sign in again, and other tabs learn it from the server.
  }
}

/** Calls back when a user signs in in another tab. Returns a function that stops it. */
export const onSignedInElsewhere = (listener: (id: number) => void): (() => void) => {
  const heard = (event: StorageEvent) => {
    if (event.key === key && event.newValue !== null) listener(Number(event.newValue))
  }
  window.addEventListener("storage", heard)
  return () => window.removeEventListener("storage", heard)
}
