// Skin tones of emoji: 1 is the lightest, 5 the darkest.
export const tones = ["none", "light", "medium-light", "medium", "medium-dark", "dark"] as const
export type Tone = (typeof tones)[number]

/** The emoji in this tone: its modifier follows the first sign and takes the place of a variation selector. */
export const toned = (emoji: string, tone: number): string => {
  const [first = "", ...rest] = emoji
  if (rest[0] === "\uFE0F") rest.shift()
  return `${first}${String.fromCodePoint(0x1f3fa + tone)}${rest.join("")}`
}

const key = "confab.skinTone"

/** The one that this browser used last. */
export const keptTone = (): Tone => {
  try {
    const kept = localStorage.getItem(key)
    return tones.find((tone) => tone === kept) ?? "none"
  } catch {
    return "none"
  }
}

export const keepTone = (tone: Tone): void => {
  try {
    localStorage.setItem(key, tone)
  } catch {
    // Full or forbidden: it lasts as long as the window.
  }
}
