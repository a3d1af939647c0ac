// The emoji that are offered first: four favourites of everybody, then those that this browser used last.
const favourites = ["👍", "❤️", "😂", "🎉"] as const
const key = "confab.recentEmoji"
const kept = 24

export const withRecent = (recent: ReadonlyArray<string>, emoji: string): ReadonlyArray<string> =>
  [emoji, ...recent.filter((other) => other !== emoji)].slice(0, kept)

/** For a browser without storage; lasts as long as the page. */
let here: ReadonlyArray<string> = []

/** The emoji used last, the last one first. */
export const recentEmoji = (): ReadonlyArray<string> => {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? "[]")
    return Array.isArray(stored) ? stored.filter((one) => typeof one === "string" && one.length <= 32) : here
  } catch {
    // Forbidden or damaged: what this page knows is all there is.
    return here
  }
}

export const keepRecent = (emoji: string): void => {
  here = withRecent(recentEmoji(), emoji)
  try {
    localStorage.setItem(key, JSON.stringify(here))
  } catch {
    // Full or forbidden.
  }
}

export const quickEmoji = (recent: ReadonlyArray<string>, count: number): ReadonlyArray<string> =>
  [...new Set([...favourites, ...recent])].slice(0, count)
