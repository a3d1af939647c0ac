// The schemas of the OpenAPI document in the forms that generators of clients know: sizes of integers, nullable types,
// formats, names for pages. Their meaning is that of the schemas with which the server decodes, fewer promises apart.
import { Predicate } from "effect"

type Json = Record<string, unknown>

export const isJson = (value: unknown): value is Json => Predicate.isObject(value)

const distinct = (values: ReadonlyArray<unknown>) => [
  ...new Map(values.map((value) => [JSON.stringify(value), value])).values(),
]

/** `{anyOf: [{type: "string"}, {type: "null"}]}` → `{type: ["string", "null"]}`; references stay. */
const withNullableType = (schema: Json): Json => {
  const { anyOf, ...rest } = schema
  if (!Array.isArray(anyOf) || anyOf.length !== 2 || anyOf[1]?.type !== "null") return schema
  const { type, ...only } = anyOf[0]
  if (!Predicate.isString(type)) return schema
  const values = Array.isArray(only.enum) ? { enum: [...only.enum, null] } : {}
  return { ...rest, type: [type, "null"], ...only, ...values }
}

/** Without a size, generators of typed languages take 32 bits. */
const withSize = (schema: Json): Json => {
  if (schema.type !== "integer" || "format" in schema || "const" in schema) return schema
  const isSmall = typeof schema.maximum === "number" && schema.maximum < 2 ** 31
  return { ...schema, format: isSmall ? "int32" : "int64" }
}

/** One possible value as `const`: for an `enum` generators declare a type. */
const withConstant = (schema: Json): Json => {
  const { enum: values, ...rest } = schema
  if (!Array.isArray(values) || values.length !== 1) return schema
  const [value] = values
  return { ...rest, type: Number.isInteger(value) ? "integer" : rest.type, const: value }
}

/** `Record<string, unknown>`: without `additionalProperties` it would have no property for some generators. */
const withProperties = (schema: Json): Json =>
  schema.type === "object" && !("properties" in schema) && !("additionalProperties" in schema)
    ? { ...schema, additionalProperties: true }
    : schema

/** The same schema as generators know it, open for future fields. */
export const simplify = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(simplify)
  if (!isJson(value)) return value
  const out: Json = {}
  for (const [key, entry] of Object.entries(value)) {
    if (key === "additionalProperties" && entry === false) continue
    // Every integer is in JavaScript's safe range; only narrower bounds are informative.
    if ((key === "minimum" || key === "maximum") && Math.abs(Number(entry)) === Number.MAX_SAFE_INTEGER) continue
    // Checks of one field, each with other keywords.
    if (key === "allOf" && Array.isArray(entry)) Object.assign(out, ...entry.map(simplify))
    else if (key === "$ref" && typeof entry === "string") out[key] = entry.replace(/Encoded$/, "")
    else if (key === "anyOf" && Array.isArray(entry)) out[key] = distinct(entry.map(simplify))
    else out[key] = simplify(entry)
  }
  return withProperties(withConstant(withSize(withNullableType(out))))
}

const nameOfItem = (answer: Json): string | undefined => {
  const items = isJson(answer.properties) ? answer.properties.items : undefined
  const item = isJson(items) && isJson(items.items) ? items.items.$ref : undefined
  return Predicate.isString(item) ? item.replace(/^.*\//, "") : undefined
}

/** The examples of the component, where pages of documents look for them. */
export const showExamples = (content: Json, components: Json): void => {
  const { schema } = content
  const component = isJson(schema) ? components[String(schema.$ref).replace(/^.*\//, "")] : undefined
  if (!isJson(component) || !Array.isArray(component.examples)) return
  content.examples = Object.fromEntries(component.examples.map((value, i) => [`example ${i + 1}`, { value }]))
}

/** Moves the answer's list into the components, named after its items: `UserList`, or `ChatPage` if it has a `next`. */
export const nameList = (content: Json, components: Json): void => {
  const { schema } = content
  const item = isJson(schema) ? nameOfItem(schema) : undefined
  if (!isJson(schema) || item === undefined) return
  const name = `${item}${isJson(schema.properties) && "next" in schema.properties ? "Page" : "List"}`
  components[name] = schema
  content.schema = { $ref: `#/components/schemas/${name}` }
}
