// Parses `application/x-www-form-urlencoded` strictly: what a lenient parser would guess is refused.

const decode = (text: string) => decodeURIComponent(text.replaceAll("+", " "))

const storable = (text: string) => text.isWellFormed() && !text.includes("\0")

/**
 * The fields by name; undefined when the form is malformed: invalid percent-encoding or UTF-8, NUL, a repeated field. A
 * field without a value counts as absent (RFC 6749 §3.1).
 */
export const parseForm = (text: string): ReadonlyMap<string, string> | undefined => {
  const fields = new Map<string, string>()
  for (const pair of text.split("&")) {
    if (pair === "") continue
    const at = pair.indexOf("=")
    try {
      const name = decode(at === -1 ? pair : pair.slice(0, at))
      const value = at === -1 ? "" : decode(pair.slice(at + 1))
      if (fields.has(name) || !storable(name) || !storable(value)) return undefined
      fields.set(name, value)
    } catch {
      return undefined
    }
  }
  for (const [name, value] of fields) if (value === "") fields.delete(name)
  return fields
}

/** The first parameter of a query string that is not valid text: invalid percent-encoding or UTF-8, NUL. */
export const malformedParameter = (query: string): string | undefined => {
  if (!query.includes("%")) return undefined
  for (const pair of query.split("&")) {
    try {
      if (storable(decode(pair))) continue
    } catch {}
    return pair.split("=", 1)[0] ?? ""
  }
  return undefined
}
