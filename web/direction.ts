// The direction of a text.

const fromRight = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/** Whether the last line is right-to-left, by its first letter, as in the browser. */
export const endsFromRight = (text: string): boolean => {
  if (!fromRight.test(text)) return false
  const lines = text.trimEnd()
  const letter = /\p{L}/u.exec(lines.slice(lines.lastIndexOf("\n") + 1))?.[0]
  return letter !== undefined && fromRight.test(letter)
}
