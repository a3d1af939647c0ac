// Names as they are searched for, on the server and in the page: whatever the case, accents and Unicode form. Owns what a word is.

/** Letters that no decomposition takes apart, as people type them who do not have them; and the second form of sigma. */
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
  ς: "σ",
  "’": "'",
}

/** Accents, and signs that are not seen: joiners, directions, variants. */
const unseen = /[\p{M}\p{Cf}]+/gu

export const folded = (text: string): string =>
  text
    .normalize("NFKD")
    .replace(unseen, "")
    .toLowerCase()
    // Some letters have their lower case only with an accent.
    .replace(unseen, "")
    .replace(/[ıłøđßæœþðς’]/g, (letter) => letters[letter] ?? letter)

/** What user names are made of belongs to a word, and so do apostrophes and signs such as emoji. */
const between = /[^\p{L}\p{N}\p{S}_.'-]+/u

/** Where a word begins inside a part without spaces: `smith` in `john_smith`, and each ideograph. */
const beginnings = /(?<![\p{L}\p{N}])[\p{L}\p{N}]|\p{Script=Han}/gu

/** No user name is longer; of longer words the beginning counts. */
const longestWord = 40
/** Of one person. Names that have more are made of signs which decompose into many. */
const mostWords = 80

const parts = (text: string): ReadonlyArray<string> =>
  folded(text)
    .split(between)
    .filter((part) => part !== "")

/** At most so many code points, none of them torn. */
const shortened = (word: string): string =>
  word.length <= longestWord ? word : [...word.slice(0, 2 * longestWord)].slice(0, longestWord).join("").toWellFormed()

/** All that a query may begin. */
export const searchWords = (...names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const words = new Set<string>()
  for (const part of names.flatMap(parts)) {
    words.add(shortened(part))
    for (const { index } of part.matchAll(beginnings)) words.add(shortened(part.slice(index)))
  }
  return [...words].slice(0, mostWords)
}

/** The words of a query; one that begins another says nothing more. None: the query is empty or has no letter, number or sign. */
export const queryWords = (query: string): ReadonlyArray<string> => {
  const words = [...new Set(parts(query).map(shortened))]
  return words.filter((word) => !words.some((other) => other !== word && other.startsWith(word)))
}

/** Whether each word of the query begins a word of one of the names; an empty query fits all. */
export const matches = (query: string, ...names: ReadonlyArray<string>): boolean => {
  const wanted = queryWords(query)
  if (wanted.length === 0) return query.trim() === ""
  const found = searchWords(...names)
  return wanted.every((word) => found.some((other) => other.startsWith(word)))
}
