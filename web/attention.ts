// Whether the page is visible and has the keyboard focus.

export const hasAttention = (): boolean => document.visibilityState === "visible" && document.hasFocus()

/** Calls back when that may have changed. Returns a function that stops it. */
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
