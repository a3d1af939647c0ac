// Builds the emoji of one language from emojibase-data, as the module `virtual:emoji/en` or `virtual:emoji/ru`, so that
// the page loads them from its own server and only when they are needed.
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import type { Plugin } from "vite"
import { canonicalEmoji } from "../src/domain/Emoji.ts"
import type { EmojiList, EmojiRow } from "./chat/reactions/findEmoji.ts"
import { toned } from "./chat/reactions/skinTones.ts"

/** Newer emoji are missing in the fonts of systems that are still in use. */
const newestVersion = 15.1

interface Skin {
  readonly emoji: string
  readonly tone?: number | ReadonlyArray<number>
}

interface Entry {
  readonly hexcode: string
  readonly emoji: string
  readonly label: string
  readonly tags?: ReadonlyArray<string>
  readonly group?: number
  readonly order?: number
  readonly version: number
  readonly skins?: ReadonlyArray<Skin>
}

type Shortcodes = Readonly<Record<string, string | ReadonlyArray<string>>>

const require = createRequire(import.meta.url)
const read = <A>(path: string): A => JSON.parse(readFileSync(require.resolve(`emojibase-data/${path}`), "utf8"))

const listed = (value: string | ReadonlyArray<string> | undefined): ReadonlyArray<string> =>
  value === undefined ? [] : typeof value === "string" ? [value] : value

/** Its skin tones are those that the page makes from it. */
const hasTones = ({ skins }: Entry, emoji: string): boolean => {
  const single = (skins ?? []).filter(({ tone }) => typeof tone === "number")
  return single.length === 5 && single.every((skin) => skin.emoji === toned(emoji, Number(skin.tone)))
}

/** Short codes are English in every language: this is what people have learned elsewhere. */
export const emojiList = (language: string): EmojiList => {
  const sets = ["github", "emojibase"].map((name) => read<Shortcodes>(`en/shortcodes/${name}.json`))
  const entries = read<ReadonlyArray<Entry>>(`${language}/data.json`)
    .filter(({ group, version }) => group !== undefined && version <= newestVersion)
    .sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
  return entries.flatMap((entry): ReadonlyArray<EmojiRow> => {
    // As the server writes it: with a variation selector only where the emoji needs one.
    const emoji = canonicalEmoji(entry.emoji)
    if (emoji === undefined) return []
    const codes = new Set(sets.flatMap((set) => listed(set[entry.hexcode])))
    const tags = new Set(entry.tags ?? [])
    return [[emoji, entry.label, [...tags].join(), [...codes].join(), entry.group ?? 0, hasTones(entry, emoji) ? 1 : 0]]
  })
}

const prefix = "virtual:emoji/"

export const emojiModule = (): Plugin => ({
  name: "emoji",
  resolveId: (id) => (id.startsWith(prefix) ? `\0${id}` : null),
  load: (id) =>
    id.startsWith(`\0${prefix}`)
      ? `export default JSON.parse(${JSON.stringify(JSON.stringify(emojiList(id.slice(prefix.length + 1))))})`
      : null,
})
