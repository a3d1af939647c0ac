// Names as they are searched for: whatever case, accents and Unicode form.

/** Letters that no decomposition takes apart, as people type them who do not have them. */
const letters: Readonly<Record<string, string>> = {
  ı: "i",
  ł: "l",
  ø: "o",
  đ: "d",
  ß: "ss",
  æ: "ae",
  œ: "oe",
  þ: "th",
  ð: "d",
}

export const folded = (text: string): string =>
  text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase()
    .replace(/\p{M}+/gu, "")
    .replace(/[ıłøđßæœþð]/g, (letter) => letters[letter] ?? letter)

const words = (text: string): ReadonlyArray<string> => folded(text).match(/[\p{L}\p{N}_]+/gu) ?? []

/** Whether each word of the query begins a word of one of the names. */
export const matches = (query: string, ...names: ReadonlyArray<string>): boolean => {
  const wanted = words(query)
  if (wanted.length === 0)
    return folded(query).trim() === "" || names.some((name) => folded(name).includes(folded(query).trim()))
  const found = names.flatMap(words)
  return wanted.every((word) => found.some((other) => other.startsWith(word)))
}
