// How many remote calls one connection may have under way, whether or not they want answers, and how many bytes of long
// answers it and its user may have waiting.
import { once } from "node:events"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Semaphore } from "effect"
import { WebSocket } from "ws"
import { longOfUser, RpcCalls } from "../../src/sockets/rpc/RpcCalls.ts"
import { Person } from "../support/person.ts"
import { sharedServer } from "../support/sharedServer.ts"

const newCalls = (ofUser = Semaphore.makeUnsafe(longOfUser)) => new RpcCalls(ofUser)
const start = <A, E>(effect: Effect.Effect<A, E>) => Effect.forkChild(effect, { startImmediately: true })
const waits = (fiber: Fiber.Fiber<unknown>) => Effect.as(Effect.yieldNow, fiber.pollUnsafe() === undefined)
/** Reads calls until there is no place for one more, which waits. */
const fill = Effect.fnUntraced(function* (calls: RpcCalls) {
  for (let i = 0; i < 64; i++) yield* calls.read(i)
  const next = yield* start(calls.read("next"))
  yield* Effect.yieldNow
  assert.isTrue(yield* waits(next))
  return next
})

describe("a call", () => {
  it.effect("that is answered when it begins counts until it has ended", () =>
    Effect.gen(function* () {
      const calls = newCalls()
      const next = yield* fill(calls)
      const handler = yield* start(calls.run(1, "Me", Effect.never))
      assert.isTrue(yield* calls.answered(1, Effect.void))
      yield* Effect.yieldNow
      assert.isTrue(yield* waits(next))
      yield* Fiber.interrupt(handler)
      yield* Fiber.join(next)
    }),
  )

  it.effect("that never reaches a handler counts until its answer, which reports the error", () =>
    Effect.gen(function* () {
      const calls = newCalls()
      const next = yield* fill(calls)
      assert.isFalse(yield* calls.answered(1, Effect.void))
      yield* Fiber.join(next)
    }),
  )

  it.effect("with a long answer counts until the network has taken it; four of a connection run at once", () =>
    Effect.gen(function* () {
      const calls = newCalls()
      const taken = yield* Deferred.make<void>()
      const running: Array<number> = []
      const fibers: Array<Fiber.Fiber<unknown>> = []
      for (let i = 0; i < 5; i++) {
        yield* calls.read(i)
        const call = calls.run(
          i,
          "MessagePage",
          Effect.sync(() => void running.push(i)),
        )
        fibers.push(yield* start(Effect.andThen(call, calls.answered(i, Deferred.await(taken)))))
      }
      yield* Effect.yieldNow
      assert.deepStrictEqual(running, [0, 1, 2, 3])
      yield* Deferred.succeed(taken, undefined)
      for (const fiber of fibers) yield* Fiber.join(fiber)
      assert.deepStrictEqual(running, [0, 1, 2, 3, 4])
      assert.strictEqual(calls.size, 0)
    }),
  )

  it.effect("with a long answer counts over all connections of its user, until the connection ends", () =>
    Effect.gen(function* () {
      const ofUser = Semaphore.makeUnsafe(longOfUser)
      const connections = [newCalls(ofUser), newCalls(ofUser), newCalls(ofUser)] as const
      let running = 0
      const ask = Effect.fnUntraced(function* (calls: RpcCalls, id: number) {
        yield* calls.read(id)
        const call = calls.run(
          id,
          "History",
          Effect.sync(() => running++),
        )
        return yield* start(Effect.andThen(call, calls.answered(id, Effect.never)))
      })
      const unread = []
      for (const calls of connections.slice(0, 2)) for (let i = 0; i < 4; i++) unread.push(yield* ask(calls, i))
      yield* ask(connections[2], 0)
      yield* Effect.yieldNow
      assert.strictEqual(running, longOfUser)
      for (const fiber of unread.slice(0, 4)) yield* Fiber.interrupt(fiber)
      connections[0].close()
      yield* Effect.yieldNow
      assert.strictEqual(running, longOfUser + 1)
    }),
  )
})

it("hundreds of calls that want no answer, are invalid or are repeated stop no connection", {
  timeout: 60_000,
}, async () => {
  const server = await sharedServer()
  const { access_token } = await Person.signUp(server.url, "caller")
  const socket = new WebSocket(`${server.wsUrl}/rpc?token=${access_token}`)
  await once(socket, "open")
  const call = (id: string, more: object = {}) =>
    socket.send(JSON.stringify({ _tag: "Request", id, tag: "Me", payload: null, headers: [], ...more }))
  for (let i = 0; i < 100; i++) {
    call(`n${i}`, { isNotification: true })
    call(`d${i}`, { discard: true })
    call(`b${i}`, { payload: "nonsense", isNotification: true })
    call(`u${i}`, { tag: "Unknown" })
    socket.send(JSON.stringify({ _tag: "Interrupt", requestId: `n${i}` }))
  }
  const answered = new Promise<boolean>((resolve) => {
    socket.on("message", (data) => {
      const { exit, requestId } = JSON.parse(String(data))
      if (requestId === "last") resolve(exit._tag === "Success")
    })
  })
  call("last")
  assert.isTrue(await answered)
  socket.terminate()
})
