// Finds the code in a message's text: fenced blocks and spans, as clients show them (the contract's Markup).

/** A part of a text: from `start` up to `end`, exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A line that opens or closes a block, also in a quote: its backticks, and the language at the opening. */
const fence = /^(?: {0,3}>)* {0,3}(`{3,})([^`]*)$/

/** Calls `line` for each line from `at` on until it returns true; returns the end of that line, or of the text. */
const untilLine = (text: string, at: number, line: (start: number, content: string) => boolean): number => {
  for (let start = at; start < text.length; ) {
    const newline = text.indexOf("\n", start)
    const end = newline === -1 ? text.length : newline
    if (line(start, text.slice(start, end))) return Math.min(end + 1, text.length)
    start = end + 1
  }
  return text.length
}

/** The end of the block whose first line ends at `at`. An unclosed block reaches to the end of the text. */
const blockEnd = (text: string, at: number, ticks: number): number =>
  untilLine(text, at, (_, content) => {
    const closing = fence.exec(content)
    return closing !== null && closing[1]!.length >= ticks && closing[2]!.trim() === ""
  })

const runAt = (text: string, at: number): number => {
  let end = at
  while (text[end] === "`") end++
  return end - at
}

/** The spans between `from` and `end`: a run of backticks up to the next run of the same length. */
const spansIn = (text: string, from: number, end: number): ReadonlyArray<Span> => {
  const spans: Array<Span> = []
  for (let at = from; at < end; ) {
    if (text[at] === "\\") at += 2
    else if (text[at] !== "`") at++
    else {
      const ticks = runAt(text, at)
      let close = text.indexOf("`", at + ticks)
      while (close !== -1 && close < end && runAt(text, close) !== ticks) {
        close = text.indexOf("`", close + runAt(text, close))
      }
      const closed = close !== -1 && close < end
      if (closed) spans.push({ start: at, end: close + ticks })
      at = closed ? close + ticks : at + ticks
    }
  }
  return spans
}

/** In order, without overlaps. A span does not cross an empty line or a fence. */
export const codeIn = (text: string): ReadonlyArray<Span> => {
  if (!text.includes("`")) return []
  const spans: Array<Span> = []
  for (let at = 0; at < text.length; ) {
    let opening: { readonly start: number; readonly ticks: number } | undefined
    let paragraph = text.length
    const next = untilLine(text, at, (start, content) => {
      const ticks = fence.exec(content)?.[1]?.length
      if (ticks === undefined && content.trim() !== "") return false
      paragraph = start
      opening = ticks === undefined ? undefined : { start, ticks }
      return true
    })
    spans.push(...spansIn(text, at, paragraph))
    at = next
    if (opening === undefined) continue
    at = blockEnd(text, next, opening.ticks)
    spans.push({ start: opening.start, end: at })
  }
  return spans
}
