// A hint, never a proof: whether this browser has signed in before. The cookies themselves are out of reach of scripts.
const key = "confab.signed-in"

export const wasSignedIn = (): boolean => {
  try {
    return localStorage.getItem(key) !== null
  } catch {
    return false
  }
}

export const rememberSignedIn = (signedIn: boolean): void => {
  try {
    if (signedIn) localStorage.setItem(key, "1")
    else localStorage.removeItem(key)
  } catch {
    // Without storage the home page merely offers to sign in again.
  }
}
