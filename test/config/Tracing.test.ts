// Traces as the operator's collector gets them from the real server.
import { createServer } from "node:net"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { Collector } from "../support/collector.ts"
import { Person } from "../support/person.ts"
import type { Server } from "../support/server.ts"
import { serverOnPostgres } from "../support/sharedServer.ts"

const tracedTo = (url: string, more: Record<string, string> = {}) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  ...more,
})

describe("traces", () => {
  let collector: Collector
  let server: Server
  beforeAll(async () => {
    collector = await Collector.start()
    server = await serverOnPostgres(
      tracedTo(`${collector.url}/`, {
        OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=a%20b,authorization=Bearer%20for-the-collector",
        OTEL_SERVICE_NAME: "confab-of-tests",
        OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
        LOG_LEVEL: "Debug",
      }),
    )
  })
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
    await collector?.[Symbol.asyncDispose]()
  })

  const get = (path: string, request_id: string, headers: Record<string, string> = {}) =>
    fetch(`${server.url}${path}`, { headers: { "x-request-id": request_id, ...headers } })

  it("name a request by its route, with the id that its answer and its line in the log have", async () => {
    const ada = await Person.signUp(server.url, "ada")
    const authorization = `Bearer ${ada.access_token}`
    const answer = await get("/chats?limit=5", "trace-of-chats", { authorization })
    assert.strictEqual(answer.headers.get("x-request-id"), "trace-of-chats")
    const span = await collector.span({ request_id: "trace-of-chats" })
    assert.strictEqual(span.name, "GET /chats")
    assert.deepStrictEqual(span.attributes, {
      "http.request.method": "GET",
      "http.response.status_code": 200,
      "http.route": "/chats",
      request_id: "trace-of-chats",
      user_id: ada.id,
    })
    const line = server.logs.split("\n").find((text) => text.includes("trace-of-chats")) ?? ""
    assert.strictEqual(JSON.parse(line).annotations.trace_id, span.traceId)
    const inside = collector.spans.filter(({ traceId }) => traceId === span.traceId).map(({ name }) => name)
    assert.includeMembers(inside, ["GET /chats", "Chats.list"])
  })

  it("go where the settings say, with the headers and the names that the collector wants", () => {
    const [first] = collector.requests
    assert.strictEqual(first?.path, "/v1/traces")
    assert.strictEqual(first?.headers["x-tenant"], "a b")
    assert.strictEqual(first?.headers.authorization, "Bearer for-the-collector")
    assert.strictEqual(collector.resource["service.name"], "confab-of-tests")
    assert.strictEqual(collector.resource["deployment.environment.name"], "test")
  })

  it("ignore the trace headers of untrusted callers", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    await get("/me", "trace-of-stranger", { traceparent })
    const { traceId, parentSpanId } = await collector.span({ request_id: "trace-of-stranger" })
    assert.notInclude(traceparent, traceId)
    assert.isTrue(parentSpanId === undefined || parentSpanId === "")
  })

  it("leave out probes, and say of what failed only what it is", async () => {
    await get("/ready", "trace-of-probe")
    await get("/users/4711", "trace-of-refusal")
    const refusal = await collector.span({ request_id: "trace-of-refusal" })
    assert.strictEqual(refusal.attributes["http.response.status_code"], 401)
    assert.notInclude(collector.raw, "trace-of-probe")
    for (const { events, status } of collector.spans)
      for (const text of [JSON.stringify(events), status.message ?? ""]) assert.notMatch(text, /\/src\/| at /)
  })

  it("arrive when the server is stopped", async () => {
    await get("/me", "trace-of-the-last")
    assert.strictEqual(await server.terminate(), 0)
    assert.isTrue(collector.spans.some(({ attributes }) => attributes.request_id === "trace-of-the-last"))
  })
})

describe("a collector", () => {
  const warnings = (server: Server) => server.logs.split("Traces do not reach their collector").length - 1

  it("that is not there costs one line in the log, and no request anything", async () => {
    const closed = createServer().listen(0, "127.0.0.1")
    await new Promise((resolve) => closed.once("listening", resolve))
    const address = closed.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    await new Promise((resolve) => closed.close(resolve))
    const server = await serverOnPostgres(tracedTo(`http://127.0.0.1:${port}`))
    try {
      const asked = async (): Promise<void> => {
        if ((await fetch(`${server.url}/users/1`)).status !== 401) throw new Error("The server is harmed")
        if (warnings(server) === 0) await asked()
      }
      await asked()
      for (let i = 0; i < 50; i++) await fetch(`${server.url}/users/1`)
      assert.strictEqual(await server.terminate(), 0)
      assert.strictEqual(warnings(server), 1)
      assert.notInclude(server.logs, '"level":"ERROR"')
    } finally {
      await server[Symbol.asyncDispose]()
    }
  })

  it("that never answers does not keep the server from ending in time", async () => {
    const collector = await Collector.start()
    collector.answer = "silence"
    const server = await serverOnPostgres(tracedTo(collector.url))
    try {
      await fetch(`${server.url}/users/1`)
      await collector.until(() => collector.requests[0])
      const before = performance.now()
      assert.strictEqual(await server.terminate(), 0)
      assert.isBelow(performance.now() - before, 4_000)
      assert.notInclude(server.logs, "cut short")
    } finally {
      await server[Symbol.asyncDispose]()
      await collector[Symbol.asyncDispose]()
    }
  })
})
