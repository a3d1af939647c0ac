// How many remote calls one connection may have under way, whatever it says about wanting answers.
import { once } from "node:events"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { WebSocket } from "ws"
import { RpcCalls } from "../../src/sockets/RpcCalls.ts"
import { Person } from "../support/person.ts"
import { Server } from "../support/server.ts"

const waits = (fiber: Fiber.Fiber<unknown>) => Effect.as(Effect.yieldNow, fiber.pollUnsafe() === undefined)

it.effect("a call that is answered when it begins counts until it has ended", () =>
  Effect.gen(function* () {
    const calls = yield* RpcCalls.make(1)
    yield* calls.read("1")
    const handler = yield* Effect.forkChild(calls.run("1", Effect.never), { startImmediately: true })
    yield* calls.answered("1")
    const next = yield* Effect.forkChild(calls.read("2"), { startImmediately: true })
    yield* Effect.yieldNow
    assert.isTrue(yield* waits(next))
    yield* Fiber.interrupt(handler)
    yield* Fiber.join(next)
  }),
)

it.effect("a call that never comes to a handler counts until it is answered", () =>
  Effect.gen(function* () {
    const calls = yield* RpcCalls.make(1)
    yield* calls.read("1")
    const next = yield* Effect.forkChild(calls.read("2"), { startImmediately: true })
    yield* Effect.yieldNow
    assert.isTrue(yield* waits(next))
    yield* calls.answered("1")
    yield* Fiber.join(next)
  }),
)

it("hundreds of calls that want no answer, are no calls or come twice stop nobody's connection", {
  timeout: 60_000,
}, async () => {
  await using server = await Server.start()
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
