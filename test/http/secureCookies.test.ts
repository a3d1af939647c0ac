// The cookies of a browser over https: names that no other host can set, and earlier names for a while.
import { once } from "node:events"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { WebSocket } from "ws"
import { trustHops } from "../../src/config/TrustProxy.ts"
import { SchemaHistory } from "../../src/sql/database/SchemaHistory.ts"
import { layer as edges } from "../support/edges.ts"
import * as Http from "../support/http.ts"

const day = 24 * 60 * 60_000
const host = "chat.example.org"
const https = { host, "x-forwarded-proto": "https", origin: `https://${host}` }
const http = { host, origin: `http://${host}` }

const names = {
  plain: ["confab_access", "confab_refresh", "confab_logout"],
  secure: ["__Host-confab_access", "__Secure-confab_refresh", "__Secure-confab_logout"],
} as const

const logIn = Effect.fnUntraced(function* (headers: Record<string, string>) {
  const { username, password } = yield* Http.somebody
  const answer = yield* Http.send("POST", "/login", { json: { login: username, password }, headers })
  return { lines: answer.headers["set-cookie"] ?? [], cookies: Http.cookiesOf(answer) }
})

/** The result of this cookie header at each edge: reading, changing, `/ws` and `/rpc`. */
const doors = Effect.fnUntraced(function* (cookie: string, headers: Record<string, string>) {
  const port = yield* Http.port
  const upgrade = (path: string) =>
    Effect.promise(async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers: { ...headers, cookie } })
      socket.on("error", () => {})
      const status = await Promise.race([
        once(socket, "open").then(() => 101),
        once(socket, "unexpected-response").then(([, response]) => response.statusCode as number),
      ])
      socket.terminate()
      return status
    })
  const read = yield* Http.send("GET", "/me", { headers: { ...headers, cookie } })
  const change = yield* Http.send("PATCH", "/me", { json: {}, headers: { ...headers, cookie } })
  return [read.status, change.status, yield* upgrade("/ws"), yield* upgrade("/rpc")]
})

const open = [200, 200, 101, 101]
const shut = [401, 401, 401, 401]

const refresh = (cookie: string, headers: Record<string, string>) =>
  Http.send("POST", "/refresh", { headers: { ...headers, cookie } })

/** Upgraded `daysAgo` days ago. */
const upgraded = (daysAgo: number) =>
  Layer.succeed(SchemaHistory, { ranAt: (name) => (name === "session_generations" ? -daysAgo * day : 0) })

describe("cookies", () => {
  layer(edges({ trustProxy: trustHops(1) }, upgraded(0)))("by https", (it) => {
    it.effect("have names that only this host can set, by https alone", () =>
      Effect.gen(function* () {
        const { lines } = yield* logIn(https)
        assert.strictEqual(lines.length, 3)
        const [access = "", refreshing = "", logout = ""] = lines
        assert.match(access, /^__Host-confab_access=[^;]+; Max-Age=900; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
        const long = "Max-Age=2592000"
        assert.match(
          refreshing,
          new RegExp(`^__Secure-confab_refresh=[^;]+; ${long}; Path=/refresh; HttpOnly; Secure;`),
        )
        assert.match(logout, new RegExp(`^__Secure-confab_logout=[^;]+; ${long}; Path=/logout; HttpOnly; Secure;`))
        for (const line of lines) assert.notInclude(line, "Domain")
        const plain = yield* logIn(http)
        assert.hasAllKeys(plain.cookies, [...names.plain])
      }),
    )

    it.effect("open every door, and are renewed and cleared by these names", () =>
      Effect.gen(function* () {
        const { cookies } = yield* logIn(https)
        const [access, refreshing, logout] = names.secure.map((name) => `${name}=${cookies[name]}`)
        assert.deepStrictEqual(yield* doors(`x=1; ${access}`, https), open)
        const renewed = yield* refresh(refreshing ?? "", https)
        assert.strictEqual(renewed.status, 200)
        assert.hasAllKeys(Http.cookiesOf(renewed), [...names.secure])
        const gone = yield* Http.send("POST", "/logout", { headers: { ...https, cookie: logout } })
        assert.strictEqual(gone.status, 204)
        assert.deepStrictEqual(Http.cookiesOf(gone), Object.fromEntries(names.secure.map((name) => [name, ""])))
        assert.deepStrictEqual(yield* doors(access ?? "", https), shut)
      }),
    )

    it.effect("take precedence over plain names, which an attacker on the network may have set", () =>
      Effect.gen(function* () {
        const mine = yield* logIn(https)
        const theirs = yield* logIn(http)
        const both = `confab_access=${theirs.cookies.confab_access}; __Host-confab_access=${mine.cookies["__Host-confab_access"]}`
        const { body } = yield* Http.send("GET", "/me", { headers: { ...https, cookie: both } })
        const own = `__Host-confab_access=${mine.cookies["__Host-confab_access"]}`
        assert.strictEqual(body.id, (yield* Http.send("GET", "/me", { headers: { ...https, cookie: own } })).body.id)
        // By plain http it is the other way round: there these are the ones that are set.
        const plain = yield* Http.send("GET", "/me", { headers: { ...http, cookie: both } })
        assert.notStrictEqual(plain.body.id, body.id)
      }),
    )

    it.effect("go on from those of before, which are taken back", () =>
      Effect.gen(function* () {
        const { cookies } = yield* logIn(http)
        assert.deepStrictEqual(yield* doors(`confab_access=${cookies.confab_access}`, https), open)
        const renewed = yield* refresh(`confab_access=x; confab_refresh=${cookies.confab_refresh}`, https)
        assert.strictEqual(renewed.status, 200)
        const now = Http.cookiesOf(renewed)
        assert.hasAllKeys(now, [...names.secure, ...names.plain])
        for (const name of names.plain) assert.strictEqual(now[name], "")
        for (const name of names.secure) assert.notStrictEqual(now[name], "")
      }),
    )
  })

  layer(edges({ trustProxy: trustHops(1) }, upgraded(29.9)))("by https, 30 days after the names changed", (it) => {
    it.effect("count by their new names alone; by plain http as ever", () =>
      Effect.gen(function* () {
        const { cookies } = yield* logIn(http)
        const access = `confab_access=${cookies.confab_access}`
        assert.deepStrictEqual(yield* doors(access, https), open)
        yield* TestClock.adjust("3 hours")
        const later = yield* logIn(http)
        const [plain, refreshing, logout] = names.plain.map((name) => `${name}=${later.cookies[name]}`)
        assert.deepStrictEqual(yield* doors(plain ?? "", https), shut)
        assert.strictEqual((yield* refresh(refreshing ?? "", https)).status, 401)
        assert.strictEqual((yield* Http.send("POST", "/logout", { headers: { ...https, cookie: logout } })).status, 401)
        assert.deepStrictEqual(yield* doors(plain ?? "", http), open)
        assert.strictEqual((yield* refresh(refreshing ?? "", http)).status, 200)
        const secure = yield* logIn(https)
        assert.deepStrictEqual(
          yield* doors(`__Host-confab_access=${secure.cookies["__Host-confab_access"]}`, https),
          open,
        )
      }),
    )
  })
})
