// Keys within a message that has the focus: left and right lead through its buttons and links, Escape back to it.

/** Returns whether the key had this effect. */
export const moveWithin = (line: HTMLElement, key: string): boolean => {
  const here = document.activeElement
  if (key === "Escape") {
    if (here === line) return false
    line.focus({ preventScroll: true })
    return true
  }
  if (key !== "ArrowRight" && key !== "ArrowLeft") return false
  const all = [line, ...line.querySelectorAll<HTMLElement>("a, button")]
  const at = all.indexOf(here as HTMLElement)
  const next = all[key === "ArrowRight" ? at + 1 : at - 1]
  if (at < 0 || next === undefined) return false
  next.focus({ preventScroll: true })
  return true
}
