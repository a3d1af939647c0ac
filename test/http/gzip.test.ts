// Long JSON answers are compressed for those who ask for it.
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { acceptsGzip } from "../../src/http/gzip.ts"
import * as Http from "../support/http.ts"

const fetched = (port: number, path: string, headers: Record<string, string>) =>
  Effect.promise(async () => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
    return {
      status: answer.status,
      encoding: answer.headers.get("content-encoding"),
      vary: answer.headers.get("vary"),
      length: Number(answer.headers.get("content-length")),
      // `fetch` has decompressed it.
      text: await answer.text(),
    }
  })

describe("a long answer", () => {
  layer(Http.layer())("of a server", (it) => {
    const conversation = Effect.gen(function* () {
      const me = yield* Http.somebody
      const { body: chat } = yield* me.send("POST", "/chats", { json: { type: "group", name: "Long", member_ids: [] } })
      const text = "A message of the usual length, or a little more. ☃ ".repeat(20)
      let sent: Http.Answer | undefined
      for (let i = 0; i < 12; i++) {
        sent = yield* me.send("POST", `/chats/${chat.id}/messages`, { json: { text: `${i} ${text}` } })
      }
      return { me, chat, sent, port: yield* Http.port, authorization: `Bearer ${me.token}` }
    })

    it.effect("is compressed when the client asks for it, on the shortcut and on the router's way", () =>
      Effect.gen(function* () {
        const { authorization, chat, port } = yield* conversation
        for (const path of [`/history/${chat.id}`, `/chats/${chat.id}/messages?X=1`, "/messages/recent?limit=20"]) {
          const plain = yield* fetched(port, path, { authorization, "accept-encoding": "identity" })
          assert.deepStrictEqual([plain.status, plain.encoding], [200, null], path)
          assert.include(plain.vary, "Accept-Encoding", path)
          for (const accepted of ["gzip", "br, GZIP;q=0.5", "deflate,gzip"]) {
            const zipped = yield* fetched(port, path, { authorization, "accept-encoding": accepted })
            assert.deepStrictEqual([zipped.status, zipped.encoding, zipped.vary], [200, "gzip", plain.vary], path)
            assert.strictEqual(zipped.text, plain.text, path)
            assert.isBelow(zipped.length, plain.length / 4, path)
          }
        }
      }),
    )

    it.effect("is left as it is when it is short, an error, or the answer to a change", () =>
      Effect.gen(function* () {
        const { authorization, chat, me, port } = yield* conversation
        const headers = { authorization, "accept-encoding": "gzip" }
        for (const path of [`/history/${chat.id}?limit=1`, "/me", "/chats/999999"]) {
          const { encoding, vary } = yield* fetched(port, path, headers)
          assert.deepStrictEqual([encoding, vary], [null, null], path)
        }
        const long = yield* me.send("POST", `/chats/${chat.id}/messages`, {
          headers: { "accept-encoding": "gzip" },
          json: { text: "☃".repeat(4_000) },
        })
        assert.isAbove(Number(long.headers["content-length"]), 8_192)
        assert.isUndefined(long.headers["content-encoding"])
      }),
    )

    it.effect("by cookie is compressed for our own pages alone", () =>
      Effect.gen(function* () {
        const { chat, me, port } = yield* conversation
        const { password, username } = me
        const logIn = yield* Http.send("POST", "/login", { json: { login: username, password } })
        const cookie = (logIn.headers["set-cookie"] ?? []).map((line) => line.split(";")[0]).join("; ")
        const encodingFrom = (site: string) =>
          Effect.map(
            fetched(port, `/history/${chat.id}`, { cookie, "accept-encoding": "gzip", "sec-fetch-site": site }),
            ({ encoding, status }) => [status, encoding],
          )
        assert.deepStrictEqual(yield* encodingFrom("same-origin"), [200, "gzip"])
        assert.deepStrictEqual(yield* encodingFrom("cross-site"), [200, null])
        assert.deepStrictEqual(yield* encodingFrom("same-site"), [200, null])
      }),
    )

    it("knows what a client accepts", () => {
      for (const yes of ["gzip", "deflate, gzip;q=0.1", "GZIP", "gzip ; q=1.0"]) assert.isTrue(acceptsGzip(yes), yes)
      for (const no of [undefined, "", "br", "gzip;q=0", "gzip; q=0.000", "x-gzip", "gzipped"])
        assert.isFalse(acceptsGzip(no), no)
    })
  })
})
