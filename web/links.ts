// Finds web addresses in what people write. Gives pieces of text, never markup: only http and https become links.

export type Piece = { readonly text: string } | { readonly text: string; readonly href: string }

const pattern = /\b(?:https?:\/\/|www\.)[^\s<>"'`\u00ab\u00bb\u201c\u201d]+/giu

/** Leaves out the full stop, the comma and the unmatched bracket that end a sentence, not an address. */
const trimmed = (match: string): string => {
  let end = match.length
  for (;;) {
    const last = match[end - 1]
    if (last === undefined) break
    if (".,;:!?…*_~".includes(last)) end--
    else if (last === ")" && !match.slice(0, end).includes("(")) end--
    else if (last === "]" && !match.slice(0, end).includes("[")) end--
    else if (last === "}") end--
    else break
  }
  return match.slice(0, end)
}

const safeHref = (text: string): string | undefined => {
  try {
    const url = new URL(/^www\./i.test(text) ? `https://${text}` : text)
    return (url.protocol === "http:" || url.protocol === "https:") && url.hostname.includes(".") === true
      ? url.href
      : url.hostname === "localhost"
        ? url.href
        : undefined
  } catch {
    return undefined
  }
}

/** The text in pieces, in order; joined they are the text. */
export const pieces = (text: string): ReadonlyArray<Piece> => {
  if (!/https?:\/\/|www\./i.test(text)) return [{ text }]
  const found: Array<Piece> = []
  let at = 0
  for (const match of text.matchAll(pattern)) {
    const link = trimmed(match[0])
    const href = safeHref(link)
    if (href === undefined) continue
    if (match.index > at) found.push({ text: text.slice(at, match.index) })
    found.push({ text: link, href })
    at = match.index + link.length
  }
  if (at < text.length) found.push({ text: text.slice(at) })
  return found
}

// Not \p{RGI_Emoji}: that one takes a second to compile.
const emoji =
  "(?:\\p{Regional_Indicator}{2}|\\p{Extended_Pictographic}[\\p{Emoji_Modifier}\\uFE0F]?(?:\\u200D\\p{Extended_Pictographic}[\\p{Emoji_Modifier}\\uFE0F]?)*)"
const onlyEmoji = new RegExp(`^(?:${emoji} ?){1,3}$`, "u")

/** One to three emoji and nothing else: shown large. */
export const isOnlyEmoji = (text: string): boolean =>
  text.length <= 40 && text.charCodeAt(0) > 0x2000 && onlyEmoji.test(text.trimEnd())
