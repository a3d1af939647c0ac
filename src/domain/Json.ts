// JSON as a TypeScript type, and its limits as input.
import { Schema } from "effect"

export type Json = null | boolean | number | string | ReadonlyArray<Json> | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/** The maximum nesting; deeper values could exhaust a reader's stack. */
const deepest = 64

const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes("\0")

/** Why this value cannot be stored as JSON and returned unchanged, whatever an object contains. */
export const flawOf = (value: unknown): string | undefined => {
  if (typeof value === "string") return isStorable(value) ? undefined : "NUL and lone surrogates are not allowed"
  if (typeof value === "number") return Number.isFinite(value) ? undefined : "numbers must be finite"
  return typeof value === "boolean" || typeof value === "object" ? undefined : "must be JSON"
}

const problemOf = (value: unknown, depth: number): string | undefined => {
  const flaw = flawOf(value)
  if (flaw !== undefined || typeof value !== "object" || value === null) return flaw
  if (depth === deepest) return `must not be nested more than ${deepest} times`
  for (const [key, entry] of Object.entries(value)) {
    const problem = flawOf(key) ?? problemOf(entry, depth + 1)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Any JSON that can be stored and returned unchanged. */
export const AnyJson = Schema.Unknown.check(Schema.makeFilter<unknown>((value) => problemOf(value, 0)))

/**
 * Any JSON, of a value that is JSON already or that a check looks at. hot: Effect interprets a decoder as a whole when
 * `Schema.Json` is a part of it.
 */
export const JsonValue = Schema.Unknown as Schema.Codec<Json>

/** The same text for equal values, whatever the order of their fields. */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_, entry: unknown) =>
    typeof entry === "object" && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  )
