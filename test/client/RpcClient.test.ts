// The typed client of the remote procedures against a real edge, on the test's clock: when it comes back, and how it stays.
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { ConfabRpc } from "../../src/client/RpcClient.ts"
import type { CloseCode } from "../../src/contract/CloseCode.ts"
import type { UserId } from "../../src/domain/Ids.ts"
import { Hub } from "../../src/hub/Hub.ts"
import { addUsers } from "../support/chat.ts"
import { layer, serve, tokenOf, until } from "../support/sockets.ts"

const lifeMillis = 900_000

/** A client of this user on the test's server, with a new token for each request for one. */
const connected = Effect.fnUntraced(function* (user_id: UserId) {
  const { state } = yield* Hub
  const url = (yield* serve).replace("ws://", "http://")
  const given: Array<string> = []
  const token = Effect.map(Clock.currentTimeMillis, (now) => {
    const made = tokenOf(user_id, { expires_at: now + lifeMillis })
    given.push(made)
    return made
  })
  const context = yield* Layer.build(
    ConfabRpc.layer({ url, token }).pipe(Layer.provide(NodeSocket.layerWebSocketConstructor)),
  )
  const rpc = yield* Effect.provideContext(ConfabRpc, context)
  const { callers } = state.listeners
  yield* until(() => callers.size === 1)
  assert.strictEqual((yield* rpc.Me()).id, user_id)
  const [first] = callers
  return {
    rpc,
    given,
    first,
    callers,
    /** The server ends the connection, and the client notices. */
    end: Effect.fnUntraced(function* (code: CloseCode, reason = "") {
      const waiting = yield* Effect.forkChild(Effect.flip(Stream.runDrain(rpc.Events({}))), { startImmediately: true })
      yield* until(() => state.listeners.devices === 1)
      first?.close(code, reason)
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "RpcClientError")
    }),
  }
})

/** The close code that a call fails with; 0: it fails otherwise, or not at all. */
const codeOf = ({ Me }: ConfabRpc["Service"]) =>
  Effect.match(Me(), {
    onSuccess: () => 0,
    onFailure: (error) =>
      error._tag === "RpcClientError" && error.reason._tag === "SocketCloseError" ? error.reason.code : 0,
  })

describe("ConfabRpc", () => {
  it.effect("gives its connection a new token in time, and never reconnects", () =>
    Effect.gen(function* () {
      const [id] = yield* addUsers(1)
      const { callers, first, given, rpc } = yield* connected(id!)
      for (let i = 0; i < 8; i++) {
        yield* until(() => (first?.expires_at ?? 0) === Number(given.at(-1)?.split(".")[2]))
        yield* TestClock.adjust("10 minutes")
        // Its heartbeat is the socket's, which this clock outruns.
        first?.noteAlive()
      }
      assert.strictEqual((yield* rpc.Me()).id, id)
      assert.deepStrictEqual([...callers], [first])
      assert.isAtLeast(given.length, 6)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("reconnects with a new token when the old one has expired", () =>
    Effect.gen(function* () {
      const [id] = yield* addUsers(1)
      const { callers, end, first, rpc } = yield* connected(id!)
      yield* end(4002)
      yield* TestClock.adjust("1 second")
      yield* until(() => callers.size === 1 && !callers.has(first!))
      assert.strictEqual((yield* rpc.Me()).id, id)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("waits as long as a server that shuts down asks for", () =>
    Effect.gen(function* () {
      const [id] = yield* addUsers(1)
      const { callers, end } = yield* connected(id!)
      yield* end(1001, '{"retry_after_ms":4000}')
      yield* TestClock.adjust("3900 millis")
      assert.strictEqual(callers.size, 0)
      yield* TestClock.adjust("200 millis")
      yield* until(() => callers.size === 1)
    }).pipe(Effect.provide(layer())),
  )

  for (const code of [1009, 4500, 4501, 4503] as const) {
    it.effect(`does not come back after ${code}: every call fails with it, and so do event streams`, () =>
      Effect.gen(function* () {
        const [id] = yield* addUsers(1)
        const { callers, end, given, rpc } = yield* connected(id!)
        const asked = given.length
        yield* end(code)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* codeOf(rpc), code)
        const stream = yield* Effect.flip(Stream.runDrain(rpc.Events({})))
        assert.strictEqual(stream._tag, "RpcClientError")
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(callers.size, 0)
        assert.strictEqual(given.length, asked)
      }).pipe(Effect.provide(layer())),
    )
  }
})
