// Whether the person looks at this page: the window is visible and is the one that keys go to.

export const hasAttention = (): boolean => document.visibilityState === "visible" && document.hasFocus()

/** Hears when that may have changed. Gives back how to stop. */
export const onAttention = (listener: () => void): (() => void) => {
  document.addEventListener("visibilitychange", listener)
  window.addEventListener("focus", listener)
  window.addEventListener("blur", listener)
  return () => {
    document.removeEventListener("visibilitychange", listener)
    window.removeEventListener("focus", listener)
    window.removeEventListener("blur", listener)
  }
}
