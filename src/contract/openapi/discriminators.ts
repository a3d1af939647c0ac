// Completes unions in the OpenAPI document: where one property has another constant in each member, generators learn
// from it which member a value is. Derived from the schemas, so that no union is listed.
import { isJson } from "./schemas.ts"

type Json = Record<string, unknown>

const prefix = "#/components/schemas/"

/** The name of the component, if the schema is only a reference to one. */
const nameOf = (schema: unknown): string | undefined =>
  isJson(schema) && typeof schema.$ref === "string" && schema.$ref.startsWith(prefix)
    ? schema.$ref.slice(prefix.length)
    : undefined

/** The properties with one possible value. */
const constantsOf = (schema: unknown): ReadonlyMap<string, string> => {
  if (!isJson(schema) || !isJson(schema.properties) || !Array.isArray(schema.required)) return new Map()
  const { required } = schema
  return new Map(
    Object.entries(schema.properties).flatMap(([name, property]) => {
      if (!isJson(property) || !required.includes(name)) return []
      return typeof property.const === "string" ? [[name, property.const] as const] : []
    }),
  )
}

const discriminatorOf = (members: ReadonlyArray<unknown>, components: Json): Json | undefined => {
  const names = members.flatMap((member) => nameOf(member) ?? [])
  if (names.length < 2 || names.length < members.length) return undefined
  const constants = names.map((name) => constantsOf(components[name]))
  for (const property of constants[0]?.keys() ?? []) {
    const mapping = Object.fromEntries(
      constants.flatMap((of, i) => {
        const value = of.get(property)
        return value === undefined ? [] : [[value, `${prefix}${names[i]}`]]
      }),
    )
    if (Object.keys(mapping).length === names.length) return { propertyName: property, mapping }
  }
  return undefined
}

/** The same document with `oneOf` and `discriminator` where a property tells the members apart. */
export const withDiscriminators = (value: unknown, components: Json): unknown => {
  if (Array.isArray(value)) return value.map((entry) => withDiscriminators(entry, components))
  if (!isJson(value)) return value
  const out: Json = {}
  for (const [key, entry] of Object.entries(value)) {
    const discriminator = key === "anyOf" && Array.isArray(entry) ? discriminatorOf(entry, components) : undefined
    if (discriminator === undefined) out[key] = withDiscriminators(entry, components)
    else Object.assign(out, { oneOf: entry, discriminator })
  }
  return out
}
