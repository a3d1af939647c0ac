// The documents: valid OpenAPI, complete, usable by generators; their pages load nothing from other servers.
import { createHash } from "node:crypto"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { validate } from "@apidevtools/swagger-parser"
import { assert, describe, it, layer } from "@effect/vitest"
import { createConfig, lintFromString } from "@redocly/openapi-core"
import { Validator } from "@seriousme/openapi-schema-validator"
import { Effect, Layer } from "effect"
import { HttpRouter } from "effect/http"
import { makeOpenApi } from "../../src/contract/openapi.ts"
import { shownTypes } from "../../src/domain/File.ts"
import { Username } from "../../src/domain/User.ts"
import { pageRoutes } from "../../src/http/pages/webPages.ts"
import { HttpEdge } from "../../src/http/server/EdgeServer.ts"
import { serverLayer } from "../../src/http/server/Server.ts"
import * as Http from "../support/http.ts"

const document = makeOpenApi()
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  (["get", "post", "put", "patch", "delete"] as const).flatMap((method) => {
    const operation = item[method]
    return operation === undefined ? [] : [{ name: `${method.toUpperCase()} ${path}`, operation }]
  }),
)

interface Json {
  readonly [key: string]: unknown
}
const schemas = document.components.schemas as Record<string, { readonly properties?: Record<string, Json> }>
/** An object with fields, and no component. */
const isInline = (schema: Json): boolean =>
  "properties" in schema || (schema.type === "array" && isInline(schema.items as Json))

/** protocol.md, sections 1 to 3 and 7 to 9. */
const routes = `
  POST /users, POST /token, POST /login, POST /refresh, POST /logout, GET /me, PATCH /me, DELETE /me, GET /me/export, POST /me/password,
  GET /me/sessions, DELETE /me/sessions/{id}, GET /users, GET /users/{id}, GET /me/unread, POST /me/read, GET /me/mentions,
  POST /chats, GET /chats, GET /chats/{id}, PATCH /chats/{id}, DELETE /chats/{id}, GET /chats/{id}/members, POST /chats/{id}/members,
  PATCH /chats/{id}/members/{user_id}, DELETE /chats/{id}/members/{user_id},
  POST /chats/{id}/messages, POST /messages, GET /chats/{id}/messages, GET /history/{chat_id}, GET /messages/recent,
  GET /messages, GET /messages/{id}, PATCH /messages/{id}, DELETE /messages/{id}, POST /messages/{id}/read, GET /messages/{id}/readers,
  GET /messages/{id}/thread, GET /messages/{id}/edits,
  PUT /messages/{id}/reactions/{emoji}, DELETE /messages/{id}/reactions/{emoji}, GET /messages/{id}/reactions,
  PUT /messages/{id}/pin, DELETE /messages/{id}/pin, GET /chats/{id}/pins,
  POST /files, GET /files/{id}, GET /files/{id}/thumb, POST /files/{id}/link, GET /me/files, DELETE /files/{id}, GET /chats/{id}/files,
  GET /me/state, PUT /me/state/{key}, DELETE /me/state/{key}, POST /chats/{id}/scheduled,
  GET /health, GET /ready, GET /metrics, GET /service, GET /.well-known/jwks.json`
  .split(",")
  .map((route) => route.trim())

const open = [
  "POST /users",
  "POST /token",
  "POST /login",
  "POST /refresh",
  "GET /health",
  "GET /ready",
  "GET /metrics",
  "GET /service",
  "GET /.well-known/jwks.json",
]

describe("the OpenAPI document", () => {
  it("is valid OpenAPI 3.1 for two validators", async () => {
    assert.match(document.openapi, /^3\.1\./)
    await validate(structuredClone(document) as never)
    assert.deepStrictEqual(await new Validator().validate({ ...structuredClone(document) }), { valid: true })
  })

  it("satisfies a linter's recommended rules without exception, and describes every parameter", async () => {
    const config = await createConfig({ extends: ["recommended-strict"], rules: { "parameter-description": "error" } })
    const problems = await lintFromString({
      source: JSON.stringify(document),
      absoluteRef: join(tmpdir(), "openapi.json"),
      config,
    })
    assert.deepStrictEqual(
      problems.map(({ location, message }) => `${location[0]?.pointer}: ${message}`),
      [],
    )
  })

  it("describes every field that has no type of its own", () => {
    const missing = Object.entries(schemas).flatMap(([name, { properties = {} }]) =>
      Object.entries(properties)
        .filter(([, property]) => !("$ref" in property) && property.description === undefined)
        .map(([field]) => `${name}.${field}`),
    )
    assert.deepStrictEqual(missing, [])
  })

  it("has types that generators know: 64 bits, null as a type, dates, maps, constants", () => {
    const { ChatFile, ChatNotFound, Link, Message, OwnFiles, ProfileChange } = schemas
    assert.deepInclude(Message?.properties?.id, { type: "integer", format: "int64" })
    assert.deepInclude(OwnFiles?.properties?.used_bytes, { type: "integer", format: "int64" })
    assert.deepInclude(Message?.properties?.reply_to, { type: ["integer", "null"], format: "int64" })
    assert.deepInclude(Message?.properties?.edited_at, { type: ["string", "null"], format: "date-time" })
    assert.deepInclude(ChatFile?.properties?.created_at, { type: "string", format: "date-time" })
    assert.deepInclude(Message?.properties?.custom, { type: "object", additionalProperties: true })
    assert.deepInclude(ProfileChange?.properties?.custom, { type: ["object", "null"], additionalProperties: true })
    assert.deepInclude(ChatNotFound?.properties?._tag, { type: "string", const: "ChatNotFound" })
    assert.deepInclude(Link?.properties?.expires_at, { type: "string", format: "date-time" })
    const text = JSON.stringify(document)
    assert.notInclude(text, '"allOf"')
    for (const [integer] of text.matchAll(/\{[^{}]*"type":"integer"[^{}]*\}/g))
      assert.match(integer, /"format"|"const"/)
  })

  it("has a name for what each operation takes and gives", () => {
    const inline = operations.flatMap(({ name, operation: { requestBody, responses } }) =>
      [requestBody, ...Object.values(responses)].flatMap((part) =>
        Object.values(part?.content ?? {}).flatMap(({ schema }) =>
          isInline(schema as Json) ? [`${name}: ${JSON.stringify(schema)}`] : [],
        ),
      ),
    )
    assert.deepStrictEqual(inline, [])
    assert.containsAllKeys(schemas, ["UserList", "SessionList", "ChatPage", "MessageList", "ReaderList", "ReadMark"])
  })

  it("has every route, each with a summary, a tag and an id of its own", () => {
    assert.sameMembers(
      operations.map(({ name }) => name),
      routes,
    )
    for (const { name, operation } of operations) {
      assert.isNotEmpty(operation.summary, name)
      assert.strictEqual(operation.tags.length, 1, name)
    }
    assert.strictEqual(new Set(operations.map(({ operation }) => operation.operationId)).size, operations.length)
  })

  it("names operations by verbs, which generated clients use as function names", () => {
    const verb =
      /^(?:add|change|count|create|delete|edit|end|export|get|issue|list|log|mark|pin|put|react|read|refresh|remove|schedule|search|send|sign|unpin|unreact|upload)(?:[A-Z]|$)/
    const names = operations.map(({ operation }) => operation.operationId)
    assert.deepStrictEqual(
      names.filter((name) => !verb.test(name)),
      [],
    )
  })

  it("shows the examples of bodies where the pages look for them", () => {
    const { content } = operations.find(({ name }) => name === "POST /chats/{id}/messages")?.operation.requestBody ?? {}
    assert.deepNestedInclude(content, { "application/json.examples.example 1.value.text": "Hello" } as never)
  })

  it("says by which property the members of a union are told apart", () => {
    const { NewChat } = document.components.schemas
    const mapping = { group: "NewGroup", private: "NewPrivateChat", saved: "NewSavedChat" }
    assert.deepInclude(NewChat, {
      discriminator: {
        propertyName: "type",
        mapping: Object.fromEntries(
          Object.entries(mapping).map(([type, name]) => [type, `#/components/schemas/${name}`]),
        ),
      },
    })
    for (const { name, operation } of operations) {
      for (const [status, response] of Object.entries(operation.responses)) {
        const schema: { readonly anyOf?: unknown; readonly oneOf?: unknown } | undefined =
          response.content?.["application/problem+json"]?.schema
        assert.notProperty(schema ?? {}, "anyOf", `${name} ${status}`)
        if (schema?.oneOf !== undefined) assert.nestedPropertyVal(schema, "discriminator.propertyName", "_tag")
      }
    }
  })

  it("says who needs a token and by which ways", () => {
    for (const { name, operation } of operations) {
      const expected = open.includes(name) ? [] : [{ oauth2: [] }, { bearer: [] }, { cookie: [] }]
      assert.deepStrictEqual(operation.security, expected, name)
      if (expected.length > 0) assert.property(operation.responses, "401", name)
    }
    assert.nestedPropertyVal(document.components.securitySchemes, "oauth2.flows.password.tokenUrl", "/token")
  })

  it("names 201 and 200 where both can be", () => {
    for (const name of ["POST /chats", "POST /messages", "POST /chats/{id}/messages"]) {
      const found = operations.find((operation) => operation.name === name)
      assert.includeMembers(Object.keys(found?.operation.responses ?? {}), ["200", "201"], name)
    }
  })

  it("names the statuses and the types of files that are read", () => {
    for (const [name, types] of [
      ["GET /files/{id}", ["application/octet-stream", ...shownTypes]],
      ["GET /files/{id}/thumb", ["image/webp"]],
    ] as const) {
      const responses = operations.find((operation) => operation.name === name)?.operation.responses
      for (const status of [200, 206]) assert.hasAllKeys(responses?.[status]?.content, types, `${name} ${status}`)
      assert.deepStrictEqual(responses?.[304], { description: "The client has it already" }, name)
    }
  })

  it("shows every error as a problem with its tag, but RFC 6749's own", () => {
    for (const { name, operation } of operations) {
      for (const [status, response] of Object.entries(operation.responses)) {
        if (Number(status) < 400) continue
        const types = Object.keys(response.content ?? {})
        const expected = name === "POST /token" && status === "400" ? "application/json" : "application/problem+json"
        assert.deepStrictEqual(types, [expected], `${name} ${status}`)
      }
    }
    assert.property(document.components.schemas, "ChatNotFound")
    assert.notMatch(JSON.stringify(document), /Encoded"/)
  })

  it("has numbers in paths and queries as numbers", () => {
    const parameters = operations.flatMap(({ operation }) => operation.parameters)
    for (const { name, schema } of parameters.filter(({ name }) => /^(limit|offset|user_id|chat_id)$/.test(name))) {
      assert.propertyVal(schema, "type", "integer", name)
    }
    const schemaOf = (name: string, parameter: string) =>
      operations
        .find((operation) => operation.name === name)
        ?.operation.parameters.find(({ name }) => name === parameter)?.schema
    assert.propertyVal(schemaOf("GET /chats/{id}/messages", "around"), "type", "integer")
    assert.propertyVal(schemaOf("POST /files", "duration_ms"), "type", "integer")
    // Opaque positions.
    for (const [name, parameter] of [
      ["GET /me/state", "after"],
      ["GET /messages/{id}/reactions", "before"],
      ["GET /chats", "before"],
    ] as const)
      assert.propertyVal(schemaOf(name, parameter), "type", "string", name)
    const limit = parameters.find(({ name }) => name === "limit")
    assert.deepInclude(limit?.schema, { minimum: 1, maximum: 200, default: 50 })
  })

  it("contain the pattern of the domain", () => {
    const text = JSON.stringify(document.components.schemas.SignUp)
    const [, source] = /(\[a-zA-Z0-9.*?\]\{3,32\})/.exec(JSON.stringify(Username.ast, patterns)) ?? []
    assert.isString(source)
    assert.include(text, `^${source}$`)
  })
})

const patterns = (_key: string, value: unknown) => (value instanceof RegExp ? value.source : value)

describe("the pages", () => {
  layer(Http.layer())("of the documents", (it) => {
    it.effect("are served with the document that the code makes", () =>
      Effect.gen(function* () {
        const answer = yield* Http.send("GET", "/openapi.json")
        assert.strictEqual(answer.headers["content-type"], "application/json")
        assert.deepStrictEqual(answer.body, JSON.parse(JSON.stringify(document)))
      }),
    )

    it.effect("run the scripts that are in them and no others", () =>
      Effect.gen(function* () {
        for (const path of ["/docs", "/redoc"]) {
          const { status, headers, text } = yield* Http.send("GET", path)
          assert.strictEqual(status, 200)
          const policy = String(headers["content-security-policy"])
          const scripts = [...text.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script = ""]) => script)
          assert.strictEqual(scripts.length, 1)
          const hash = createHash("sha256")
            .update(scripts[0] ?? "")
            .digest("base64")
          assert.include(policy, `script-src 'self' 'sha256-${hash}';`)
          assert.notMatch(policy, /script-src[^;]*unsafe/)
          assert.notMatch(text.replace(scripts[0] ?? "", ""), /(?:src|href)="?https?:/)
        }
      }),
    )

    it.effect("bring ReDoc's script themselves, without its CDN", () =>
      Effect.gen(function* () {
        const { status, headers, text } = yield* Http.send("GET", "/redoc/redoc.standalone.js")
        assert.deepStrictEqual([status, headers["content-type"]], [200, "text/javascript; charset=utf-8"])
        assert.isAbove(text.length, 100_000)
        assert.notInclude(text, "cdn.redoc.ly")
      }),
    )

    it.effect("are generated once, and compressed for clients that accept it", () =>
      Effect.gen(function* () {
        const first = yield* Http.send("GET", "/docs")
        const headers = { "if-none-match": String(first.headers.etag) }
        const again = yield* Http.send("GET", "/docs", { headers })
        assert.deepStrictEqual([again.status, again.text], [304, ""])
        const zipped = yield* Http.send("GET", "/openapi.json", { headers: { "accept-encoding": "br, gzip;q=0.5" } })
        assert.strictEqual(zipped.headers["content-encoding"], "gzip")
        const not = yield* Http.send("GET", "/openapi.json", { headers: { "accept-encoding": "gzip;q=0" } })
        assert.isUndefined(not.headers["content-encoding"])
      }),
    )
  })

  const site = Effect.sync(() => {
    const folder = mkdtempSync(join(tmpdir(), "confab-pages-"))
    mkdirSync(join(folder, "assets"))
    writeFileSync(join(folder, "index.html"), "<!doctype html><title>Built</title>")
    writeFileSync(join(folder, "assets/main-DiwrgTda.js"), "export {}")
    writeFileSync(join(folder, "assets/theme-1.js"), "0")
    writeFileSync(join(folder, "secret.txt"), "secret")
    return folder
  })
  const served = Layer.unwrap(
    Effect.map(
      Effect.acquireRelease(site, (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))),
      (folder) => HttpRouter.serve(pageRoutes(folder), { disableLogger: true, disableListenLog: true }),
    ),
  ).pipe(Layer.provideMerge(serverLayer), Layer.provideMerge(HttpEdge.layer), Layer.provideMerge(Http.services()))

  layer(served)("of people", (it) => {
    it.effect("are one document on every page's path, asked for anew each time", () =>
      Effect.gen(function* () {
        for (const path of ["/", "/login", "/register", "/messenger", "/messenger/c/7", "/messenger/c/7/120/"]) {
          const { status, headers, text } = yield* Http.send("GET", path)
          assert.strictEqual(status, 200, path)
          assert.include(text, "Built")
          assert.strictEqual(headers["cache-control"], "no-cache")
          assert.match(String(headers["content-security-policy"]), /script-src 'self'; style-src 'self';/)
          assert.notInclude(headers["content-security-policy"], "unsafe")
        }
      }),
    )

    it.effect("keep what has a hash in its name for ever, and nothing else", () =>
      Effect.gen(function* () {
        const hashed = yield* Http.send("GET", "/assets/main-DiwrgTda.js?x=1")
        assert.deepStrictEqual(
          [hashed.status, hashed.headers["cache-control"], hashed.headers["content-type"]],
          [200, "public, max-age=31536000, immutable", "text/javascript; charset=utf-8"],
        )
        const plain = yield* Http.send("GET", "/assets/theme-1.js")
        assert.strictEqual(plain.headers["cache-control"], "no-cache")
      }),
    )

    it.effect("give out no other file, however the path is written", () =>
      Effect.gen(function* () {
        for (const path of [
          "../secret.txt",
          "%2e%2e/secret.txt",
          "..%2fsecret.txt",
          "..\\secret.txt",
          "../../package.json",
          "",
        ]) {
          const answer = yield* Http.send("GET", `/assets/${path}`)
          assert.strictEqual(answer.status, 404, path)
          assert.notInclude(answer.text, "secret")
        }
      }),
    )
  })
})
