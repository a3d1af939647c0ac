// Data that programs attach to a thing: a JSON object that the server stores and returns without interpreting it.
import { Schema } from "effect"
import type { Json } from "./Json.ts"

const maxBytes = 4096
/** Deeper objects are refused before anything recursive reads them. */
const maxDepth = 32

const isObject = (value: Json): value is Extract<Json, object> => typeof value === "object" && value !== null
const isStorable = (value: Json): boolean =>
  typeof value !== "string" || (value.isWellFormed() && !value.includes("\0"))

/** Level by level, so that no depth exhausts the stack. */
const flaw = (custom: Json): string | undefined => {
  let level: ReadonlyArray<Json> = [custom]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= maxDepth) return `must not be nested deeper than ${maxDepth}`
    const below: Array<Json> = []
    for (const value of level) {
      if (!isObject(value)) continue
      for (const [key, item] of Object.entries(value)) {
        if (!isStorable(key) || !isStorable(item)) return "NUL and lone surrogates are not allowed"
        if (isObject(item)) below.push(item)
      }
    }
    level = below
  }
  const bytes = new TextEncoder().encode(JSON.stringify(custom)).length
  return bytes > maxBytes ? `must have at most ${maxBytes} bytes of JSON` : undefined
}

export const Custom = Schema.Record(Schema.String, Schema.Json)
  .check(Schema.makeFilter((custom) => flaw(custom)))
  .annotate({ examples: [{ ticket: 4711 }] })
export type Custom = typeof Custom.Type
