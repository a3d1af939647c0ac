// What part of a file an answer has, by the conditions and the range of its request (RFC 9110, sections 13 and 14).
// Files never change, so they have strong tags and no time of a last change.
import type { ByteRange } from "../../blobs/Blobs.ts"

export type Wanted =
  | { readonly _tag: "Whole" | "NotModified" | "PreconditionFailed" | "Unsatisfiable" }
  | { readonly _tag: "Part"; readonly range: ByteRange }

/** By names in lower case. */
type Headers = Readonly<Record<string, string | undefined>>

/** `tag` is an ETag with its quotes. */
const names = (list: string, tag: string, weakly: boolean): boolean =>
  list.trim() === "*" ||
  [...list.matchAll(/(W\/)?("[^"]*")/g)].some(([, weak, each]) => each === tag && (weakly || weak === undefined))

/** `undefined`: to be ignored: another unit, malformed, or more than one range. */
const rangeOf = (header: string, size: number): ByteRange | "Unsatisfiable" | undefined => {
  const [, from = "", to = ""] = /^\s*bytes=\s*(\d*)-(\d*)\s*$/i.exec(header) ?? []
  if (from === "") {
    if (to === "") return undefined
    const length = Math.min(Number(to), size)
    return length === 0 ? "Unsatisfiable" : { first: size - length, last: size - 1 }
  }
  const [first, last] = [Number(from), to === "" ? size - 1 : Number(to)]
  if (to !== "" && last < first) return undefined
  return first >= size ? "Unsatisfiable" : { first, last: Math.min(last, size - 1) }
}

/** `size` in bytes, at least 1. */
export const wanted = (
  method: string,
  headers: Headers,
  { size, tag }: { readonly size: number; readonly tag: string },
): Wanted => {
  const ifMatch = headers["if-match"]
  if (ifMatch !== undefined && !names(ifMatch, tag, false)) return { _tag: "PreconditionFailed" }
  const ifNoneMatch = headers["if-none-match"]
  if (ifNoneMatch !== undefined && names(ifNoneMatch, tag, true)) return { _tag: "NotModified" }
  const ifRange = headers["if-range"]
  if (headers.range === undefined || method !== "GET" || (ifRange !== undefined && ifRange.trim() !== tag)) {
    return { _tag: "Whole" }
  }
  const range = rangeOf(headers.range, size)
  if (range === undefined) return { _tag: "Whole" }
  return range === "Unsatisfiable" ? { _tag: range } : { _tag: "Part", range }
}
