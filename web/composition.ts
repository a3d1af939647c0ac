// Keys that belong to an input method (a candidate window of Japanese, Chinese, Korean) do nothing else, anywhere on the page.

/** Safari sends the Enter that ends a composition after it has ended, marked by its `keyCode` alone. */
const ofInputMethod = ({ isComposing, keyCode }: KeyboardEvent): boolean => isComposing || keyCode === 229

/** Comes before every other listener of the page. Gives back how to stop. */
export const guardComposition = (): (() => void) => {
  const guard = (event: KeyboardEvent) => {
    if (!ofInputMethod(event)) return
    event.stopImmediatePropagation()
    // Neither submits a form nor closes a dialog.
    if (event.key === "Enter" || event.key === "Escape") event.preventDefault()
  }
  window.addEventListener("keydown", guard, true)
  return () => window.removeEventListener("keydown", guard, true)
}
