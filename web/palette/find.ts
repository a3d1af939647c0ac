// Finds names by what is typed, forgiving a slip of the finger, in any script.
import uFuzzy from "@leeoniya/ufuzzy"
import { folded } from "../../src/domain/searchWords.ts"

const fuzzy = new uFuzzy({
  unicode: true,
  interSplit: "[^\\p{L}\\d']+",
  intraSplit: "\\p{Ll}\\p{Lu}",
  intraBound: "\\p{L}\\d|\\d\\p{L}|\\p{Ll}\\p{Lu}",
  intraChars: "[\\p{L}\\d']",
  intraContr: "'\\p{L}{1,2}\\b",
  intraIns: 1,
})

/** The items whose names match, the best first, else in their order; all of them for an empty query. */
export const find = <Item>(
  items: ReadonlyArray<Item>,
  nameOf: (item: Item) => string,
  query: string,
): ReadonlyArray<Item> => {
  const wanted = folded(query.trim().replace(/^@/, ""))
  if (wanted === "") return items
  const names = items.map((item) => folded(nameOf(item)))
  const [indexes, info, order] = fuzzy.search(names, wanted, 1)
  if (indexes === null) return []
  const found = order === null ? indexes : order.map((i) => info.idx[i]!)
  return found.flatMap((i) => items[i] ?? [])
}
