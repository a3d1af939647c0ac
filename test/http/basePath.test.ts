// The whole server below a path of its host, as a proxy passes it on: BASE_PATH.
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect } from "effect"
import { trustHops } from "../../src/config/TrustProxy.ts"
import { belowBasePath } from "../../src/http/server/basePath.ts"
import { converse, layer as edges } from "../support/edges.ts"
import * as Http from "../support/http.ts"
import { refusal } from "../support/sockets.ts"

const https = { "x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.7", host: "example.org" }
const own = { ...https, origin: "https://example.org" }

describe("below a base path", () => {
  it("a target loses the base path, and becomes that of no route without it", () => {
    const below = belowBasePath("/chat/v1")
    for (const [target, expected] of [
      ["/chat/v1", "/"],
      ["/chat/v1/", "/"],
      ["/chat/v1?x=1", "/?x=1"],
      ["/chat/v1/me?x=/chat/v1/", "/me?x=/chat/v1/"],
      ["http://example.org/chat/v1/me", "http://example.org/me"],
      ["/chat/v1//me", "//me"],
      ["/health", "/health"],
      ["/ready/?x", "/ready/?x"],
      ["/me", "//me"],
      ["/chat/v11/me", "//chat/v11/me"],
      ["/Chat/v1/me", "//Chat/v1/me"],
      ["/chat%2Fv1/me", "//chat%2Fv1/me"],
      ["/x/chat/v1/me", "//x/chat/v1/me"],
      ["http://example.org/me", "/http://example.org/me"],
      ["*", "/*"],
    ] as const) {
      assert.strictEqual(below(target), expected, target)
    }
    assert.strictEqual(belowBasePath("")("/chat/me"), "/chat/me")
  })

  layer(edges({ basePath: "/chat", trustProxy: trustHops(1) }))("everything", (it) => {
    const somebody = Effect.gen(function* () {
      const username = `below${Math.random().toString(36).slice(2, 12)}`
      const login = { username, password: "correct horse" }
      const me = yield* Http.send("POST", "/chat/users", { json: { ...login, email: `${username}@example.org` } })
      assert.strictEqual(me.status, 201)
      const { body } = yield* Http.send("POST", "/chat/token", { form: login })
      return { id: Number(me.body.id), token: String(body.access_token), ...login }
    })

    it.effect("is found there, and nothing outside but the probes", () =>
      Effect.gen(function* () {
        const { token } = yield* somebody
        for (const path of ["/me", "/chats", "/users?query=a"]) {
          assert.strictEqual((yield* Http.send("GET", `/chat${path}`, { token })).status, 200, path)
          assert.strictEqual((yield* Http.send("GET", path, { token })).status, 404, path)
          assert.strictEqual((yield* Http.send("OPTIONS", path)).status, 404, path)
        }
        for (const path of ["/health", "/ready"]) {
          for (const prefix of ["", "/chat"]) {
            assert.strictEqual((yield* Http.send("GET", prefix + path)).status, 200, prefix + path)
          }
        }
        const { body: chat } = yield* Http.send("POST", "/chat/chats", { token, json: { type: "saved" } })
        // The shortcut too.
        assert.strictEqual((yield* Http.send("GET", `/chat/history/${chat.id}`, { token })).status, 200)
        assert.strictEqual((yield* Http.send("GET", `/history/${chat.id}`, { token })).status, 404)
        const lost = yield* Http.send("GET", "/elsewhere", { headers: { accept: "text/html" } })
        assert.deepStrictEqual([lost.status, lost.headers["content-type"]], [404, "text/html; charset=utf-8"])
      }),
    )

    it.effect("has its sockets there", () =>
      Effect.gen(function* () {
        const { id, token } = yield* somebody
        const port = yield* Http.port
        for (const path of ["/chat/ws", "/chat/ws/"]) {
          const hello = yield* converse(port, path, token, { type: "ping" }, ({ type }) => type === "hello")
          assert.strictEqual(hello.user_id, id)
        }
        const outside = (path: string) => refusal(`ws://127.0.0.1:${port}${path}?token=${token}`)
        for (const path of ["/ws", "/rpc", "/chat/wss", "/chatws"]) {
          assert.strictEqual((yield* outside(path)).status, 404, path)
        }
        assert.strictEqual((yield* Http.send("GET", "/chat/rpc")).status, 426)
      }),
    )

    it.effect("keeps its cookies there, by names that browsers accept with a path", () =>
      Effect.gen(function* () {
        const { password, username } = yield* somebody
        const logIn = (headers: Record<string, string>) =>
          Http.send("POST", "/chat/login", { headers, json: { login: username, password } })
        const lines = (answer: Http.Answer) =>
          (answer.headers["set-cookie"] ?? []).map((line) => line.replace(/=[^;]*/, "").replace(/Max-Age=\d+; /i, ""))
        const secure = yield* logIn(own)
        assert.deepStrictEqual(lines(secure), [
          "__Secure-confab_access; Path=/chat; HttpOnly; Secure; SameSite=Lax",
          "__Secure-confab_refresh; Path=/chat/refresh; HttpOnly; Secure; SameSite=Lax",
          "__Secure-confab_logout; Path=/chat/logout; HttpOnly; Secure; SameSite=Lax",
        ])
        const plain = yield* logIn({ origin: "http://example.org", host: "example.org" })
        assert.include(lines(plain)[0], "confab_access; Path=/chat;")
        const cookie = Object.entries(Http.cookiesOf(secure))
          .map(([name, value]) => `${name}=${value.split(";")[0]}`)
          .join("; ")
        const headers = { ...own, cookie }
        assert.strictEqual((yield* Http.send("GET", "/chat/me", { headers })).body.username, username)
        assert.strictEqual((yield* Http.send("POST", "/chat/refresh", { headers })).status, 200)
        const out = yield* Http.send("POST", "/chat/logout", { headers })
        assert.strictEqual(out.status, 204)
        assert.deepStrictEqual(lines(out), lines(secure))
      }),
    )

    it.effect("names its addresses with it", () =>
      Effect.gen(function* () {
        const openapi = (yield* Http.send("GET", "/chat/openapi.json")).body
        assert.strictEqual(openapi.servers[0].url, "/chat")
        assert.strictEqual(openapi.components.securitySchemes.oauth2.flows.password.tokenUrl, "/chat/token")
        const asyncapi = (yield* Http.send("GET", "/chat/asyncapi.json")).body
        assert.strictEqual(asyncapi.servers.tls.pathname, "/chat")
        const redoc = (yield* Http.send("GET", "/chat/redoc")).text
        assert.include(redoc, 'src="/chat/redoc/redoc.standalone.js"')
        assert.include(redoc, '"/chat/openapi.json"')
        assert.include((yield* Http.send("GET", "/chat/docs")).text, '"url":"/chat"')
        for (const path of ["/chat", "/chat/", "/chat/messenger/c/5", "/chat/login"]) {
          const page = yield* Http.send("GET", path)
          assert.strictEqual(page.status, 200, path)
          for (const [, link = ""] of page.text.matchAll(/ (?:href|src)="([^"]+)"/g)) {
            assert.match(link, /^\/chat\//, path)
            const part = yield* Http.send("GET", link)
            assert.strictEqual(part.status, 200, link)
          }
        }
      }),
    )
  })
})
