// Keys that belong to an input method (a candidate window of Japanese, Chinese, Korean) have no other effect anywhere
// on the page.

/** Safari sends the Enter that ends a composition after its end, recognisable only by its `keyCode`. */
const ofInputMethod = ({ isComposing, keyCode }: KeyboardEvent): boolean => isComposing || keyCode === 229

/** Runs before every other listener of the page. Returns a function that stops it. */
export const guardComposition = (): (() => void) => {
  const guard = (event: KeyboardEvent) => {
    if (!ofInputMethod(event)) return
    event.stopImmediatePropagation()
    // The key neither submits a form nor closes a dialog.
    if (event.key === "Enter" || event.key === "Escape") event.preventDefault()
  }
  window.addEventListener("keydown", guard, true)
  return () => window.removeEventListener("keydown", guard, true)
}
