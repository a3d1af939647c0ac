// JSON as a TypeScript type, and its limits as input.
import { Schema } from "effect"

export type Json = null | boolean | number | string | ReadonlyArray<Json> | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/** The maximum nesting; deeper values could exhaust a reader's stack. */
const deepest = 64

const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes("\0")

const problemOf = (value: unknown, depth: number): string | undefined => {
  if (typeof value === "string") return isStorable(value) ? undefined : "NUL and lone surrogates are not allowed"
  if (typeof value === "number") return Number.isFinite(value) ? undefined : "numbers must be finite"
  if (typeof value === "boolean" || value === null) return undefined
  if (typeof value !== "object") return "must be JSON"
  if (depth === deepest) return `must not be nested more than ${deepest} times`
  for (const [key, entry] of Object.entries(value)) {
    const problem = problemOf(key, depth) ?? problemOf(entry, depth + 1)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Any JSON that can be stored and returned unchanged. */
export const AnyJson = Schema.Unknown.check(Schema.makeFilter<unknown>((value) => problemOf(value, 0)))

/** The same text for equal values, whatever the order of their fields. */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_, entry: unknown) =>
    typeof entry === "object" && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  )
