// Pieces of Markdown from the generated JSON documents.
import { Predicate } from "effect"

export type Json = { readonly [key: string]: unknown }

export const isJson = (value: unknown): value is Json => Predicate.isObject(value)
export const object = (value: unknown): Json => (isJson(value) ? value : {})
export const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])
export const text = (value: unknown): string => (typeof value === "string" ? value : "")

const cell = (value: string | number) => String(value).replaceAll("|", "\\|").replaceAll("\n", " ")

export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string | number>>): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.map(cell).join(" | ")} |`).join("\n")

export const code = (language: string, content: string): string => `\`\`\`${language}\n${content.trim()}\n\`\`\``

/** `#/components/schemas/User` → `User`. */
const nameOf = (ref: string) => ref.slice(ref.lastIndexOf("/") + 1)

/** The type of a JSON Schema in a few words. */
export const typeOf = (schema: unknown): string => {
  if (!isJson(schema)) return "any JSON"
  if (typeof schema.$ref === "string") return nameOf(schema.$ref)
  if ("const" in schema) return `\`${JSON.stringify(schema.const)}\``
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(" or ")
  if (Array.isArray(schema.anyOf) && schema.anyOf.some((one) => typeOf(one) !== "any JSON")) {
    return schema.anyOf.map(typeOf).join(" or ")
  }
  if (Array.isArray(schema.prefixItems)) return `[${schema.prefixItems.map(typeOf).join(", ")}]`
  if (schema.type === "array") return `array of ${typeOf(schema.items)}`
  if (schema.type === "object" && isJson(schema.additionalProperties)) {
    return `object of ${typeOf(schema.additionalProperties)}`
  }
  return text(schema.type) || "any JSON"
}

/** A table of an object's fields. */
export const fieldTable = (schema: Json): string => {
  const required = new Set(list(schema.required))
  return table(
    ["field", "type", ""],
    Object.entries(object(schema.properties)).map(([name, field]) => [
      `\`${name}\`${required.has(name) ? "" : "?"}`,
      typeOf(field),
      text(object(field).description),
    ]),
  )
}
