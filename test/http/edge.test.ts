// What applies to every request: paths, methods, headers, origins, and failures.

import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer, Logger, References } from "effect"
import { trustHops } from "../../src/config/TrustProxy.ts"
import { Accounts } from "../../src/services/Accounts.ts"
import { Directory } from "../../src/services/Directory.ts"
import * as Http from "../support/http.ts"

const lines: Array<Record<string, unknown>> = []
const remember = Logger.layer([
  Logger.make(({ message, cause, logLevel, fiber }) => {
    const annotations = fiber.getRef(References.CurrentLogAnnotations)
    lines.push({ message: String(message), cause, level: logLevel, ...annotations })
  }),
])
const lineOf = (request_id: string) => lines.filter((line) => line.request_id === request_id)

/** Everybody's profile is broken. */
const broken = Layer.effect(
  Accounts,
  Effect.map(Accounts, (accounts) =>
    Accounts.of({
      ...accounts,
      me: () => Effect.die(new Error("select secret from users at /srv/confab")),
    }),
  ),
)

/** It fails with what it must not. */
const lost = Layer.effect(
  Directory,
  Effect.map(Directory, (directory) =>
    Directory.of({ ...directory, search: () => Effect.fail({ _tag: "Stranger" } as never) }),
  ),
)

const page = "https://page.example"

describe("the HTTP edge", () => {
  layer(
    Http.layer({ corsOrigins: [page] }).pipe(
      Layer.provide(remember),
      Layer.provide(Layer.succeed(References.MinimumLogLevel, "Debug")),
    ),
  )("in front of a working server", (it) => {
    it.effect("takes a path with and without a trailing slash", () =>
      Effect.gen(function* () {
        for (const path of ["/health", "/health/", "/health?x=1"]) {
          const answer = yield* Http.send("GET", path)
          assert.deepStrictEqual([answer.status, answer.body], [200, { status: "ok" }])
        }
      }),
    )

    it.effect("answers HEAD as GET, without the body", () =>
      Effect.gen(function* () {
        const get = yield* Http.send("GET", "/health")
        const head = yield* Http.send("HEAD", "/health")
        assert.strictEqual(head.status, 200)
        assert.strictEqual(head.text, "")
        assert.strictEqual(head.headers["content-length"], get.headers["content-length"])
      }),
    )

    it.effect("says that a path is not there by a problem document", () =>
      Effect.gen(function* () {
        for (const path of ["/nowhere", "/users/1/2/3", "/%ff", "/me%2fsessions", "/favicon.ico", "/users/%00"]) {
          const answer = yield* Http.send("GET", path)
          if (path.startsWith("/users/%")) assert.strictEqual(answer.status, 401)
          else assert.strictEqual(answer.status, 404, path)
          assert.strictEqual(answer.headers["content-type"], "application/problem+json")
        }
        const { body } = yield* Http.send("GET", "/nowhere")
        assert.deepStrictEqual(body, {
          type: "urn:confab:problem:NotFound",
          title: "Not found",
          status: 404,
          detail: "No such path.",
          _tag: "NotFound",
        })
      }),
    )

    it.effect("says which methods a path knows when it is asked by another", () =>
      Effect.gen(function* () {
        const answer = yield* Http.send("PUT", "/me/")
        assert.strictEqual(answer.status, 405)
        assert.strictEqual(answer.body._tag, "MethodNotAllowed")
        assert.strictEqual(answer.headers.allow, "GET, PATCH, DELETE, HEAD, OPTIONS")
        assert.strictEqual((yield* Http.send("GET", "/me/password")).headers.allow, "POST, OPTIONS")
        assert.strictEqual((yield* Http.send("GET", "/token")).status, 405)
        assert.strictEqual((yield* Http.send("PUT", "/")).status, 405)
      }),
    )

    it.effect("answers OPTIONS with the methods of the path", () =>
      Effect.gen(function* () {
        const answer = yield* Http.send("OPTIONS", "/chats/1")
        assert.deepStrictEqual([answer.status, answer.headers.allow], [204, "GET, PATCH, DELETE, HEAD, OPTIONS"])
        assert.strictEqual((yield* Http.send("OPTIONS", "/nowhere")).status, 404)
      }),
    )

    it.effect("lets the pages of a listed origin in, and no others", () =>
      Effect.gen(function* () {
        const preflight = (origin: string) =>
          Http.send("OPTIONS", "/chats", {
            headers: {
              origin,
              "access-control-request-method": "POST",
              "access-control-request-headers": "content-type",
            },
          })
        const listed = yield* preflight(page)
        assert.strictEqual(listed.headers["access-control-allow-origin"], page)
        assert.strictEqual(listed.headers["access-control-allow-credentials"], "true")
        assert.include(listed.headers["access-control-allow-methods"], "POST")
        assert.include(listed.headers["access-control-allow-headers"], "Authorization")
        for (const name of ["traceparent", "tracestate", "baggage", "sentry-trace", "Idempotency-Key", "Range"]) {
          assert.include(String(listed.headers["access-control-allow-headers"]).split(", "), name)
        }
        const stranger = yield* preflight("https://evil.example")
        assert.isUndefined(stranger.headers["access-control-allow-headers"])
        assert.isUndefined(stranger.headers["access-control-expose-headers"])
        assert.isUndefined(stranger.headers["access-control-allow-origin"])
        assert.isUndefined(stranger.headers["access-control-allow-methods"])
        const refused = yield* Http.send("GET", "/me", { headers: { origin: page } })
        assert.strictEqual(refused.headers["access-control-allow-origin"], page)
        assert.include(refused.headers.vary, "Origin")
        const readable = String(refused.headers["access-control-expose-headers"]).split(", ")
        for (const name of ["RateLimit", "RateLimit-Policy", "Retry-After", "Location", "ETag", "X-Request-Id"]) {
          assert.include(readable, name)
        }
      }),
    )

    it.effect("gives every answer the headers that keep browsers careful", () =>
      Effect.gen(function* () {
        for (const path of [
          "/health",
          "/nowhere",
          "/me",
          "/",
          "/login",
          "/docs",
          "/redoc",
          "/asyncapi",
          "/openapi.json",
        ]) {
          const { headers } = yield* Http.send("GET", path)
          assert.strictEqual(headers["x-content-type-options"], "nosniff", path)
          assert.strictEqual(headers["x-frame-options"], "DENY", path)
          assert.strictEqual(headers["referrer-policy"], "same-origin", path)
          assert.include(headers["content-security-policy"], "frame-ancestors 'none'", path)
          assert.include(headers["content-security-policy"], "base-uri 'none'", path)
          assert.isUndefined(headers["strict-transport-security"], path)
        }
      }),
    )

    it.effect("echoes a sane request id and makes its own for others", () =>
      Effect.gen(function* () {
        const asked = (id: string) => Http.send("GET", "/health", { headers: { "x-request-id": id } })
        assert.strictEqual((yield* asked("trace-0123456789")).headers["x-request-id"], "trace-0123456789")
        for (const id of ["x", "with space and more", "a".repeat(65), '"><script>']) {
          const given = (yield* asked(id)).headers["x-request-id"]
          assert.notStrictEqual(given, id)
          assert.match(String(given), /^[\w-]{8,64}$/)
        }
      }),
    )

    it.effect("refuses a query string that is no text, naming the parameter", () =>
      Effect.gen(function* () {
        const { token } = yield* Http.somebody
        for (const bad of ["%ff", "%", "%zz", "%00", "%ed%a0%80", "%C3%28"]) {
          const answer = yield* Http.send("GET", `/users?query=${bad}`, { token })
          assert.strictEqual(answer.status, 400, bad)
          assert.strictEqual(answer.body.issues[0].path, "query")
        }
      }),
    )

    it.effect("logs one line a request, without its query string", () =>
      Effect.gen(function* () {
        const { id, token } = yield* Http.somebody
        const headers = { "x-request-id": "log-line-1" }
        yield* Http.send("GET", "/users?query=secret-text", { token, headers })
        const found = lineOf("log-line-1")
        assert.strictEqual(found.length, 1)
        const [line] = found
        assert.deepInclude(line, { method: "GET", path: "/users", status: 200, user_id: id, level: "Debug" })
        yield* Http.send("POST", "/token?token=secret", { form: {}, headers: { "x-request-id": "log-line-2" } })
        assert.deepInclude(lineOf("log-line-2")[0], { path: "/token", status: 400, level: "Info" })
        for (const [index, path] of ["/health", "/health?x=1"].entries()) {
          yield* Http.send("POST", path, { headers: { "x-request-id": `log-probe-${index}` } })
          assert.deepInclude(lineOf(`log-probe-${index}`)[0], { path: "/health", status: 405, level: "Debug" })
        }
        assert.notInclude(JSON.stringify(lines), "secret")
      }),
    )

    it.effect("counts requests by status in Prometheus' format", () =>
      Effect.gen(function* () {
        yield* Http.send("GET", "/nowhere")
        const answer = yield* Http.send("GET", "/metrics")
        assert.match(String(answer.headers["content-type"]), /^text\/plain; version=0\.0\.4/)
        assert.match(answer.text, /^confab_http_requests_total\{.*status="404".*\} [1-9]/m)
        assert.include(answer.text, "# TYPE confab_http_requests_total counter")
      }),
    )

    it.effect("says that it is ready, part by part", () =>
      Effect.gen(function* () {
        const answer = yield* Http.send("GET", "/ready")
        assert.deepStrictEqual(answer.body, { status: "ok", database: "ok", broadcast: "ok" })
      }),
    )

    it.effect("answers a plain request to the socket's path with 426", () =>
      Effect.gen(function* () {
        const answer = yield* Http.send("GET", "/ws")
        assert.deepStrictEqual([answer.status, answer.headers.upgrade], [426, "websocket"])
        assert.strictEqual((yield* Http.send("GET", "/ws/no-id")).status, 404)
      }),
    )

    it.effect("reports to a page whether its socket would be refused for its origin", () =>
      Effect.gen(function* () {
        const headers = { host: "inner:8000" }
        const asked = (origin: string) => Http.send("GET", `/ws?page=${encodeURIComponent(origin)}`, { headers })
        for (const ours of ["http://inner:8000", "https://inner:8000", page]) {
          assert.strictEqual((yield* asked(ours)).status, 426, ours)
        }
        for (const foreign of ["https://chat.example", "http://inner:8001", "null", ""]) {
          const { body, status } = yield* asked(foreign)
          assert.deepStrictEqual([status, body._tag], [403, "ForeignOrigin"], foreign)
          assert.include(body.detail, "TRUST_PROXY")
          assert.notInclude(body.detail, "inner")
        }
      }),
    )
  })

  layer(
    Http.edge.pipe(
      Layer.provide(Layer.mergeAll(broken, lost)),
      Layer.provideMerge(Http.services()),
      Layer.provide(remember),
    ),
  )("in front of a bug", (it) => {
    it.effect("answers 500 with an id that the log has too, and with nothing of the bug", () =>
      Effect.gen(function* () {
        const me = yield* Http.somebody
        for (const path of ["/me", "/users"]) {
          const answer = yield* me.send("GET", path)
          assert.strictEqual(answer.status, 500)
          assert.strictEqual(answer.body._tag, "InternalError")
          assert.strictEqual(answer.body.request_id, answer.headers["x-request-id"])
          assert.notMatch(answer.text, /secret|select|srv|Error:| at /)
          assert.isTrue(lineOf(answer.body.request_id).some((line) => line.message === "A request failed unexpectedly"))
        }
      }),
    )
  })

  layer(Http.layer({ trustProxy: trustHops(1), signupsPerMinute: 2 }))("behind a proxy that it trusts", (it) => {
    it.effect("marks cookies Secure and asks for https when the browser came by https", () =>
      Effect.gen(function* () {
        const me = yield* Http.somebody
        const login = (headers: Record<string, string>) =>
          Http.send("POST", "/login", { json: { login: me.username, password: me.password }, headers })
        const secure = yield* login({ "x-forwarded-proto": "https" })
        assert.isTrue(secure.headers["set-cookie"]?.every((cookie) => cookie.includes("; Secure")))
        assert.strictEqual(secure.headers["strict-transport-security"], "max-age=31536000; includeSubDomains")
        const plain = yield* login({})
        assert.isFalse(plain.headers["set-cookie"]?.some((cookie) => cookie.includes("Secure")))
      }),
    )

    it.effect("limits a client by the address that the proxy saw, whatever the client writes before it", () =>
      Effect.gen(function* () {
        const signUp = (i: number, address: string) =>
          Http.send("POST", "/users", {
            json: { username: `visitor${i}`, email: `visitor${i}@example.org`, password: "correct horse" },
            // Two lines: the client's own, and the proxy's.
            headers: { "x-forwarded-for": [`192.0.2.${i}`, address], "x-real-ip": `192.0.2.${i}` },
          })
        const statuses: Array<number> = []
        for (let i = 0; i < 4; i++) statuses.push((yield* signUp(i, "[2001:db8::1]:443")).status)
        assert.deepStrictEqual(statuses, [201, 201, 429, 429])
        assert.strictEqual((yield* signUp(5, "198.51.100.1")).status, 201)
      }),
    )

    it.effect("knows its own origin by what the proxy forwards", () =>
      Effect.gen(function* () {
        const me = yield* Http.somebody
        const cookie = `confab_access=${me.token}`
        const forwarded = { cookie, "x-forwarded-proto": "https", "x-forwarded-host": "chat.example" }
        const change = (origin: string) => Http.send("PATCH", "/me", { json: {}, headers: { ...forwarded, origin } })
        assert.strictEqual((yield* change("https://chat.example")).status, 200)
        forwarded["x-forwarded-host"] = "stranger.example, Chat.example:443"
        assert.strictEqual((yield* change("https://chat.example")).status, 200)
        assert.strictEqual((yield* change("http://chat.example")).status, 403)
      }),
    )
  })
})
