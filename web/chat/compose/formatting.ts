// Keys that put marks around the selected text, and addresses that are pasted over it.
import type { ClipboardEvent, KeyboardEvent } from "react"
import { letterOf } from "../../letterOf.ts"
import { type Mark, withLink, withMarks } from "./marks.ts"
import { replaceIn } from "./replaceIn.ts"

const markOf = (event: KeyboardEvent): Mark | undefined => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return undefined
  const letter = letterOf(event)
  if (event.shiftKey) return letter === "c" ? "`" : undefined
  return letter === "b" ? "**" : letter === "i" ? "_" : undefined
}

/** Returns whether the key was one of these. */
export const formatByKey = (event: KeyboardEvent<HTMLTextAreaElement>): boolean => {
  const mark = markOf(event)
  if (mark === undefined) return false
  event.preventDefault()
  const box = event.currentTarget
  replaceIn(box, withMarks(box.value, box.selectionStart, box.selectionEnd, mark))
  return true
}

export const pasteLink = (event: ClipboardEvent<HTMLTextAreaElement>): void => {
  const box = event.currentTarget
  const replacement = withLink(
    box.value,
    box.selectionStart,
    box.selectionEnd,
    event.clipboardData.getData("text/plain"),
  )
  if (replacement === undefined) return
  event.preventDefault()
  replaceIn(box, replacement)
}
