// Finds web addresses in message texts. Returns pieces of text, never markup: only http and https become links.
import { LinkifyIt } from "linkify-it"

/** `host`: the real target of the link, if its text looks like another one. */
export type Piece =
  | { readonly text: string }
  | { readonly text: string; readonly href: string; readonly host: string | undefined }

// Finds the beginning of an address here: in languages without spaces a letter may precede it. The library finds its
// end.
const beginning = /(?<![a-z0-9])(?:https?:\/\/|www\.)/giu
const linkify = new LinkifyIt({ urlAuth: true })

/** The length of the address at `at`; 0 when there is none. */
const lengthAt = (text: string, at: number, start: string): number => {
  if (start.toLowerCase() === "www.") {
    const rest = linkify.testSchemaAt(`//${text.slice(at, at + 2_048)}`, "//", 2)
    return rest
  }
  const scheme = start.slice(0, start.indexOf(":") + 1).toLowerCase()
  const rest = linkify.testSchemaAt(text, scheme, at + scheme.length)
  return rest === 0 ? 0 : scheme.length + rest
}

/** Names that look like a well-known one through letters of another alphabet. */
const isLookAlike = (label: string, topLevel: string): boolean => {
  if (!/[\p{Script=Cyrillic}\p{Script=Greek}]/u.test(label)) return false
  return /\p{Script=Latin}/u.test(label) || /^[a-z]+$/i.test(topLevel)
}

const trueHost = (url: URL, text: string): string | undefined => {
  if (url.username !== "" || url.password !== "") return url.host
  const shown = /^(?:https?:\/\/)?([^/?#:]*)/i.exec(text)?.[1]?.normalize("NFKC") ?? ""
  const labels = shown.split(/[.\u3002]/)
  return labels.slice(0, -1).some((label) => isLookAlike(label, labels.at(-1) ?? "")) ? url.host : undefined
}

const toPiece = (text: string): Piece | undefined => {
  try {
    const url = new URL(/^www\./i.test(text) ? `https://${text}` : text)
    const leads = (url.protocol === "http:" || url.protocol === "https:") && /\.|^localhost$/.test(url.hostname)
    return leads ? { text, href: url.href, host: trueHost(url, text) } : undefined
  } catch {
    return undefined
  }
}

/** The text in pieces, in order; concatenated they are the text. */
export const pieces = (text: string): ReadonlyArray<Piece> => {
  if (!/https?:\/\/|www\./i.test(text)) return [{ text }]
  const found: Array<Piece> = []
  let at = 0
  for (const match of text.matchAll(beginning)) {
    if (match.index < at) continue
    const link = toPiece(text.slice(match.index, match.index + lengthAt(text, match.index, match[0])))
    if (link === undefined) continue
    if (match.index > at) found.push({ text: text.slice(at, match.index) })
    found.push(link)
    at = match.index + link.text.length
  }
  if (at < text.length) found.push({ text: text.slice(at) })
  return found
}

// Not \p{RGI_Emoji}: it takes a second to compile.
const emoji =
  "(?:\\p{Regional_Indicator}{2}|\\p{Extended_Pictographic}[\\p{Emoji_Modifier}\\uFE0F]?(?:\\u200D\\p{Extended_Pictographic}[\\p{Emoji_Modifier}\\uFE0F]?)*)"
const onlyEmoji = new RegExp(`^(?:${emoji} ?){1,3}$`, "u")

/** Whether the text is one to three emoji, which are shown large. */
export const isOnlyEmoji = (text: string): boolean =>
  text.length <= 40 && text.charCodeAt(0) > 0x2000 && onlyEmoji.test(text.trimEnd())
