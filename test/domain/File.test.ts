import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { FileName, Waveform } from "../../src/domain/File.ts"

describe("the name of a file", () => {
  const fits = Schema.is(FileName)

  it.each(["a", "see .jpg", "отчёт.pdf", "a'b\"c;d%2F.txt", "..", "👩‍👧.png", "x".repeat(255), "😀".repeat(255)])(
    "may be %s",
    (name) => {
      expect(fits(name)).toBe(true)
    },
  )

  it.each([
    "",
    "a/b",
    "a\\b",
    "a\nb",
    "a\u0000b",
    "a\u0085b",
    "a\u2028b",
    "gpj.\u202eexe",
    "a\ud800b",
    "x".repeat(256),
    "😀".repeat(256),
  ])("may not be %j", (name) => {
    expect(fits(name)).toBe(false)
  })
})

describe("a waveform", () => {
  const fits = Schema.is(Waveform)
  const of = (bytes: number) => Buffer.alloc(bytes, 7).toString("base64")

  it.each([1, 2, 3, 63, 64])("may be %d bytes in base64", (bytes) => {
    expect(fits(of(bytes))).toBe(true)
  })

  it.each(["", of(65), of(66), "AAA", "AA=A", "====", "A===", "AAA-", "<svg/>"])("may not be %j", (text) => {
    expect(fits(text)).toBe(false)
  })
})
