// Addresses in messages: found, trimmed, and never anything but http and https.
import { describe, expect, it } from "vitest"
import { endsFromRight } from "../../web/direction.ts"
import { isOnlyEmoji, pieces } from "../../web/links.ts"

const links = (text: string) => pieces(text).flatMap((piece) => ("href" in piece ? [piece.text] : []))

describe("links in text", () => {
  it("end before the punctuation of the sentence and keep brackets of their own", () => {
    expect(links("See https://example.org/a, and (https://example.org/b).")).toEqual([
      "https://example.org/a",
      "https://example.org/b",
    ])
    expect(links("https://example.org/wiki/Chat_(software)")).toEqual(["https://example.org/wiki/Chat_(software)"])
    expect(links("www.example.org!")).toEqual(["www.example.org"])
  })

  it("are http and https alone", () => {
    for (const text of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://", "https://x"]) {
      expect(links(text)).toEqual([])
    }
    expect(pieces("www.example.org")).toEqual([
      { text: "www.example.org", href: "https://www.example.org/", host: undefined },
    ])
  })

  it("end where they end in Chinese and Japanese, and begin without a space before them", () => {
    expect(links("请看https://example.org/a。然后")).toEqual(["https://example.org/a"])
    expect(links("（https://example.org/b）、「https://example.org/日本」です")).toEqual([
      "https://example.org/b",
      "https://example.org/日本",
    ])
    expect(links("xhttps://example.org")).toEqual([])
  })

  it("say where they lead when they look as if they led elsewhere", () => {
    const host = (text: string) => pieces(text).flatMap((piece) => ("href" in piece ? [piece.host] : []))
    expect(host("https://www.bank.example@evil.example/login")).toEqual(["evil.example"])
    expect(host("http://user:password@evil.example/")).toEqual(["evil.example"])
    expect(host("https://\u0430\u0440\u0440\u04cf\u0435.com/")).toEqual(["xn--80ak6aa92e.com"])
    expect(host("https://p\u0430ypal.com/")).toEqual(["xn--pypal-4ve.com"])
    expect(host("https://пример.рф/ https://bücher.example https://例え.jp/ https://example.org")).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })

  it("leave the text whole, whatever it is", () => {
    const parts = ["https://a.example/", "www.b.example", " ", "(", ")", '"', "<b>", "😀", "привет", "javascript:", "."]
    for (let seed = 1; seed < 400; seed++) {
      const text = Array.from({ length: 8 }, (_, i) => parts[(seed * (i + 3) * 7919) % parts.length]).join("")
      expect(
        pieces(text)
          .map((piece) => piece.text)
          .join(""),
      ).toBe(text)
    }
  })
})

describe("a message's last line", () => {
  it("runs as its first letter does", () => {
    expect(["שלום", "3 שלום (ok)", "English\nשלום\n", "سلام"].map(endsFromRight)).toEqual([true, true, true, true])
    expect(
      ["", "Hello שלום", "שלום\nEnglish", "שלום\n123", "https://example.org/שלום", "日本"].map(endsFromRight),
    ).toEqual([false, false, false, false, false, false])
  })
})

describe("a message of emoji alone", () => {
  it("is one to three of them, and no digits", () => {
    expect(["👍", "❤️", "👨‍👩‍👧 🎉", "🇫🇮"].map(isOnlyEmoji)).toEqual([true, true, true, true])
    expect(["", "1", "#", "👍 ok", "👍👍👍👍", "hello"].map(isOnlyEmoji)).toEqual([
      false,
      false,
      false,
      false,
      false,
      false,
    ])
  })
})
