import { describe, expect, it } from "vitest"
import { canonicalEmoji } from "../../src/domain/Emoji.ts"

describe("an emoji", () => {
  it.each([
    ["👍", "👍"],
    // U+FE0F is put in where it belongs, and taken away where it does not.
    ["\u2764", "\u2764\uFE0F"],
    ["\u2764\uFE0F", "\u2764\uFE0F"],
    ["👍\uFE0F", "👍"],
    ["\u2764\u200D🔥", "\u2764\uFE0F\u200D🔥"],
    ["🏳\u200D🌈", "🏳\uFE0F\u200D🌈"],
    ["🧔\u200D♂", "🧔\u200D♂\uFE0F"],
    ["👩\u200D❤\u200D👨", "👩\u200D❤\uFE0F\u200D👨"],
    ["🕵🏻\u200D♂", "🕵🏻\u200D♂\uFE0F"],
    ["1\u20E3", "1\uFE0F\u20E3"],
    ["👋🏽", "👋🏽"],
    ["☝\uFE0F🏽", "☝🏽"],
    ["🇺🇦", "🇺🇦"],
    [
      "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}",
      "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}",
    ],
    ["👨\u200D👩\u200D👧\u200D👦", "👨\u200D👩\u200D👧\u200D👦"],
    ["©", "©\uFE0F"],
  ])("%s is one", (text, canonical) => {
    expect(canonicalEmoji(text)).toBe(canonical)
    expect(canonicalEmoji(canonical)).toBe(canonical)
  })

  it.each([
    ["nothing", ""],
    ["a letter", "a"],
    ["a digit", "1"],
    ["two", "👍👎"],
    ["an emoji and text", "👍a"],
    ["a lone skin tone", "🏽"],
    ["a skin tone on what has none", "❤🏽"],
    ["a lone regional indicator", "🇺"],
    ["three regional indicators", "🇺🇦🇺"],
    ["one shown as text", "❤\uFE0E"],
    ["a lone joiner", "\u200D"],
    ["one that ends in a joiner", "👍\u200D"],
    ["a lone selector", "\uFE0F"],
    ["a lone surrogate", "\uD83D"],
    ["a space", " "],
    ["a custom name", ":+1:"],
    ["more than 32 units", Array.from({ length: 12 }, () => "👨").join("\u200D")],
  ])("%s is none", (_, text) => {
    expect(canonicalEmoji(text)).toBeUndefined()
  })
})
