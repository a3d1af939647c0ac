// Names as they are searched, on the server and in the page: ignoring case, accents and Unicode form. Owns the
// definition of a word.

/** Letters without a decomposition, as they are typed on other keyboards; and the final form of sigma. */
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

/** Accents, and invisible signs: joiners, directions, variants. */
const unseen = /[\p{M}\p{Cf}]+/gu

export const folded = (text: string): string =>
  text
    .normalize("NFKD")
    .replace(unseen, "")
    .toLowerCase()
    // The lower case of some letters has an accent.
    .replace(unseen, "")
    .replace(/[ıłøđßæœþðς’]/g, (letter) => letters[letter] ?? letter)

/** Characters of user names belong to a word, and so do apostrophes and signs such as emoji. */
const between = /[^\p{L}\p{N}\p{S}_.'-]+/u

/** The beginning of a word inside a part without spaces: `smith` in `john_smith`, and each ideograph. */
const beginnings = /(?<![\p{L}\p{N}])[\p{L}\p{N}]|\p{Script=Han}/gu

/** No user name is longer; longer words are truncated. */
const longestWord = 40
/** For one user. Only names of signs with long decompositions have more. */
const mostWords = 80

const parts = (text: string): ReadonlyArray<string> =>
  folded(text)
    .split(between)
    .filter((part) => part !== "")

/** At most this number of code points, without splitting one. */
const shortened = (word: string): string =>
  word.length <= longestWord ? word : [...word.slice(0, 2 * longestWord)].slice(0, longestWord).join("").toWellFormed()

/** All words that a query may match. */
export const searchWords = (...names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const words = new Set<string>()
  for (const part of names.flatMap(parts)) {
    words.add(shortened(part))
    for (const { index } of part.matchAll(beginnings)) words.add(shortened(part.slice(index)))
  }
  return [...words].slice(0, mostWords)
}

/** The words of a query, without prefixes of others. None: the query is empty or has no letter, number or sign. */
export const queryWords = (query: string): ReadonlyArray<string> => {
  const words = [...new Set(parts(query).map(shortened))]
  return words.filter((word) => !words.some((other) => other !== word && other.startsWith(word)))
}

/** Whether each word of the query begins a word of one of the names; an empty query matches all. */
export const matches = (query: string, ...names: ReadonlyArray<string>): boolean => {
  const wanted = queryWords(query)
  if (wanted.length === 0) return query.trim() === ""
  const found = searchWords(...names)
  return wanted.every((word) => found.some((other) => other.startsWith(word)))
}
