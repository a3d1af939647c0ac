// The keys of a list of messages: up and down move between them; left and right lead through the buttons and links of the
// one with the focus, and Escape back to it.
import type { KeyboardEvent } from "react"

/** Moves the focus to the next or previous of the elements that `stops` selects. Returns whether the key was meant for it. */
export const moveBetween = (event: KeyboardEvent, log: HTMLElement, stops: string): boolean => {
  if ((event.key !== "ArrowUp" && event.key !== "ArrowDown") || event.altKey) return false
  const lines = [...log.querySelectorAll<HTMLElement>(stops)]
  const line = document.activeElement?.closest<HTMLElement>(stops)
  const at = line ? lines.indexOf(line) : lines.length
  const next = lines[event.key === "ArrowUp" ? at - 1 : at + 1]
  event.preventDefault()
  next?.focus({ preventScroll: true })
  next?.scrollIntoView({ block: "nearest" })
  return true
}

/** The message whose menu the key opens: the one with the focus. */
export const menuLine = (event: KeyboardEvent): HTMLElement | undefined => {
  const line = event.target
  const opens = event.key === "Enter" || event.key === " " || event.key === "ContextMenu"
  return opens && line instanceof HTMLElement && line.dataset.entry !== undefined ? line : undefined
}

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
