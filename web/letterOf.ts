/** The letter of a key; on a keyboard without Latin letters: the Latin letter of the same key. */
export const letterOf = ({ code, key }: { readonly code: string; readonly key: string }): string =>
  (/^[a-z]$/i.test(key) ? key : code.replace(/^Key/, "")).toLowerCase()
