// Data that programs attach to a thing: a JSON object that the server stores and returns without interpreting it.
import { Schema } from "effect"
import { flawOf, type JsonObject, JsonValue } from "./Json.ts"

const maxBytes = 4096
/** Deeper objects are refused before anything recursive reads them. */
const maxDepth = 32

/** Level by level, so that no depth exhausts the stack. */
const flaw = (custom: JsonObject): string | undefined => {
  let level: ReadonlyArray<object> = [custom]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= maxDepth) return `must not be nested deeper than ${maxDepth}`
    const below: Array<object> = []
    for (const [key, item] of level.flatMap((value): ReadonlyArray<[string, unknown]> => Object.entries(value))) {
      const problem = flawOf(key) ?? flawOf(item)
      if (problem !== undefined) return problem
      if (typeof item === "object" && item !== null) below.push(item)
    }
    level = below
  }
  const bytes = new TextEncoder().encode(JSON.stringify(custom)).length
  return bytes > maxBytes ? `must have at most ${maxBytes} bytes of JSON` : undefined
}

export const Custom = Schema.Record(Schema.String, JsonValue)
  .check(Schema.makeFilter((custom) => flaw(custom)))
  .annotate({ examples: [{ ticket: 4711 }] })
export type Custom = typeof Custom.Type

/** An empty object is none: answers and frames omit empty fields. */
export const filled = (custom: Custom | null | undefined): Custom | undefined =>
  custom === undefined || custom === null || Object.keys(custom).length === 0 ? undefined : custom
