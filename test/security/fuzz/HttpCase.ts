// One odd request, made from an operation of the OpenAPI document, and what is wrong with the answer to it.
import type { Random } from "../../faults/Random.ts"
import { type Definitions, type JsonSchema, misfits } from "./JsonSchema.ts"
import { poison, sample, spoil } from "./Poison.ts"
import type { WireAnswer } from "./Wire.ts"
import type { World } from "./World.ts"

export interface Operation {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly secured: boolean
  readonly parameters: ReadonlyArray<{ readonly name: string; readonly in: string }>
  readonly body: { readonly type: string; readonly schema: JsonSchema } | undefined
  /** Status → content type → schema. */
  readonly responses: ReadonlyMap<number, ReadonlyMap<string, JsonSchema>>
}

interface OpenApiOperation {
  readonly operationId: string
  readonly security?: ReadonlyArray<object>
  readonly parameters?: Operation["parameters"]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> }
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>> }>
  >
}

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>
  readonly components: { readonly schemas: Definitions }
}

export const operationsOf = (document: OpenApiDocument): ReadonlyArray<Operation> =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): Operation => {
      const [content] = Object.entries(operation.requestBody?.content ?? {})
      const schemas = (response: OpenApiOperation["responses"][string]) =>
        new Map(Object.entries(response.content ?? {}).map(([type, { schema }]) => [type, schema]))
      return {
        name: operation.operationId,
        method: method.toUpperCase(),
        path,
        secured: (operation.security ?? []).length > 0,
        parameters: operation.parameters ?? [],
        body: content === undefined ? undefined : { type: content[0], schema: content[1].schema },
        responses: new Map(Object.entries(operation.responses).map(([status, one]) => [Number(status), schemas(one)])),
      }
    }),
  )

export interface HttpCase {
  readonly operation: Operation
  readonly method: string
  readonly bytes: ReadonlyArray<Buffer>
  /** Is the client's side ended early? */
  readonly half: boolean
  /** Does it surely reach its operation, so that the answer must be one of those documented there? */
  readonly routed: boolean
}

const oddSegments = [
  ...[
    "0",
    "-1",
    "1.0",
    "1e3",
    "0x1",
    "01",
    "+1",
    "%31",
    "1%20",
    "9007199254740992",
    "9223372036854775808",
    "1".repeat(3_000),
  ],
  ...[
    "%00",
    "%ff",
    "%",
    "%z",
    "%e2%80",
    "%c0%af",
    "..",
    "%2e%2e",
    "..%2f..%2fetc",
    "1%2f2",
    "1;a=b",
    "é",
    "\u0080",
    "null",
  ],
  ...[
    "__proto__",
    "constructor",
    ":id",
    "*",
    "{id}",
    "''",
    '"',
    "<x>",
    "1%0d%0aX:%20y",
    "%f0%9f%91%8d",
    "a".repeat(500),
  ],
]
const oddValues = [
  ...[
    "",
    "0",
    "201",
    "-1",
    "1e2",
    "0x10",
    "%201",
    "1%00",
    "%ff",
    "%",
    "%zz",
    "9".repeat(30),
    "%ed%a0%80",
    "a%26b",
    "null",
  ],
  ...["true", "[]", "%F0%9F%91%8D", "%E2%80%AE", "%", "+", "🙂", "x".repeat(3_000), "'%20or%201=1", "%25", "_", "\\"],
]
const oddMethods = [
  "PUT",
  "TRACE",
  "PROPFIND",
  "get",
  "LOCK",
  "M-SEARCH",
  "HEAD",
  "OPTIONS",
  "FOO",
  "QUERY",
  "SOURCE",
  "PURGE",
]
const oddTypes = [
  ...["", "text/plain", "application/json; charset=utf-16", "application/JSON;", "application/x-www-form-urlencoded"],
  ...[
    "multipart/form-data; boundary=x",
    "application/json, text/html",
    "application/problem+json",
    "*/*",
    "json",
    "\u00ff",
  ],
]
const oddHeaders = (random: Random): ReadonlyArray<string> =>
  random.pick([
    [`X-Big: ${"x".repeat(random.pick([8_000, 15_000]))}`],
    Array.from({ length: 150 }, (_, i) => `X-${i}: ${i}`),
    ["Cookie: confab_access=; confab_access=a; =; ;;", "Cookie: \u00ff=%ff"],
    [`Cookie: ${"a=b; ".repeat(1_500)}`, "Origin: null"],
    ["X-Forwarded-For: \u00ff, ,", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example"],
    [`X-Request-Id: ${"é".repeat(100)}`, "Accept: \u0080", "Accept-Encoding: gzip;q=x, br, *", "Range: bytes=-1"],
    ["Upgrade: h2c", "Connection: upgrade, close, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA"],
    ["traceparent: 00-00000000000000000000000000000000-0000000000000000-ff", "b3: x", "baggage: ;;;=,"],
    ["If-None-Match: *", 'If-Match: "x', "If-Modified-Since: never", "Content-Encoding: gzip", "TE: trailers"],
  ])

const authorizations = (world: World, random: Random): ReadonlyArray<string> =>
  random.pick([
    [],
    ["Authorization:"],
    ["Authorization: Bearer"],
    [`Authorization: Bearer ${world.ada.access_token.slice(0, -4)}AAAA`],
    [`Authorization: Bearer ${world.ada.access_token}, Bearer x`],
    ["Authorization: Bearer eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.eyJzdWIiOiIxIn0."],
    ["Authorization: Basic \u00ff\u00fe"],
    [`Authorization: bearer ${"x".repeat(7_000)}`],
    [`Cookie: confab_access=${world.ada.access_token}`],
  ])

const form = (json: string, random: Random): string => {
  try {
    const fields = Object.entries<unknown>(JSON.parse(json) ?? {}).map(([key, value]) => [key, String(value)])
    const text = new URLSearchParams(fields).toString()
    return random.pick([
      text,
      `${text}&${text}`,
      `${text}&%=%`,
      `${text}&a=%ff`,
      text.replaceAll("=", "=%00"),
      text.slice(0, 9),
    ])
  } catch {
    return json.toWellFormed()
  }
}

const bodyOf = (operation: Operation, definitions: Definitions, world: World, random: Random): Buffer => {
  const { body } = operation
  const json = body === undefined ? poison(random) : sample(body.schema, definitions, random, world.known(random))
  const spoiled = random.chance(0.25) ? json : spoil(json, random)
  const bytes = Buffer.from(body?.type === "application/x-www-form-urlencoded" ? form(spoiled, random) : spoiled)
  if (bytes.length > 2 && random.chance(0.05)) {
    bytes[random.between(1, bytes.length - 1)] = random.pick([0xff, 0xc0, 0x80, 0xed, 0xf8])
  }
  return bytes
}

/** The body with a header for its length, which is sometimes wrong. */
const framing = (
  body: Buffer,
  random: Random,
): { headers: ReadonlyArray<string>; bytes: ReadonlyArray<Buffer>; half: boolean } => {
  const kind = random.between(0, 40)
  const length = (n: number | string) => [`Content-Length: ${n}`]
  const chunk = (part: Buffer) => [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]
  const end = Buffer.from("0\r\n\r\n")
  const chunked = ["Transfer-Encoding: chunked"]
  if (kind === 0) return { headers: length(body.length + 10), bytes: [body], half: true }
  if (kind === 1)
    return {
      headers: length(random.pick(["-1", "1e3", "0x10", "99999999999999999999", ""])),
      bytes: [body],
      half: true,
    }
  if (kind === 2) return { headers: [...length(body.length), ...length(body.length + 1)], bytes: [body], half: true }
  if (kind === 3) return { headers: [...chunked, ...length(body.length)], bytes: [...chunk(body), end], half: true }
  if (kind === 4) return { headers: chunked, bytes: [Buffer.from("zz\r\n"), body], half: true }
  if (kind === 5) return { headers: chunked, bytes: chunk(body), half: true }
  if (kind === 6) return { headers: length(2_000_000), bytes: [body], half: true }
  if (kind === 7)
    return {
      headers: chunked,
      bytes: [...Array.from({ length: 18 }, () => chunk(Buffer.alloc(65_536, 0x20))).flat(), end],
      half: false,
    }
  if (kind <= 11) return { headers: chunked, bytes: [...(body.length === 0 ? [] : chunk(body)), end], half: false }
  return { headers: length(body.length), bytes: [body], half: false }
}

export const newCase = (operation: Operation, definitions: Definitions, world: World, random: Random): HttpCase => {
  const known = world.known(random)
  let routed = true
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    if (operation.path.startsWith("/me/sessions")) return random.pick([world.spare.session_id, "x", "0", "%41"])
    if (random.chance(0.8)) return String(known(name))
    routed = false
    return random.pick(oddSegments)
  })
  const queries = operation.parameters
    .filter((parameter) => parameter.in === "query" && random.chance(0.5))
    .map(({ name }) => `${name}=${random.chance(0.5) ? encodeURIComponent(known(name)) : random.pick(oddValues)}`)
  if (random.chance(0.1))
    queries.push(random.pick(["", "&&=&", "limit=1&limit=2", "__proto__=1", "a[b]=c", "%", "%ff=%ff", "q"]))
  if (queries.length > 0 && random.chance(0.1)) queries.push(...queries)
  const method = random.chance(0.06) ? random.pick(oddMethods) : operation.method
  if (method !== operation.method) routed = false
  const hasBody = operation.body !== undefined || random.chance(0.1)
  const body = hasBody ? framing(bodyOf(operation, definitions, world, random), random) : undefined
  if (body?.half === true) routed = false
  // Log-out with a good token would be the end of the game.
  const good = operation.name === "logOut" ? world.spare.token : world.ada.access_token
  const headers = [
    "Host: 127.0.0.1",
    ...(operation.secured && random.chance(0.9)
      ? [`Authorization: Bearer ${good}`]
      : operation.name === "logOut"
        ? []
        : authorizations(world, random)),
    ...(operation.body === undefined
      ? []
      : random.chance(0.9)
        ? [`Content-Type: ${operation.body.type}`]
        : [`Content-Type: ${random.pick(oddTypes)}`]),
    ...(random.chance(0.1) ? oddHeaders(random) : []),
    ...(body?.headers ?? []),
  ]
  if (!headers.some((line) => line.startsWith("Connection"))) headers.push("Connection: close")
  const query = queries.length === 0 ? "" : `?${queries.join("&")}`
  // Above 16 KiB of headers the route is unknown.
  if (headers.join().length > 14_000) routed = false
  const head = `${method} ${path}${query} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`
  return {
    operation,
    method,
    bytes: [Buffer.from(head, "utf8"), ...(body?.bytes ?? [])],
    half: body?.half ?? false,
    routed,
  }
}

const problem: JsonSchema = {
  type: "object",
  properties: Object.fromEntries(
    ["_tag", "type", "title", "detail"].map((key) => [key, { type: "string", minLength: 1 }]),
  ),
  required: ["_tag", "type", "title", "status", "detail"],
}
/** What only our own insides look like. */
const insides = /node_modules|\.ts:\d|\n\s+at |\bselect .* from\b|SqlError|PgClient|\/work\//i

/** What is wrong with the answer; empty: nothing. */
export const faultsOf = (
  one: HttpCase,
  answer: WireAnswer | undefined,
  definitions: Definitions,
): ReadonlyArray<string> => {
  // A request that the client itself has cut short need not be answered.
  if (answer === undefined) return one.half || one.method === "CONNECT" ? [] : ["no answer"]
  const { status, headers, text } = answer
  if (!(status >= 200 && status < 500)) return [`status ${status}: ${text.slice(0, 300)}`]
  const type = headers.get("content-type")?.split(";")[0] ?? ""
  const found: Array<string> = []
  if (status >= 400 && insides.test(text)) found.push(`shows its insides: ${text.slice(0, 300)}`)
  let body: unknown
  if (/json$/.test(type) && one.method !== "HEAD") {
    try {
      body = JSON.parse(text)
    } catch {
      return [`status ${status} with ${type} that is no JSON: ${text.slice(0, 100)}`]
    }
  }
  const isTokenError = one.operation.name === "issueTokens" && status === 400 && type === "application/json"
  if (status >= 400 && one.method !== "HEAD" && !isTokenError) {
    if (type !== "application/problem+json") found.push(`status ${status} is ${type || "nothing"}, not a problem`)
    found.push(
      ...misfits(
        { ...problem, properties: { ...(problem.properties as object), status: { const: status } } },
        body,
        definitions,
      ),
    )
  }
  if (!one.routed) return found
  const documented = one.operation.responses.get(status)
  if (documented === undefined) return [...found, `status ${status} is not documented: ${text.slice(0, 200)}`]
  const schema = documented.get(type) ?? documented.get(headers.get("content-type") ?? "")
  if (schema === undefined && documented.size > 0) found.push(`status ${status} is not documented as ${type}`)
  if (schema !== undefined && /json$/.test(type)) found.push(...misfits(schema, body, definitions))
  return found
}
