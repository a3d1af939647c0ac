// What stands for a user or a group without a picture.

/** The first letters of the first two words; of a name without letters and digits the first emoji. */
export const initials = (name: string): string => {
  const letters = name.split(/[\s_.-]+/u).flatMap((word) => word.match(/^\P{L}*?([\p{L}\p{N}])/u)?.[1] ?? [])
  if (letters.length > 0) return letters.slice(0, 2).join("").toLocaleUpperCase()
  return name.match(/\p{Extended_Pictographic}/u)?.[0] ?? "?"
}
