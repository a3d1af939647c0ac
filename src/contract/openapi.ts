// Completes the generated OpenAPI document: a log-in for Swagger's Authorize button, numeric parameters, headers of
// errors, hints for forms, and support for future fields.
import { Predicate } from "effect"
import { withDiscriminators } from "./discriminators.ts"
import { Limits } from "./Limits.ts"

type Json = Record<string, unknown>

const id = { type: "integer", format: "int64", minimum: 1, maximum: Number.MAX_SAFE_INTEGER }
const position = { type: "integer", format: "int64", minimum: 0, maximum: Number.MAX_SAFE_INTEGER }
const limit = { type: "integer", minimum: 1, maximum: Limits.page.max, default: Limits.page.default }

const numbers: Record<string, Json> = {
  limit,
  offset: { ...position, default: 0 },
  before: position,
  after: position,
  id,
  user_id: id,
  chat_id: id,
}

/** Parameters that are text in spite of their name. */
const texts: Record<string, Json> = {
  "/chats before": { type: "string", description: "`next` of the page before." },
  "/me/sessions/{id} id": { type: "string", format: "uuid" },
}

const integer = { type: "integer" }
const retryAfter = { "Retry-After": { description: "Whole seconds.", required: true, schema: integer } }
const headers: Record<string, Json> = {
  "401": { "WWW-Authenticate": { required: true, schema: { type: "string", const: "Bearer" } } },
  "429": retryAfter,
  "503": retryAfter,
}

const passwordFlow = {
  type: "oauth2",
  description: "Log in with a user name (or e-mail address) and a password; leave the client fields empty.",
  flows: { password: { tokenUrl: "/token", refreshUrl: "/token", scopes: {} } },
}

const records = (value: unknown): ReadonlyArray<Json> =>
  (Array.isArray(value) ? value : Predicate.isObject(value) ? Object.values(value) : []).filter(isJson)

const isJson = (value: unknown): value is Json => Predicate.isObject(value)

const completeParameter = (path: string, parameter: Json) => {
  const name = String(parameter.name)
  const schema = texts[`${path} ${name}`] ?? numbers[name]
  if (schema !== undefined) parameter.schema = schema
}

const completeOperation = (path: string, operation: Json) => {
  // `chats.createChat`: the group is the tag already, and generated clients use this as a function name.
  operation.operationId = String(operation.operationId).replace(/^.*\./, "")
  for (const parameter of records(operation.parameters)) completeParameter(path, parameter)
  if (isJson(operation.responses)) {
    for (const [status, response] of Object.entries(operation.responses)) {
      if (isJson(response) && headers[status] !== undefined) response.headers = headers[status]
    }
  }
  if (Array.isArray(operation.security) && operation.security.length > 0) {
    operation.security = [{ oauth2: [] }, ...operation.security]
  }
  if (isJson(operation.requestBody) && path === "/refresh") operation.requestBody.required = false
  if (isJson(operation.responses) && path === "/token") {
    // RFC 6749 defines the only 400 of this path.
    const invalid = operation.responses["400"]
    if (isJson(invalid) && isJson(invalid.content)) {
      invalid.description = "RFC 6749 §5.2"
      delete invalid.content["application/problem+json"]
    }
  }
}

/**
 * The same schema without what generators cannot know: fields may be added, and `null` needs to be listed only once.
 */
const relax = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(relax)
  if (!isJson(value)) return value
  const out: Json = {}
  for (const [key, entry] of Object.entries(value)) {
    if (key === "additionalProperties" && entry === false) continue
    // Every integer is in JavaScript's safe range; only narrower bounds are informative.
    if (key === "minimum" && entry === Number.MIN_SAFE_INTEGER) continue
    if (key === "maximum" && value.minimum === Number.MIN_SAFE_INTEGER && entry === Number.MAX_SAFE_INTEGER) continue
    if (key === "$ref" && typeof entry === "string") out[key] = entry.replace(/Encoded$/, "")
    else if (key === "anyOf" && Array.isArray(entry)) out[key] = distinct(entry.map(relax))
    else out[key] = relax(entry)
  }
  return out
}

const distinct = (values: ReadonlyArray<unknown>) => [
  ...new Map(values.map((value) => [JSON.stringify(value), value])).values(),
]

const named = (schemas: Json): Json =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name.replace(/Encoded$/, ""), schema]))

/** The meaning of patterns, for people and forms. */
const hints: Record<string, Record<string, Json>> = {
  SignUp: {
    username: { pattern: "^[a-zA-Z0-9_.-]{3,32}$", description: "Unique whatever the case." },
    email: { format: "email", description: "Unique whatever the case." },
    password: { format: "password" },
  },
  Login: { login: { description: "User name or e-mail address." }, password: { format: "password" } },
  TokenRequest: { password: { format: "password" }, username: { description: "User name or e-mail address." } },
}

const hint = (schemas: Json) => {
  for (const [name, fields] of Object.entries(hints)) {
    const schema = schemas[name]
    if (!isJson(schema) || !isJson(schema.properties)) continue
    for (const [field, more] of Object.entries(fields)) {
      const property = schema.properties[field]
      if (isJson(property)) Object.assign(property, more)
    }
  }
}

/** Completes the document that Effect generates from the API. */
export const completeDocument = (generated: Json): Json => {
  const document = relax(generated)
  if (!isJson(document) || !isJson(document.paths) || !isJson(document.components)) return generated
  for (const [path, item] of Object.entries(document.paths)) {
    for (const operation of records(item)) completeOperation(path, operation)
  }
  const { components } = document
  if (isJson(components.schemas)) {
    const schemas = named(components.schemas)
    hint(schemas)
    components.schemas = withDiscriminators(schemas, schemas)
    document.paths = withDiscriminators(document.paths, schemas)
  }
  const schemes = isJson(components.securitySchemes) ? components.securitySchemes : {}
  // As registered by RFC 6750; OpenAPI's official schema allows `bearerFormat` with no other spelling.
  if (isJson(schemes.bearer)) schemes.bearer.scheme = "bearer"
  components.securitySchemes = {
    oauth2: passwordFlow,
    ...(isJson(components.securitySchemes) ? components.securitySchemes : {}),
  }
  return document
}
