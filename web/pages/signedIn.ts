// Who has signed in in this browser: a hint, never a proof. The cookies themselves are out of reach of scripts, and are one and
// the same for all tabs: this is how the tabs hear of each other.
import type { UserId } from "../../src/domain/Ids.ts"

const key = "confab.signed-in"

const stored = (): string | null => {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

export const wasSignedIn = (): boolean => stored() !== null

/** null: nobody is. */
export const rememberSignedIn = (id: UserId | null): void => {
  try {
    if (id === null) localStorage.removeItem(key)
    else if (stored() !== String(id)) localStorage.setItem(key, String(id))
  } catch {
    // Without storage the home page merely offers to sign in again, and other tabs find out from the server.
  }
}

/** Hears of persons who sign in in another tab. Gives back how to stop. */
export const onSignedInElsewhere = (listener: (id: number) => void): (() => void) => {
  const heard = (event: StorageEvent) => {
    if (event.key === key && event.newValue !== null) listener(Number(event.newValue))
  }
  window.addEventListener("storage", heard)
  return () => window.removeEventListener("storage", heard)
}
