// The server itself: the routing of sockets, and its shutdown.
import { once } from "node:events"
import { connect } from "node:net"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Exit, Layer, Scope } from "effect"
import { HttpEdge } from "../../src/http/server/EdgeServer.ts"
import * as Http from "../support/http.ts"

const upgrade = (path: string, protocol = "websocket") =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nSec-WebSocket-Version: 13\r\n` +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

/** Sends the request and returns the answer, or what arrived until the server closed the connection. */
const talk = (port: number, request: string) =>
  Effect.promise(async () => {
    const socket = connect(port, "127.0.0.1")
    socket.write(request)
    const [first] = await once(socket, "data")
    socket.destroy()
    return String(first)
  })

describe("the server", () => {
  layer(Http.layer())("with sockets taken over", (it) => {
    it.effect("hands over the upgrades of /ws and its chats, and nothing else", () =>
      Effect.gen(function* () {
        const port = yield* Http.port
        const edge = yield* HttpEdge
        edge.takeOverSockets((request, socket) => socket.end(`taken ${request.url}`))
        for (const path of ["/ws", "/ws/", "/ws?token=x", "/ws/5", "/ws/5/?resume=true"]) {
          assert.strictEqual(yield* talk(port, upgrade(path)), `taken ${path}`)
        }
        assert.match(yield* talk(port, upgrade("/wsx")), /^HTTP\/1\.1 404 /)
        assert.match(yield* talk(port, upgrade("/health")), /^HTTP\/1\.1 200 /)
        assert.match(yield* talk(port, upgrade("/ws", "h2c")), /^HTTP\/1\.1 426 /)
      }),
    )
  })

  it.effect("stops at once without requests under way", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(Http.layer(), scope)
      const port = yield* Effect.provideContext(Http.port, context)
      const idle = connect(port, "127.0.0.1")
      idle.write("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
      yield* Effect.promise(() => once(idle, "data"))
      const closed = once(idle, "close")
      yield* Scope.close(scope, Exit.void)
      yield* Effect.promise(() => closed)
      const refused = connect(port, "127.0.0.1")
      const [error] = yield* Effect.promise(() => once(refused, "error"))
      assert.strictEqual(error.code, "ECONNREFUSED")
    }),
  )
})
