// The emoji that the page offers, as its build makes them, and how they are found.
import { describe, expect, it } from "vitest"
import { canonicalEmoji } from "../../src/domain/Emoji.ts"
import { findEmoji } from "../../web/chat/reactions/findEmoji.ts"
import { quickEmoji, withRecent } from "../../web/chat/reactions/quickEmoji.ts"
import { toned } from "../../web/chat/reactions/skinTones.ts"
import { emojiList } from "../../web/emojiModule.ts"

const english = emojiList("en")
const russian = emojiList("ru")
const codes = (list: typeof english, query: string, preferred: ReadonlyArray<string> = []) =>
  findEmoji(list, query, 5, preferred).map(({ emoji }) => emoji)

describe("emoji", () => {
  it("are the same in both languages, and the server takes each of them, in each skin tone", () => {
    expect(russian.map(([emoji]) => emoji)).toEqual(english.map(([emoji]) => emoji))
    expect(english.length).toBeGreaterThan(1_800)
    const refused = english.flatMap(([emoji, , , , , hasTones]) => {
      const all = hasTones === 1 ? [emoji, ...[1, 2, 3, 4, 5].map((tone) => toned(emoji, tone))] : [emoji]
      return all.filter((one) => canonicalEmoji(one) !== one)
    })
    expect(refused).toEqual([])
    expect(english.filter((row) => row[5] === 1).length).toBeGreaterThan(200)
  })

  it("are found by short code first, then by name, then by tag", () => {
    expect(codes(english, "tada")[0]).toBe("🎉")
    expect(codes(english, "+1")[0]).toBe("👍")
    expect(codes(english, "smi").length).toBe(5)
    expect(codes(english, "rocket")[0]).toBe("🚀")
    expect(codes(russian, "ракета")[0]).toBe("🚀")
    expect(codes(russian, "rocket")[0]).toBe("🚀")
    expect(codes(english, "nothing of this name")).toEqual([])
    // Of those that fit as well, the ones used before.
    const [, second] = codes(english, "heart_")
    expect(codes(english, "heart_", [second ?? ""])[0]).toBe(second)
  })

  it("that are offered first are four favourites, then the last used, each once", () => {
    expect(quickEmoji([], 6)).toEqual(["👍", "❤️", "😂", "🎉"])
    expect(quickEmoji(["🚀", "👍", "🦊", "🐢"], 6)).toEqual(["👍", "❤️", "😂", "🎉", "🚀", "🦊"])
    expect(withRecent(["a", "b"], "b")).toEqual(["b", "a"])
    expect(withRecent(Array.from({ length: 30 }, String), "x").length).toBe(24)
  })
})
