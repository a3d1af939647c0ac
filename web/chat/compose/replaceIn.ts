// Replaces a part of a text field as typing does: it can be undone, and the field reports it.

export interface Replacement {
  readonly from: number
  readonly to: number
  readonly text: string
  /** What is selected afterwards. */
  readonly start: number
  readonly end: number
}

export const replaceIn = (box: HTMLTextAreaElement, { end, from, start, text, to }: Replacement): void => {
  box.focus()
  box.setSelectionRange(from, to)
  // The only way that keeps the browser's list of changes to undo.
  if (!document.execCommand("insertText", false, text)) {
    box.setRangeText(text, from, to, "end")
    box.dispatchEvent(new Event("input", { bubbles: true }))
  }
  box.setSelectionRange(start, end)
}
