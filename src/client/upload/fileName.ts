// A name that the server takes for a file, as near to its own name as the contract allows.

/** As `FileName` in domain/File.ts, which needs a library. */
const forbidden = /[/\\\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu
const longest = 255
const longestExtension = 32

/** The last part of a path. */
export const baseName = (path: string): string => /[^/\\]*$/.exec(path)?.[0] ?? ""

/** Characters that the server refuses become `_`; a long name keeps its extension. */
export const fileName = (name: string): string => {
  const signs = [...name.toWellFormed().replace(forbidden, "_")]
  if (signs.length <= longest) return signs.join("") || "file"
  const dot = signs.lastIndexOf(".")
  const extension = dot > 0 && signs.length - dot <= longestExtension ? signs.slice(dot) : []
  return [...signs.slice(0, longest - extension.length), ...extension].join("")
}
