import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { name, storedName } from "../../src/domain/Name.ts"

const fits = Schema.is(name(16))

describe("a name", () => {
  it.each([
    "Ada",
    "Ада Лавлейс",
    "山田 太郎",
    "مريم",
    // Joiners and selectors where scripts and emoji want them.
    "می\u200cخواهم",
    "क्\u200dष",
    "👩\u200d👧 ❤\uFE0F",
    "🕵🏻\u200d♂\uFE0F",
    "葛\u{E0100}城",
    "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
    "e\u0301".repeat(16),
    "O'Brien-Łódź",
  ])("may be %s", (text) => {
    expect(fits(text)).toBe(true)
  })

  it.each([
    ["nothing", ""],
    ["spaces", " \u00a0\u3000"],
    ["marks alone", "\u0301\u0301"],
    ["a zero width space", "A\u200bda"],
    ["a joiner between Latin letters", "A\u200dda"],
    ["a non-joiner between Latin letters", "A\u200cda"],
    ["a joiner at the end", "👩\u200d"],
    ["a selector after a letter", "A\uFE0Fda"],
    ["a right-to-left override", "Ada\u202Egpj"],
    ["a right-to-left mark", "Ada\u200F"],
    ["an isolate", "\u2067Ada\u2069"],
    ["a control character", "Ada\u0007"],
    ["a line feed", "Ada\nAdmin"],
    ["a line separator", "Ada\u2028Admin"],
    ["a soft hyphen", "Ad\u00ADa"],
    ["a byte order mark", "\uFEFFAda"],
    ["a Hangul filler", "\u3164"],
    ["a filler among letters", "A\u3164da"],
    ["an empty Braille cell", "\u2800"],
    ["tags without a flag", "A\u{E0067}\u{E007F}"],
    ["a grapheme joiner", "A\u034Fda"],
    ["17 characters", "a".repeat(17)],
  ])("may not have %s", (_, text) => {
    expect(fits(text)).toBe(false)
  })

  it("is stored in one form", () => {
    expect(storedName("E\u0301lodie")).toBe("Élodie")
  })
})
