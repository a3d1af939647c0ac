// Getting in, staying in, getting out: OAuth 2 forms, and browsers with cookies that no foreign page may use.
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { trustHops } from "../../src/config/TrustProxy.ts"
import * as Http from "../support/http.ts"

const form = (fields: Record<string, string>, headers = {}) => Http.send("POST", "/token", { form: fields, headers })
const rawForm = (raw: string | Uint8Array) =>
  Http.send("POST", "/token", { raw, headers: { "content-type": "application/x-www-form-urlencoded" } })

const own = Effect.map(Http.port, (port) => ({ host: `127.0.0.1:${port}`, origin: `http://127.0.0.1:${port}` }))

/** The cookies of a browser after they were cleared. */
const gone = { confab_access: "", confab_refresh: "", confab_logout: "" }

/** Somebody whose browser has the cookies. */
const browser = Effect.gen(function* () {
  const { username, password } = yield* Http.somebody
  const answer = yield* Http.send("POST", "/login", { json: { login: username, password } })
  const { confab_access = "", confab_logout = "", confab_refresh = "" } = Http.cookiesOf(answer)
  return {
    answer,
    token: confab_access,
    access: `confab_access=${confab_access}`,
    refresh: `confab_refresh=${confab_refresh}`,
    logout: `confab_logout=${confab_logout}`,
  }
})

describe("tokens", () => {
  layer(Http.layer())("by OAuth 2", (it) => {
    it.effect("are given for a name or an e-mail, whatever the case, and a password", () =>
      Effect.gen(function* () {
        const { username, password } = yield* Http.somebody
        for (const name of [username, username.toUpperCase(), `${username}@EXAMPLE.org`]) {
          const answer = yield* form({ username: name, password })
          assert.strictEqual(answer.status, 200)
          assert.deepInclude(answer.body, { token_type: "bearer", expires_in: 900 })
          assert.hasAllKeys(answer.body, ["access_token", "token_type", "expires_in", "refresh_token"])
          assert.strictEqual(answer.headers["cache-control"], "no-store")
          assert.isUndefined(answer.headers["set-cookie"])
        }
      }),
    )

    it.effect("are given whatever else a client sends: grant type, scope, client, Basic header", () =>
      Effect.gen(function* () {
        const { username, password } = yield* Http.somebody
        const fields = { grant_type: "password", username, password, scope: "", client_id: "c", client_secret: "s" }
        const answer = yield* form(fields, { authorization: "Basic Og==", origin: "https://elsewhere.example" })
        assert.strictEqual(answer.status, 200)
      }),
    )

    it.effect("are renewed for a refresh token", () =>
      Effect.gen(function* () {
        const { refresh_token } = yield* Http.somebody
        const answer = yield* form({ grant_type: "refresh_token", refresh_token })
        assert.strictEqual(answer.status, 200)
        assert.notStrictEqual(answer.body.refresh_token, refresh_token)
        assert.strictEqual((yield* Http.send("GET", "/me", { token: answer.body.access_token })).status, 200)
      }),
    )

    it.effect("are refused as RFC 6749 wants it", () =>
      Effect.gen(function* () {
        const { username } = yield* Http.somebody
        const cases: ReadonlyArray<readonly [Record<string, string>, string]> = [
          [{ username, password: "wrong password" }, "invalid_grant"],
          [{ username: "nobody-at-all", password: "wrong password" }, "invalid_grant"],
          [{ grant_type: "refresh_token", refresh_token: "nonsense" }, "invalid_grant"],
          [{ username }, "invalid_request"],
          [{}, "invalid_request"],
          [{ username: "", password: "x" }, "invalid_request"],
          [{ grant_type: "refresh_token" }, "invalid_request"],
          [{ grant_type: "client_credentials" }, "unsupported_grant_type"],
          [{ username: "a\0b", password: "x" }, "invalid_request"],
        ]
        for (const [fields, error] of cases) {
          const answer = yield* form(fields)
          assert.strictEqual(answer.status, 400)
          assert.strictEqual(answer.body.error, error)
          assert.hasAllKeys(answer.body, ["error", "error_description"])
          assert.match(String(answer.headers["content-type"]), /^application\/json/)
          assert.strictEqual(answer.headers["cache-control"], "no-store")
        }
      }),
    )

    it.effect("are refused for a form that is none", () =>
      Effect.gen(function* () {
        for (const raw of [
          "username=%ff&password=x",
          "username=%&password=x",
          "username=a&username=b&password=x",
          Uint8Array.of(0xff),
        ]) {
          const answer = yield* rawForm(raw)
          assert.deepStrictEqual([answer.status, answer.body.error], [400, "invalid_request"])
        }
        const asJson = yield* Http.send("POST", "/token", { json: { username: "a", password: "b" } })
        assert.deepStrictEqual([asJson.status, asJson.body._tag], [415, "UnsupportedMediaType"])
      }),
    )
  })

  layer(Http.layer())("in a browser", (it) => {
    it.effect("are set as cookies that no script can read and that stay on this site", () =>
      Effect.gen(function* () {
        const { answer } = yield* browser
        assert.strictEqual(answer.status, 200)
        assert.hasAllKeys(answer.body, ["user", "access_token", "token_type", "expires_in"])
        assert.strictEqual(answer.headers["cache-control"], "no-store")
        const cookies = answer.headers["set-cookie"] ?? []
        assert.strictEqual(cookies.length, 3)
        for (const cookie of cookies) assert.match(cookie, /; HttpOnly; SameSite=Lax$/)
        assert.match(cookies[0] ?? "", /^confab_access=[^;]+; Max-Age=900; Path=\/;/)
        assert.match(cookies[1] ?? "", /^confab_refresh=[^;]+; Max-Age=2592000; Path=\/refresh;/)
        assert.match(cookies[2] ?? "", /^confab_logout=[^;]+; Max-Age=2592000; Path=\/logout;/)
      }),
    )

    it.effect("let read, from wherever", () =>
      Effect.gen(function* () {
        const { access } = yield* browser
        assert.strictEqual((yield* Http.send("GET", "/me", { headers: { cookie: access } })).status, 200)
        assert.strictEqual((yield* Http.send("HEAD", "/me", { headers: { cookie: access } })).status, 200)
        assert.strictEqual((yield* Http.send("GET", "/me", { headers: { cookie: "confab_access=x" } })).status, 401)
        assert.strictEqual((yield* Http.send("GET", "/me", { headers: { cookie: "confab_access=" } })).status, 401)
      }),
    )

    it.effect("let change only what our own pages ask for", () =>
      Effect.gen(function* () {
        const { access } = yield* browser
        const { origin } = yield* own
        const change = (headers: Record<string, string>) =>
          Http.send("PATCH", "/me", { json: { display_name: "New" }, headers: { cookie: access, ...headers } })
        const https = { origin: origin.replace("http", "https") }
        const allowed = [{ origin }, https, { "sec-fetch-site": "same-origin" }, { "sec-fetch-site": "none" }]
        for (const headers of allowed) assert.strictEqual((yield* change(headers as never)).status, 200)
        const refused = [
          {},
          { origin: "https://evil.example" },
          { origin: "null" },
          { origin: `${https.origin}0` },
          { origin: `${origin}.evil.example` },
          { "sec-fetch-site": "cross-site" },
          { "sec-fetch-site": "same-site" },
          { "x-forwarded-host": "evil.example", origin: "http://evil.example" },
        ]
        for (const headers of refused) {
          const answer = yield* change(headers as never)
          assert.deepStrictEqual([answer.status, answer.body._tag], [403, "ForeignOrigin"], JSON.stringify(headers))
        }
      }),
    )

    it.effect("export all there is only when our own pages ask for it", () =>
      Effect.gen(function* () {
        const { access, token } = yield* browser
        const { origin } = yield* own
        const ask = (path: string, headers: Record<string, string>, method = "GET") =>
          Effect.map(Http.send(method, path, { headers }), ({ status }) => status)
        for (const path of ["/me/export", "/me/export/", "/me/export?files=true", "/me/export?"]) {
          for (const headers of [{}, { origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }]) {
            assert.strictEqual(yield* ask(path, { cookie: access, ...headers } as Record<string, string>), 403, path)
          }
        }
        assert.strictEqual(yield* ask("/me/export", { cookie: access }, "HEAD"), 403)
        for (const headers of [{ origin }, { "sec-fetch-site": "same-origin" }, { "sec-fetch-site": "none" }]) {
          assert.strictEqual(yield* ask("/me/export", { cookie: access, ...headers } as Record<string, string>), 200)
        }
        const programs = { authorization: `Bearer ${token}`, origin: "https://evil.example" }
        assert.strictEqual(yield* ask("/me/export", programs), 200)
      }),
    )

    it.effect("act for the user that the page shows, or for none", () =>
      Effect.gen(function* () {
        const shown = yield* browser
        const since = yield* browser
        const { origin } = yield* own
        const me = yield* Http.send("GET", "/me", { headers: { cookie: since.access } })
        const { body: former } = yield* Http.send("GET", "/me", { headers: { cookie: shown.access } })
        const as = (id: number) => ({ cookie: `${since.access}; ${since.logout}`, origin, "confab-user": String(id) })
        for (const [method, path] of [
          ["GET", "/me"],
          ["PATCH", "/me"],
          ["POST", "/logout"],
        ] as const) {
          const answer = yield* Http.send(method, path, { json: {}, headers: as(former.id) })
          assert.deepStrictEqual([answer.status, answer.body._tag], [403, "OtherUser"])
          assert.isUndefined(answer.headers["set-cookie"])
        }
        const stale = { cookie: since.logout, origin, "confab-user": String(former.id) }
        assert.strictEqual((yield* Http.send("POST", "/logout", { headers: stale })).status, 403)
        assert.strictEqual((yield* Http.send("PATCH", "/me", { json: {}, headers: as(me.body.id) })).status, 200)
        assert.strictEqual((yield* Http.send("POST", "/logout", { headers: as(me.body.id) })).status, 204)
      }),
    )

    it.effect("do not make up for a bad token in the header, and are not asked for with a good one", () =>
      Effect.gen(function* () {
        const { access } = yield* browser
        const { token } = yield* Http.somebody
        const bad = yield* Http.send("GET", "/me", { headers: { cookie: access, authorization: "Bearer nonsense" } })
        assert.strictEqual(bad.status, 401)
        const good = yield* Http.send("PATCH", "/me", { token, json: {}, headers: { cookie: access } })
        assert.strictEqual(good.status, 200)
      }),
    )

    it.effect("are renewed by the cookie for our own pages, and by the body for programs", () =>
      Effect.gen(function* () {
        const { refresh } = yield* browser
        const { origin } = yield* own
        const foreign = yield* Http.send("POST", "/refresh", { headers: { cookie: refresh } })
        assert.strictEqual(foreign.status, 403)
        const renewed = yield* Http.send("POST", "/refresh", { headers: { cookie: refresh, origin } })
        assert.strictEqual(renewed.status, 200)
        assert.hasAllKeys(renewed.body, ["user", "access_token", "token_type", "expires_in"])
        assert.hasAllKeys(Http.cookiesOf(renewed), ["confab_access", "confab_refresh", "confab_logout"])
        assert.strictEqual(renewed.headers["cache-control"], "no-store")

        const { refresh_token } = yield* Http.somebody
        const byBody = yield* Http.send("POST", "/refresh", { json: { refresh_token } })
        assert.strictEqual(byBody.status, 200)
        assert.isString(byBody.body.refresh_token)
        assert.isUndefined(byBody.headers["set-cookie"])
      }),
    )

    it.effect("are not renewed for nothing, nor for nonsense", () =>
      Effect.gen(function* () {
        const { origin } = yield* own
        const attempts = [
          Http.send("POST", "/refresh"),
          Http.send("POST", "/refresh", { json: {} }),
          Http.send("POST", "/refresh", { json: { refresh_token: "nonsense" } }),
          Http.send("POST", "/refresh", { headers: { cookie: "confab_refresh=nonsense", origin } }),
          Http.send("POST", "/refresh", { headers: { cookie: "confab_refresh=%00%ff", origin } }),
        ]
        for (const attempt of attempts) {
          const answer = yield* attempt
          assert.deepStrictEqual([answer.status, answer.body._tag], [401, "InvalidRefreshToken"])
        }
        assert.strictEqual((yield* Http.send("POST", "/refresh", { json: { refresh_token: 5 } })).status, 400)
      }),
    )

    it.effect("are refused for a wrong password, and to a foreign page", () =>
      Effect.gen(function* () {
        const { username, password } = yield* Http.somebody
        const wrong = yield* Http.send("POST", "/login", { json: { login: username, password: "wrong" } })
        assert.deepStrictEqual([wrong.status, wrong.body._tag], [401, "InvalidCredentials"])
        assert.isUndefined(wrong.headers["set-cookie"])
        for (const headers of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }]) {
          const answer = yield* Http.send("POST", "/login", { json: { login: username, password }, headers })
          assert.deepStrictEqual([answer.status, answer.body._tag], [403, "ForeignOrigin"])
        }
      }),
    )

    it.effect("are gone after logging out", () =>
      Effect.gen(function* () {
        const { access } = yield* browser
        const { origin } = yield* own
        assert.strictEqual((yield* Http.send("POST", "/logout", { headers: { cookie: access } })).status, 403)
        const answer = yield* Http.send("POST", "/logout", { headers: { cookie: access, origin } })
        assert.deepStrictEqual([answer.status, answer.text], [204, ""])
        assert.deepStrictEqual(Http.cookiesOf(answer), gone)
        for (const cookie of answer.headers["set-cookie"] ?? []) assert.include(cookie, "Max-Age=0")
        assert.strictEqual((yield* Http.send("GET", "/me", { headers: { cookie: access } })).status, 401)
      }),
    )
  })

  layer(Http.layer())("of a browser that comes back to log out", (it) => {
    const leave = (headers: Record<string, string>) => Http.send("POST", "/logout", { headers })
    const mayStill = (cookie: string) =>
      Effect.gen(function* () {
        const { origin } = yield* own
        return (yield* Http.send("POST", "/refresh", { headers: { cookie, origin } })).status
      })

    it.effect("end the session by the refresh token when the access token has run out or is not there", () =>
      Effect.gen(function* () {
        const { origin } = yield* own
        for (const stale of ["", "confab_access=; ", "confab_access=x; "]) {
          const { logout, refresh, token } = yield* browser
          const answer = yield* leave({ cookie: stale + logout, origin })
          assert.deepStrictEqual([answer.status, answer.text], [204, ""])
          assert.deepStrictEqual(Http.cookiesOf(answer), gone)
          assert.strictEqual(yield* mayStill(refresh), 401)
          assert.strictEqual((yield* Http.send("GET", "/me", { token })).status, 401)
        }
        const { access, logout, refresh } = yield* browser
        yield* TestClock.adjust("16 minutes")
        assert.strictEqual((yield* leave({ cookie: `${access}; ${logout}`, origin })).status, 204)
        assert.strictEqual(yield* mayStill(refresh), 401)
      }),
    )

    it.effect("also with a used one: its holder may end the session, and nothing else", () =>
      Effect.gen(function* () {
        const { origin } = yield* own
        const { logout, refresh } = yield* browser
        const renewed = yield* Http.send("POST", "/refresh", { headers: { cookie: refresh, origin } })
        assert.strictEqual((yield* leave({ cookie: logout, origin })).status, 204)
        const { confab_refresh } = Http.cookiesOf(renewed)
        assert.strictEqual(yield* mayStill(`confab_refresh=${confab_refresh}`), 401)
      }),
    )

    it.effect("are cleared with a 401 when nothing of them is good any more", () =>
      Effect.gen(function* () {
        const { origin } = yield* own
        const { access, logout } = yield* browser
        yield* leave({ cookie: access, origin })
        for (const cookie of [
          access,
          logout,
          `${access}; ${logout}`,
          "confab_access=x",
          "confab_logout=x",
          "other=1",
        ]) {
          const answer = yield* leave({ cookie, origin })
          assert.deepStrictEqual([answer.status, answer.body._tag], [401, "Unauthorized"])
          assert.deepStrictEqual(Http.cookiesOf(answer), gone, cookie)
          assert.strictEqual(answer.headers["www-authenticate"], "Bearer")
        }
      }),
    )

    it.effect("are neither cleared nor used for a foreign page, nor to replace a bad header", () =>
      Effect.gen(function* () {
        const { origin } = yield* own
        const { logout, refresh } = yield* browser
        for (const headers of [{}, { origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }] as const) {
          const answer = yield* leave({ cookie: logout, ...headers } as Record<string, string>)
          assert.deepStrictEqual([answer.status, answer.body._tag], [403, "ForeignOrigin"])
          assert.isUndefined(answer.headers["set-cookie"])
          assert.isUndefined((yield* leave(headers as Record<string, string>)).headers["set-cookie"])
        }
        const bad = yield* leave({ cookie: logout, origin, authorization: "Bearer x" })
        assert.strictEqual(bad.status, 401)
        assert.strictEqual(yield* mayStill(refresh), 200)
      }),
    )
  })

  layer(Http.layer({ failedLoginsPerAddress: 3, trustProxy: trustHops(1) }))("asked for under many names", (it) => {
    it.effect("are refused for a while to that address alone, at both doors", () =>
      Effect.gen(function* () {
        const { username, password } = yield* Http.somebody
        const guess = (login: string, secret: string, address: string) => {
          const headers = { "x-forwarded-for": address }
          return [
            Http.send("POST", "/token", { form: { username: login, password: secret }, headers }),
            Http.send("POST", "/login", { json: { login, password: secret }, headers }),
          ]
        }
        const tries = [...guess("ghost-1", "wrong", "192.0.2.1"), ...guess("ghost-2", "wrong", "192.0.2.1").slice(1)]
        const statuses = yield* Effect.forEach(tries, (attempt) => Effect.map(attempt, ({ status }) => status))
        assert.deepStrictEqual(statuses, [400, 401, 401])
        for (const attempt of guess(username, password, "192.0.2.1")) {
          const answer = yield* attempt
          assert.deepStrictEqual([answer.status, answer.body._tag], [429, "TooManyRequests"])
          assert.match(String(answer.headers["retry-after"]), /^[1-9]\d*$/)
        }
        for (const attempt of guess(username, password, "192.0.2.2")) assert.strictEqual((yield* attempt).status, 200)
      }),
    )
  })

  layer(Http.layer({ failedLoginsPerMinute: 2, signupsPerMinute: 2 }))("asked for too often", (it) => {
    it.effect("are refused for a while, as a problem with Retry-After", () =>
      Effect.gen(function* () {
        const { username, password } = yield* Http.somebody
        for (let i = 0; i < 2; i++) assert.strictEqual((yield* form({ username, password: "wrong" })).status, 400)
        const blocked = [
          form({ username, password }),
          Http.send("POST", "/login", { json: { login: username, password } }),
        ]
        for (const attempt of blocked) {
          const answer = yield* attempt
          assert.deepStrictEqual([answer.status, answer.body._tag], [429, "TooManyRequests"])
          assert.strictEqual(answer.headers["content-type"], "application/problem+json")
          assert.match(String(answer.headers["retry-after"]), /^[1-9]\d*$/)
        }
        yield* Http.somebody
        const third = yield* Http.send("POST", "/users", {
          json: { username: "third", email: "third@example.org", password: "long enough" },
        })
        assert.strictEqual(third.status, 429)
      }),
    )
  })
})
