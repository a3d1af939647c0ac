// What a real socket reports about its network; a peer that reads nothing costs no memory.
import { once } from "node:events"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { UserId } from "../../src/domain/Ids.ts"
import { Hub } from "../../src/hub/Hub.ts"
import { addGroup } from "../support/chat.ts"
import { dial, layer, serve, tokenOf, until } from "../support/sockets.ts"

/** More than the kernel takes for a peer that reads nothing. */
const large = Buffer.alloc(32 * 1_048_576)

/** A socket of this user whose client reads nothing, and what the server has of it. */
const connectUnread = Effect.fnUntraced(function* (user_id: UserId) {
  const { state } = yield* Hub
  const { socket } = yield* dial(`${yield* serve}/ws?token=${tokenOf(user_id)}`)
  yield* Effect.promise(() => once(socket, "open"))
  yield* until(() => state.listeners.devices === 1, "the device")
  socket.pause()
  const [device] = state.listeners.users.get(user_id)!.devices
  // Not a frame: a reader gives up.
  device!.outbox.writeExempt(large)
  assert.isAbove(device!.wire.pending, 0)
  return { state, socket, device: device! }
})

describe("A socket's wire", () => {
  it.live("notices each byte that the network takes, also of a write that has not ended", () =>
    Effect.gen(function* () {
      const { ids } = yield* addGroup(1)
      const { device, socket } = yield* connectUnread(ids[0]!)
      device.wire.moved()
      assert.isFalse(device.wire.moved())
      const pending = device.wire.pending
      const tcp = socket["_socket" as keyof typeof socket] as unknown as NodeJS.ReadableStream
      tcp.resume()
      tcp.once("data", () => tcp.pause())
      yield* until(() => device.wire.moved(), "the network")
      assert.isAtLeast(device.wire.pending, pending, "the write has not ended")
    }).pipe(Effect.provide(layer())),
  )

  it.live("answers no pings while the network takes nothing", () =>
    Effect.gen(function* () {
      const { ids } = yield* addGroup(1)
      const { device, socket, state } = yield* connectUnread(ids[0]!)
      const { pending } = device.wire
      for (let i = 0; i < 2_000; i++) socket.ping(Buffer.alloc(125))
      const { framesIn } = state.stats
      socket.send(JSON.stringify({ type: "typing", chat_id: 999 }))
      yield* until(() => state.stats.framesIn > framesIn, "the frame behind the pings")
      assert.strictEqual(device.wire.pending, pending)
    }).pipe(Effect.provide(layer())),
  )

  it.live("answers pings otherwise", () =>
    Effect.gen(function* () {
      const { ids } = yield* addGroup(1)
      const { socket } = yield* dial(`${yield* serve}/ws?token=${tokenOf(ids[0]!)}`)
      yield* Effect.promise(() => once(socket, "open"))
      const pong = once(socket, "pong")
      socket.ping("are you there?")
      assert.strictEqual(String((yield* Effect.promise(() => pong))[0]), "are you there?")
    }).pipe(Effect.provide(layer())),
  )
})
