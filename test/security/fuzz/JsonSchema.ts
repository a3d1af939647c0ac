// Does a value fit a JSON Schema? As much of the language as the OpenAPI document uses, and a complaint about the rest.
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

export type Definitions = Readonly<Record<string, JsonSchema>>

const ignored = new Set(["description", "title", "examples", "default", "format"])

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const list = (value: unknown): ReadonlyArray<JsonSchema> => (Array.isArray(value) ? value : [])

const typeOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : Number.isInteger(value) ? "integer" : typeof value

/** The definition that a `$ref` names, else the schema itself. */
export const resolve = (schema: JsonSchema, definitions: Definitions): JsonSchema =>
  typeof schema.$ref === "string"
    ? resolve(definitions[schema.$ref.replace(/^.*\//, "")] ?? { unknown: schema.$ref }, definitions)
    : schema

/** What does not fit, with its place; empty: all does. */
export const misfits = (
  schema: JsonSchema,
  value: unknown,
  definitions: Definitions,
  place = "$",
): ReadonlyArray<string> => {
  const { anyOf, ...rest } = resolve(schema, definitions)
  const found: Array<string> = []
  const wrong = (what: string) =>
    found.push(`${place}: ${what}, is ${(JSON.stringify(value) ?? "absent").slice(0, 80)}`)
  if (Array.isArray(anyOf)) {
    const branches = list(anyOf).map((branch) => misfits(branch, value, definitions, place))
    if (!branches.some((branch) => branch.length === 0)) wrong(`fits none of ${branches.flat().join("; ")}`)
  }
  for (const [keyword, rule] of Object.entries(rest)) {
    if (keyword === "type") {
      const type = typeOf(value)
      const types: ReadonlyArray<unknown> = Array.isArray(rule) ? rule : [rule]
      if (!types.includes(type) && !(types.includes("number") && type === "integer"))
        wrong(`must be ${types.join(" or ")}`)
    } else if (keyword === "enum") {
      if (!list(rule).some((one) => one === value)) wrong(`must be one of ${JSON.stringify(rule)}`)
    } else if (keyword === "const") {
      if (rule !== value) wrong(`must be ${JSON.stringify(rule)}`)
    } else if (keyword === "allOf") {
      for (const one of list(rule)) found.push(...misfits(one, value, definitions, place))
    } else if (keyword === "oneOf") {
      const branches = list(rule).map((branch) => misfits(branch, value, definitions, place))
      const fitting = branches.filter((branch) => branch.length === 0).length
      if (fitting !== 1) wrong(`fits ${fitting} of ${branches.flat().join("; ")}`)
    } else if (keyword === "discriminator") {
      const { mapping, propertyName } = rule as { readonly mapping: object; readonly propertyName: string }
      const name = isObject(value) ? value[propertyName] : undefined
      const [, $ref] = Object.entries(mapping).find(([one]) => one === name) ?? []
      if ($ref === undefined) wrong(`has no member of the union in ${propertyName}`)
      else found.push(...misfits({ $ref }, value, definitions, place))
    } else if (keyword === "required") {
      if (isObject(value)) for (const key of list(rule)) if (!Object.hasOwn(value, String(key))) wrong(`has no ${key}`)
    } else if (keyword === "properties") {
      if (!isObject(value) || !isObject(rule)) continue
      for (const [key, one] of Object.entries(rule))
        if (Object.hasOwn(value, key) && isObject(one))
          found.push(...misfits(one, value[key], definitions, `${place}.${key}`))
    } else if (keyword === "additionalProperties") {
      const declared = isObject(rest.properties) ? rest.properties : {}
      for (const [key, one] of isObject(value) ? Object.entries(value) : []) {
        if (Object.hasOwn(declared, key)) continue
        if (rule === false) wrong(`may not have ${key}`)
        else if (isObject(rule)) found.push(...misfits(rule, one, definitions, `${place}.${key}`))
      }
    } else if (keyword === "items") {
      if (Array.isArray(value) && isObject(rule))
        value.forEach((one, i) => {
          found.push(...misfits(rule, one, definitions, `${place}[${i}]`))
        })
    } else if (typeof rule === "number" && keyword === "minimum") {
      if (typeof value === "number" && value < rule) wrong(`must be at least ${rule}`)
    } else if (typeof rule === "number" && keyword === "maximum") {
      if (typeof value === "number" && value > rule) wrong(`must be at most ${rule}`)
    } else if (typeof rule === "number" && keyword === "minLength") {
      if (typeof value === "string" && [...value].length < rule) wrong(`must have ${rule} characters`)
    } else if (typeof rule === "number" && keyword === "maxLength") {
      if (typeof value === "string" && [...value].length > rule) wrong(`must have at most ${rule} characters`)
    } else if (typeof rule === "number" && keyword === "minItems") {
      if (Array.isArray(value) && value.length < rule) wrong(`must have ${rule} items`)
    } else if (typeof rule === "string" && keyword === "pattern") {
      if (typeof value === "string" && !new RegExp(rule, "u").test(value)) wrong(`must match ${rule}`)
    } else if (!ignored.has(keyword)) {
      wrong(`has a schema with ${keyword}, which this checker does not know`)
    }
  }
  return found
}
