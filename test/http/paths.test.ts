// Paths are compared literally: a path that a proxy's rule would not recognise as one of ours is none of them.
import { connect } from "node:net"
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { HttpApi } from "effect/http-api"
import { Api } from "../../src/contract/Api.ts"
import { allowedMethods, isLiteral } from "../../src/http/server/routes.ts"
import * as Http from "../support/http.ts"

const routes: Array<readonly [method: string, path: string]> = [
  ["GET", "/"],
  ["GET", "/messenger"],
  ["GET", "/docs"],
  ["GET", "/redoc/redoc.standalone.js"],
  ["GET", "/openapi.json"],
  ["GET", "/asyncapi.json"],
  ["GET", "/ws"],
  ["GET", "/ws/1"],
  ["GET", "/rpc"],
]
HttpApi.reflect(Api, {
  onGroup: () => {},
  onEndpoint: ({ endpoint }) => routes.push([endpoint.method, endpoint.path.replaceAll(/:\w+/g, "1")]),
})

const encoded = (letter: string) => `%${letter.charCodeAt(0).toString(16)}`

/** Other ways to write the path that some server or other would take for it. */
const spellings = (path: string): ReadonlyArray<string> => {
  const ends = [`${path};x`, `${path}/;x=1`, `${path}//`, `/${path}`, `/.${path}`, `/x/..${path}`, `${path}#x`]
  const letter = /[a-z]/
  if (!letter.test(path)) return path === "/" ? ["//", "/;x", "/.", "/%2f"] : ends
  return [
    ...ends,
    ...(letter.test(path.at(-1) ?? "") ? [`${path}%2f`] : []),
    path.toUpperCase(),
    path.replace(letter, (found) => found.toUpperCase()),
    path.replace(letter, encoded),
    path.replace(letter, (found) => encoded(found).toUpperCase()),
    path.replace(/[a-z](?=[^a-z]*$)/, encoded),
    path.replace("/", "/%2f"),
    path.replace("/", "/\\"),
  ]
}

/** Sent literally, which no client library would do. */
const sent = (target: string, ...headers: ReadonlyArray<string>) =>
  Effect.flatMap(Http.port, (port) =>
    Effect.callback<string>((resume) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.end([`GET ${target} HTTP/1.1`, "Host: x", "Connection: close", ...headers, "", ""].join("\r\n"))
      })
      let text = ""
      socket.setEncoding("latin1").on("data", (chunk) => {
        text += chunk
      })
      socket.on("close", () => resume(Effect.succeed(text.slice(9, 12))))
    }),
  )

const upgrade = [
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
]

describe("paths", () => {
  layer(Http.layer())("of a working server", (it) => {
    it.effect("are there as the contract writes them, with and without a slash at the end", () =>
      Effect.gen(function* () {
        assert.isAbove(routes.length, 40)
        for (const [method, path] of routes) {
          for (const written of path === "/" ? [path] : [path, `${path}/`, `${path}?x=%2f;y#z`]) {
            assert.isTrue(isLiteral(method, written), `${method} ${written}`)
            assert.include(allowedMethods(written), method, written)
          }
        }
        for (const path of ["/health", "/health/", "/metrics/", "/me/", "/"]) {
          assert.notStrictEqual((yield* Http.send("GET", path)).status, 404, path)
        }
      }),
    )

    it.effect("are not there when they are written in another way, whatever the method", () =>
      Effect.gen(function* () {
        // What can be another path's parameter, such as an id, is a 404 to those who are signed in.
        const { token } = yield* Http.somebody
        for (const [method, path] of routes) {
          for (const other of spellings(path)) {
            const { status } = yield* Http.send(method, other, { token })
            assert.strictEqual(status, 404, `${method} ${other}`)
          }
          for (const asked of ["HEAD", "OPTIONS", "PUT"]) {
            assert.strictEqual((yield* Http.send(asked, `${path};x`)).status, 404, `${asked} ${path};x`)
          }
        }
      }),
    )

    it.effect("are not there for a WebSocket either", () =>
      Effect.gen(function* () {
        for (const path of ["/ws", "/ws/1", "/rpc"]) {
          for (const other of spellings(path)) assert.strictEqual(yield* sent(other, ...upgrade), "404", other)
        }
      }),
    )

    it.effect("begin with a slash, or with the server's name as proxies are asked", () =>
      Effect.gen(function* () {
        for (const target of ["/metrics", "http://x/metrics", "http://x:80/metrics/"]) {
          assert.strictEqual(yield* sent(target), "200", target)
        }
        const others = [
          "*metrics",
          "*/metrics",
          "http://x//metrics",
          "http://x/%6detrics",
          "http://x/./metrics",
          "http://x/x/../metrics",
          "http://x/METRICS",
          "http://x\\metrics",
        ]
        for (const target of others) assert.include(["400", "404"], yield* sent(target), target)
      }),
    )

    it.effect("accept percent-encoded parameters", () =>
      Effect.gen(function* () {
        const { token } = yield* Http.somebody
        assert.isTrue(isLiteral("GET", "/users/%39%39"))
        assert.strictEqual((yield* Http.send("GET", "/users/%39%39", { token })).body._tag, "UserNotFound")
        // The router would take it for the fixed path beside the parameter.
        assert.strictEqual((yield* Http.send("GET", "/messages/recent", { token })).status, 200)
        assert.notStrictEqual((yield* Http.send("GET", "/messages/%72ecent", { token })).status, 200)
      }),
    )
  })
})
