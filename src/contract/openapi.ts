// Completes the generated OpenAPI document: a log-in for Swagger's Authorize button, typed parameters, headers of errors,
// hints for forms, and support for future fields.
import { Predicate } from "effect"
import { OpenApi } from "effect/http-api"
import { Api } from "./Api.ts"
import { withDiscriminators } from "./openapi/discriminators.ts"
import { completeParameter } from "./openapi/parameters.ts"
import { isJson, nameList, showExamples, simplify } from "./openapi/schemas.ts"
import { describeFields } from "./openapi/texts.ts"

type Json = Record<string, unknown>

const seconds = { type: "integer", format: "int32" }
const retryAfter = { "Retry-After": { description: "Whole seconds.", required: true, schema: seconds } }

/** An operation that can be refused as too many has these; draft-ietf-httpapi-ratelimit-headers. */
const rateHeaders: Json = {
  "RateLimit-Policy": {
    description:
      "The limits that this request took from: name, quota and the seconds in which as much comes again. Absent where nothing is limited.",
    schema: { type: "string" },
    example: '"requests";q=400;w=4, "messages";q=60;w=2',
  },
  RateLimit: {
    description: "How many are left of each of these limits, and the seconds until all are there again.",
    schema: { type: "string" },
    example: '"requests";r=399;t=1, "messages";r=59;t=1',
  },
}
const rateRefs = Object.fromEntries(
  Object.keys(rateHeaders).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
)

const headers: Record<string, Json> = {
  "401": { "WWW-Authenticate": { required: true, schema: { type: "string", const: "Bearer" } } },
  "429": retryAfter,
  "503": retryAfter,
}

const passwordFlow = (basePath: string) => ({
  type: "oauth2",
  description: "Log in with a user name (or e-mail address) and a password; leave the client fields empty.",
  flows: { password: { tokenUrl: `${basePath}/token`, refreshUrl: `${basePath}/token`, scopes: {} } },
})

const records = (value: unknown): ReadonlyArray<Json> =>
  (Array.isArray(value) ? value : Predicate.isObject(value) ? Object.values(value) : []).filter(isJson)

const completeOperation = (path: string, operation: Json) => {
  // `chats.createChat`: the group is the tag already, and generated clients use this as a function name.
  operation.operationId = String(operation.operationId).replace(/^.*\./, "")
  for (const parameter of records(operation.parameters)) completeParameter(path, parameter)
  if (isJson(operation.responses)) {
    const isLimited = operation.responses["429"] !== undefined
    for (const [status, response] of Object.entries(operation.responses)) {
      if (!isJson(response)) continue
      const own = { ...(isJson(response.headers) ? response.headers : {}), ...headers[status] }
      const isReported = isLimited && /^(?:2|429)/.test(status)
      const all = isReported ? { ...own, ...rateRefs } : own
      if (Object.keys(all).length > 0) response.headers = all
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

/** Completes the document that Effect generates from the API. `basePath` as in the settings. */
const completeDocument = (generated: Json, basePath: string): Json => {
  const document = simplify(generated)
  if (!isJson(document) || !isJson(document.paths) || !isJson(document.components)) return generated
  const { components } = document
  components.headers = rateHeaders
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    records(item).map((operation) => [path, operation] as const),
  )
  for (const [path, operation] of operations) completeOperation(path, operation)
  if (isJson(components.schemas)) {
    const schemas = named(components.schemas)
    hint(schemas)
    for (const { requestBody, responses } of operations.map(([, operation]) => operation)) {
      for (const response of records(responses))
        for (const content of records(response.content)) nameList(content, schemas)
      if (isJson(requestBody)) for (const content of records(requestBody.content)) showExamples(content, schemas)
    }
    describeFields(schemas)
    components.schemas = withDiscriminators(schemas, schemas)
    document.paths = withDiscriminators(document.paths, schemas)
  }
  const schemes = isJson(components.securitySchemes) ? components.securitySchemes : {}
  // As registered by RFC 6750; OpenAPI's official schema allows `bearerFormat` with no other spelling.
  if (isJson(schemes.bearer)) schemes.bearer.scheme = "bearer"
  components.securitySchemes = {
    oauth2: passwordFlow(basePath),
    ...(isJson(components.securitySchemes) ? components.securitySchemes : {}),
  }
  return document
}

/** The API with what its documents need; apart, so that clients do not carry it. */
export const documentedApi = (basePath = "") =>
  Api.annotateMerge(
    OpenApi.annotations({
      servers: [{ url: basePath || "/", description: "This server" }],
      transform: (document) => completeDocument(document, basePath),
    }),
  )

/** The OpenAPI document; built at each call. `basePath` as in the settings. */
export const makeOpenApi = (basePath = "") => OpenApi.fromApi(documentedApi(basePath))
