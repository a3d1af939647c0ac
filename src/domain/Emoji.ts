// One emoji as defined by Unicode (UTS #51): recognised by its grammar and not by a list, so that newer emoji are
// accepted too.
import { Schema } from "effect"

/** UTF-16 units. */
const maxLength = 32
const variation = "\uFE0F"
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" })

const flag = /^\p{RI}\p{RI}$/u
const keycap = /^([0-9#*])\uFE0F?\u20E3$/
/** A flag of a subdivision of a country. */
const tagged = /^\u{1F3F4}[\u{E0020}-\u{E007E}]+\u{E007F}$/u
const element =
  /^(?<base>\p{Extended_Pictographic}|\p{Emoji_Presentation})(?:(?<modifier>\p{EMod})|\uFE0F(?<late>\p{EMod})?)?$/u
const lone = /^(?:\p{EMod}|\p{RI})$/u

/** With the variation selectors that belong there, and no others; undefined: not an element of an emoji. */
const canonicalElement = (text: string): string | undefined => {
  if (flag.test(text)) return text
  const { base, modifier, late } = element.exec(text)?.groups ?? {}
  if (base === undefined || lone.test(base) || !/^\p{Emoji}$/u.test(base)) return undefined
  const tone = modifier ?? late
  if (tone !== undefined) return /^\p{EBase}$/u.test(base) ? base + tone : undefined
  return /^\p{Emoji_Presentation}$/u.test(base) ? base : base + variation
}

/** The canonical emoji (a missing U+FE0F is added); undefined: this is not one emoji. */
export const canonicalEmoji = (text: string): string | undefined => {
  if (text === "" || text.length > maxLength || !text.isWellFormed()) return undefined
  const [first] = graphemes.segment(text)
  if (first?.segment !== text) return undefined
  const digit = keycap.exec(text)?.[1]
  if (digit !== undefined) return `${digit}${variation}\u20E3`
  if (tagged.test(text)) return text
  const elements = text.split("\u200D").map(canonicalElement)
  if (elements.some((one) => one === undefined)) return undefined
  const emoji = elements.join("\u200D")
  return emoji.length <= maxLength ? emoji : undefined
}

export const Emoji = Schema.String.check(
  Schema.makeFilter<string>((text) => (canonicalEmoji(text) === undefined ? "must be one emoji" : undefined), {
    toJsonSchema: () => ({ minLength: 1, maxLength }),
  }),
).annotate({ examples: ["👍"] })
