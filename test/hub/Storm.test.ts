// Connections as TCP sees them, many at a time.
import { once } from "node:events"
import { createServer } from "node:http"
import { connect, type Socket } from "node:net"
import type { Duplex } from "node:stream"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Unavailable } from "../../src/domain/errors.ts"
import type { UserId } from "../../src/domain/Ids.ts"
import { refusals } from "../../src/http/problems/refusals.ts"
import { Upgrade } from "../../src/sockets/Upgrade.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { addGroup, addUsers } from "../support/chat.ts"
import { layer, settled, tokenOf, until } from "../support/sockets.ts"

/** Who is being read for; their answers wait until they are let go. */
const reads = () => {
  const asked: Array<ReadonlyArray<UserId>> = []
  const waiting: Array<(failing: boolean) => void> = []
  const slowRows = Layer.effect(
    ChatStore,
    Effect.map(ChatStore, (rows) =>
      ChatStore.of({
        ...rows,
        positionsOf: (pages) =>
          Effect.callback((resume) => {
            asked.push(pages.map(({ user_id }) => user_id))
            waiting.push((failing) => resume(failing ? Effect.fail(new Unavailable({})) : rows.positionsOf(pages)))
          }),
      }),
    ),
  )
  const letGo = ({ failing } = { failing: false }) => {
    for (const go of waiting.splice(0)) go(failing)
  }
  return { asked, letGo, layer: layer({}, slowRows) }
}

/** A server, as `serve` makes one, that shows the server's ends of its connections in the order in which they came. */
const server = Effect.gen(function* () {
  const { handle } = yield* Upgrade
  const opening = yield* refusals
  const ends: Array<Duplex> = []
  const http = createServer()
  http.on("upgrade", (request, socket, head) => {
    ends.push(socket)
    handle(request, socket, head, opening(request, socket))
  })
  yield* Effect.acquireRelease(
    Effect.promise(() => once(http.listen(0, "127.0.0.1"), "listening")),
    () => Effect.sync(() => void http.close()),
  )
  const address = http.address()
  const port = typeof address === "object" ? address!.port : 0
  /** Asks for an upgrade by hand; gives both ends of it. */
  const ask = Effect.fnUntraced(function* (user_id: UserId) {
    const heard: Array<string> = []
    const before = ends.length
    const client: Socket = yield* Effect.acquireRelease(
      Effect.sync(() => connect(port, "127.0.0.1")),
      (socket) => Effect.sync(() => socket.destroy()),
    )
    client.on("data", (bytes) => void heard.push(bytes.toString("latin1")))
    client.write(
      `GET /ws?token=${tokenOf(user_id)} HTTP/1.1\r\nHost: _\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    )
    yield* until(() => ends.length > before, "the request")
    return { heard, end: ends[before]! }
  })
  return { ask }
})

describe("A storm of connections", () => {
  it.live("receives the answer to the upgrade and hello by one write", () => {
    const { asked, layer, letGo } = reads()
    return Effect.gen(function* () {
      const [id] = yield* addUsers(1)
      const { ask } = yield* server
      const { end, heard } = yield* ask(id!)
      let writes = 0
      const { _write, _writev } = end
      end._write = (...chunk) => {
        writes++
        return _write.apply(end, chunk)
      }
      end._writev = (...chunks) => {
        writes++
        return _writev?.apply(end, chunks)
      }
      yield* until(() => asked.length > 0, "the read")
      letGo()
      yield* until(() => heard.join("").includes(`"hello"`), "hello")
      assert.match(heard.join(""), /^HTTP\/1\.1 101 /)
      assert.strictEqual(writes, 1)
    }).pipe(Effect.scoped, Effect.provide(layer))
  })

  it.live("waits in line, and those who wait at the same time are read for together", () => {
    const { asked, layer, letGo } = reads()
    return Effect.gen(function* () {
      const homes = yield* Effect.forEach(Array.from({ length: 40 }), () => addGroup(1))
      const ids = homes.map(({ owner }) => owner)
      const { ask } = yield* server
      // One after the other: those of one moment would be read together from the start.
      const conversations = yield* Effect.forEach(ids, (id) => Effect.tap(ask(id), settled))
      const answers = () => conversations.map(({ heard }) => heard.join(""))
      assert.deepStrictEqual(asked.splice(0), [ids.slice(0, 1), ids.slice(1, 2)])
      letGo({ failing: true })
      yield* until(() => asked.length === 2, "the next in line")
      const together = asked.splice(0)
      const rest = 2 + together.flat().length
      assert.deepStrictEqual(together, [ids.slice(2, 18), ids.slice(18, rest)])
      // All that were let in, and at most the two that come in their place.
      assert.isAtLeast(rest, 32)
      assert.isAtMost(rest, 34)
      letGo()
      yield* until(() => asked.length > 0, "those after them")
      while (answers().some((answer) => !/"hello"|"Unavailable"/.test(answer))) {
        letGo()
        yield* settled
      }
      assert.deepStrictEqual(asked.flat(), ids.slice(rest))
      for (const [i, answer] of answers().entries()) {
        if (i < 2) assert.match(answer, /^HTTP\/1\.1 503 /)
        else {
          assert.include(answer, `"hello","user_id":${ids[i]},`)
          assert.deepStrictEqual(answer.match(/"chat_id":\d+/g), [`"chat_id":${homes[i]?.chat_id}`])
        }
      }
    }).pipe(Effect.scoped, Effect.provide(layer))
  })
})
