// Emoji by the words that name them. Does not know where the list comes from.

/** Emoji, name, tags and short codes (each joined by commas), number of its group, and 1 if it has skin tones. */
export type EmojiRow = readonly [string, string, string, string, number, 0 | 1]
export type EmojiList = ReadonlyArray<EmojiRow>

export interface FoundEmoji {
  readonly emoji: string
  readonly name: string
  /** Its first short code. */
  readonly code: string
}

const wordStart = (text: string, query: string): boolean => {
  const at = text.indexOf(query)
  return at === 0 || (at > 0 && /[\s,_-]/.test(text[at - 1]!))
}

/** Lower is better; undefined: not found. */
const rank = ([, name, tags, codes]: EmojiRow, query: string): number | undefined => {
  const all = `,${codes},`
  if (all.includes(`,${query},`)) return 0
  if (all.includes(`,${query}`)) return 1
  const label = name.toLowerCase()
  if (label.startsWith(query)) return 2
  if (wordStart(label, query) || wordStart(codes, query)) return 3
  return wordStart(tags.toLowerCase(), query) ? 4 : undefined
}

/** The emoji that a word's beginning names, the best first; `preferred` ones before others that fit as well. */
export const findEmoji = (
  list: EmojiList,
  written: string,
  limit: number,
  preferred: ReadonlyArray<string> = [],
): ReadonlyArray<FoundEmoji> => {
  const query = written.toLowerCase()
  const found: Array<readonly [number, number, EmojiRow]> = []
  for (const row of list) {
    const at = rank(row, query)
    if (at !== undefined) found.push([at, preferred.includes(row[0]) ? 0 : 1, row])
  }
  return found
    .sort(([a, b], [c, d]) => a - c || b - d)
    .slice(0, limit)
    .map(([, , [emoji, name, , codes]]) => ({ emoji, name, code: codes.split(",")[0] ?? "" }))
}
