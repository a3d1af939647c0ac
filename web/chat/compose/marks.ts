// The marks that keys put around the selected text, and links that are pasted over it. Knows no field.
import { pieces } from "../../links.ts"
import type { Replacement } from "./replaceIn.ts"

export type Mark = "**" | "_" | "`"

/** Puts the marks around the selection, or takes them away if they are there. Several lines of code become a block. */
export const withMarks = (text: string, start: number, end: number, mark: Mark): Replacement => {
  const selected = text.slice(start, end)
  // Marks hold only next to a sign.
  const from = start + (selected.length - selected.trimStart().length)
  const to = Math.max(from, end - (selected.length - selected.trimEnd().length))
  const inner = text.slice(from, to)
  if (mark === "`" && inner.includes("\n")) {
    const before = from === 0 || text[from - 1] === "\n" ? "```\n" : "\n```\n"
    const after = to === text.length || text[to] === "\n" ? "\n```" : "\n```\n"
    return { from, to, text: before + inner + after, start: from + before.length, end: to + before.length }
  }
  const size = mark.length
  const has = text.slice(from - size, from) === mark && text.slice(to, to + size) === mark && from >= size
  if (has) return { from: from - size, to: to + size, text: inner, start: from - size, end: to - size }
  return { from, to, text: mark + inner + mark, start: from + size, end: to + size }
}

const isAddress = (text: string): boolean => {
  const [piece, ...others] = pieces(text)
  return piece !== undefined && "href" in piece && others.length === 0
}

/**
 * An address pasted over a selection follows it in brackets: links have no text of their own, so the words stay.
 * undefined: it is pasted as ever.
 */
export const withLink = (text: string, start: number, end: number, pasted: string): Replacement | undefined => {
  const [selected, address] = [text.slice(start, end).trimEnd(), pasted.trim()]
  if (selected.trim() === "" || !isAddress(address) || isAddress(selected.trim())) return undefined
  const at = start + selected.length
  const added = ` (${address})`
  return { from: at, to: at, text: added, start: at + added.length, end: at + added.length }
}
