// What comes in: bodies, ids and limits that fit no schema are refused with a reason, never guessed at, never a 500.
import { connect } from "node:net"
import { gzipSync } from "node:zlib"
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { makeOpenApi } from "../../src/contract/openapi.ts"
import * as Http from "../support/http.ts"

const json = { "content-type": "application/json" }

describe("input", () => {
  layer(Http.layer())("over HTTP", (it) => {
    it.effect("is validated only after authentication", () =>
      Effect.gen(function* () {
        for (const options of [{ raw: "{", headers: json }, { raw: "x" }, { json: { name: 5 } }]) {
          const answer = yield* Http.send("POST", "/chats", options)
          assert.strictEqual(answer.status, 401)
          assert.strictEqual(answer.headers["www-authenticate"], "Bearer")
        }
        assert.strictEqual((yield* Http.send("GET", "/chats/none?limit=x")).status, 401)
      }),
    )

    it.effect("that is not JSON in whole UTF-8 is refused", () =>
      Effect.gen(function* () {
        const { send } = yield* Http.somebody
        const named = (...bytes: ReadonlyArray<number>) =>
          Buffer.concat([Buffer.from('{"display_name":"'), Uint8Array.from(bytes), Buffer.from('"}')])
        for (const raw of ["", "{", "nul", '{"name":"\\ud8"}', named(0xff), named(0xed, 0xa0, 0x80), named(0xc3)]) {
          const answer = yield* send("PATCH", "/me", { raw, headers: json })
          assert.strictEqual(answer.status, 400)
          assert.strictEqual(answer.body._tag, "InvalidInput")
          assert.strictEqual(answer.body.issues.length, 1)
        }
      }),
    )

    it.effect("has an issue for each wrong place", () =>
      Effect.gen(function* () {
        const { send } = yield* Http.somebody
        const paths = (answer: Http.Answer) => answer.body.issues.map((issue: { path: string }) => issue.path)
        const chat = yield* send("POST", "/chats", { json: { type: "group", name: "", member_ids: ["a", 2, 0, 1.5] } })
        assert.strictEqual(chat.status, 400)
        assert.deepStrictEqual(paths(chat), ["name", "member_ids.0", "member_ids.2", "member_ids.3"])
        assert.deepStrictEqual(paths(yield* send("POST", "/chats", { json: { type: "party" } })), ["type"])
        assert.deepStrictEqual(paths(yield* send("GET", "/chats?limit=0")), ["limit"])
        assert.deepStrictEqual(paths(yield* Http.send("POST", "/users", { json: {} })), [
          "username",
          "email",
          "password",
        ])
      }),
    )

    it.effect("is never repeated in the answer, and the answer stays short", () =>
      Effect.gen(function* () {
        const { send } = yield* Http.somebody
        const deep = `{"text":${"[".repeat(200_000)}${"]".repeat(200_000)}}`
        const answer = yield* send("POST", "/messages", { raw: deep, headers: json })
        assert.strictEqual(answer.status, 400)
        assert.isBelow(answer.text.length, 2_000)
        const many = yield* send("POST", "/chats", {
          json: { type: "group", name: "x", member_ids: Array.from({ length: 100_000 }, () => "secret") },
        })
        assert.strictEqual(many.status, 400)
        assert.isBelow(many.text.length, 4_000)
        assert.notInclude(many.text, "secret")
      }),
    )

    it.effect("may not contain NUL or lone surrogates in any string", () =>
      Effect.gen(function* () {
        const { send, username } = yield* Http.somebody
        const group = (yield* send("POST", "/chats", { json: { type: "group", name: "x", member_ids: [] } })).body.id
        for (const bad of ["a\0b", "a\ud800b", "\udc00"]) {
          const attempts = [
            send("PATCH", "/me", { json: { display_name: bad } }),
            send("POST", "/chats", { json: { type: "group", name: bad, member_ids: [] } }),
            send("POST", `/chats/${group}/messages`, { json: { text: bad } }),
            send("POST", `/chats/${group}/messages`, { json: { text: "x", dedup_key: bad } }),
            send("POST", "/me/password", { json: { current_password: bad, new_password: "long enough" } }),
            send("POST", "/me/password", { json: { current_password: "x", new_password: `${bad} long enough` } }),
            Http.send("POST", "/login", { json: { login: bad, password: "correct horse" } }),
            Http.send("POST", "/login", { json: { login: username, password: bad } }),
            Http.send("POST", "/users", { json: { username: `u${bad}`, email: "u@x.org", password: "long enough" } }),
            Http.send("POST", "/users", { json: { username: "u12", email: `u${bad}@x.org`, password: "long enough" } }),
            Http.send("POST", "/refresh", { json: { refresh_token: bad } }),
          ]
          for (const attempt of attempts) assert.strictEqual((yield* attempt).status, 400)
        }
      }),
    )

    it.effect("of another content type is refused, also of none", () =>
      Effect.gen(function* () {
        const { send } = yield* Http.somebody
        for (const type of [undefined, "text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""]) {
          const headers = type === undefined ? {} : { "content-type": type }
          const answer = yield* send("POST", "/chats", { raw: "{}", headers })
          assert.deepStrictEqual([answer.status, answer.body._tag], [415, "UnsupportedMediaType"], type)
        }
        const charset = { "content-type": "Application/JSON; charset=utf-8" }
        assert.strictEqual((yield* send("PATCH", "/me", { raw: "{}", headers: charset })).status, 200)
      }),
    )

    it.effect("that is compressed is refused, and nothing is decompressed", () =>
      Effect.gen(function* () {
        const { send } = yield* Http.somebody
        const encoded = (encoding: string) => ({ ...json, "content-encoding": encoding })
        const raw = gzipSync("{}")
        for (const encoding of ["gzip", "br", "identity, gzip", "x"]) {
          const answer = yield* send("PATCH", "/me", { raw, headers: encoded(encoding) })
          assert.deepStrictEqual([answer.status, answer.body._tag], [415, "UnsupportedMediaType"], encoding)
          assert.include(answer.body.detail, "Content-Encoding")
        }
        const form = { "content-type": "application/x-www-form-urlencoded", "content-encoding": "gzip" }
        assert.strictEqual((yield* Http.send("POST", "/token", { raw, headers: form })).status, 415)
        for (const plain of ["identity", "Identity", ""]) {
          assert.strictEqual((yield* send("PATCH", "/me", { raw: "{}", headers: encoded(plain) })).status, 200, plain)
        }
      }),
    )

    it.effect("over 1 MiB is refused by what it says, and by what it sends", () =>
      Effect.gen(function* () {
        const { token, send } = yield* Http.somebody
        const limit = 1_048_576
        const said = yield* send("POST", "/chats", { raw: Buffer.alloc(limit + 1, 0x20), headers: json })
        assert.deepStrictEqual([said.status, said.body._tag], [413, "BodyTooLarge"])
        const port = yield* Http.port
        const streamed = yield* Effect.promise(() => chunkedPost(port, "/chats", token, limit + 65_536))
        assert.match(streamed, /^HTTP\/1\.1 413 /)
        assert.include(streamed, "BodyTooLarge")
        const whole = yield* send("PATCH", "/me", { raw: `{}${" ".repeat(limit - 2)}`, headers: json })
        assert.strictEqual(whole.status, 200)
      }),
    )

    it.effect("names things by plain decimal ids, else there is no such path", () =>
      Effect.gen(function* () {
        const { id, send } = yield* Http.somebody
        assert.strictEqual((yield* send("GET", `/users/${id}`)).status, 200)
        for (const bad of [
          "0",
          "-1",
          "01",
          "1.0",
          "1e0",
          "0x1",
          "%201",
          "+1",
          "abc",
          "9007199254740992",
          "1".repeat(200),
        ]) {
          for (const path of [`/users/${bad}`, `/chats/${bad}`, `/history/${bad}`, `/chats/${bad}/messages`]) {
            const answer = yield* send("GET", path)
            assert.deepStrictEqual([answer.status, answer.body._tag], [404, "NotFound"], path)
          }
        }
        assert.strictEqual((yield* send("GET", "/chats/9007199254740991")).body._tag, "ChatNotFound")
        assert.strictEqual((yield* send("DELETE", "/me/sessions/nonsense")).body._tag, "SessionNotFound")
      }),
    )

    it.effect("takes limits as plain decimals from 1 to 200", () =>
      Effect.gen(function* () {
        const { send } = yield* Http.somebody
        for (const limit of ["1", "200"]) assert.strictEqual((yield* send("GET", `/chats?limit=${limit}`)).status, 200)
        for (const limit of ["0", "201", "-1", "1.5", "1e1", "0x10", "%201", "", "ten", "99999999999999999999"]) {
          for (const path of ["/chats", "/users", "/messages/recent"]) {
            const answer = yield* send("GET", `${path}?limit=${limit}`)
            assert.deepStrictEqual([answer.status, answer.body.issues?.[0]?.path], [400, "limit"], `${path} ${limit}`)
          }
        }
        assert.strictEqual((yield* send("GET", "/chats?limit=1&limit=2")).status, 400)
      }),
    )

    it.effect("has whole numbers in queries from the minimum to the maximum of the document", () =>
      Effect.gen(function* () {
        const { id: me, send } = yield* Http.somebody
        const chat = (yield* send("POST", "/chats", { json: { type: "group", name: "x", member_ids: [] } })).body.id
        const message = (yield* send("POST", `/chats/${chat}/messages`, { json: { text: "x" } })).body.id
        const ids: Record<string, number> = { chats: chat, history: chat, messages: message, users: me }
        let count = 0
        for (const [path, { get }] of Object.entries(makeOpenApi().paths)) {
          // This server keeps no files.
          if (path.includes("/files")) continue
          const [, subject = ""] = path.split("/")
          const url = path.replace(/\{\w+\}/, String(ids[subject]))
          for (const { in: place, name, schema } of get?.parameters ?? []) {
            if (place !== "query" || !("type" in schema) || schema.type !== "integer") continue
            const { maximum, minimum }: Record<string, unknown> = { ...schema }
            count++
            for (const [value, status] of [
              [minimum, 200],
              [maximum, 200],
              [Number(minimum) - 1, 400],
              [BigInt(Number(maximum)) + 1n, 400],
            ]) {
              const query = path === "/messages" ? `ids=${message}&${name}` : name
              const answer = yield* send("GET", `${url}?${query}=${value}`)
              assert.strictEqual(answer.status, status, `${url}?${name}=${value}`)
            }
          }
        }
        assert.isAbove(count, 15)
      }),
    )

    it.effect("cannot reach a prototype", () =>
      Effect.gen(function* () {
        const { send } = yield* Http.somebody
        const raw =
          '{"type":"group","name":"x","member_ids":[],"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'
        assert.strictEqual((yield* send("POST", "/chats", { raw, headers: json })).status, 201)
        assert.isUndefined(Reflect.get({}, "polluted"))
        assert.strictEqual((yield* send("GET", "/chats?__proto__=1&constructor=2&limit=3")).status, 200)
      }),
    )

    it.effect("may have unknown fields", () =>
      Effect.gen(function* () {
        const { send } = yield* Http.somebody
        const answer = yield* send("PATCH", "/me", { json: { display_name: "Zoë", colour: "red" } })
        assert.deepStrictEqual([answer.status, answer.body.display_name], [200, "Zoë"])
      }),
    )
  })
})

/** A chunked POST without a length; returns the server's answer. */
const chunkedPost = (port: number, path: string, token: string, bytes: number): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = ""
    const socket = connect(port, "127.0.0.1")
    socket.on("data", (data) => {
      answer += data
    })
    socket.on("error", (error) => (answer === "" ? reject(error) : resolve(answer)))
    socket.on("close", () => resolve(answer))
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n` +
        "Transfer-Encoding: chunked\r\n\r\n",
    )
    const chunk = `10000\r\n${" ".repeat(65_536)}\r\n`
    for (let sent = 0; sent < bytes; sent += 65_536) socket.write(chunk)
    socket.write("0\r\n\r\n")
  })
