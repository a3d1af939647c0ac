// A connection to `/rpc` keeps the bounds, the heartbeat and the close codes of `/ws`.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Broadcast } from "../../src/broadcast/Broadcast.ts"
import { Hub } from "../../src/hub/Hub.ts"
import { addGroup, addUsers } from "../support/chat.ts"
import {
  askRpc,
  callRpc,
  connect,
  exitOf,
  layer,
  openRpc,
  sessionOf,
  settled,
  tokenOf,
  until,
} from "../support/sockets.ts"

const codeOf = (wire: Effect.Success<ReturnType<typeof openRpc>>) => wire.closed?.code

describe("A connection to /rpc", () => {
  it.effect("is pinged every 25 s, and closed with 4000 when it was silent for 60 s", () =>
    Effect.gen(function* () {
      const [id] = yield* addUsers(1)
      const wire = yield* openRpc(id!)
      yield* TestClock.adjust("26 seconds")
      assert.strictEqual(wire.pings, 1)
      wire.device?.noteAlive()
      yield* TestClock.adjust("55 seconds")
      assert.strictEqual(wire.pings, 3)
      assert.isUndefined(codeOf(wire))
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual(codeOf(wire), 4000)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is closed with 4002 when its token expires, unless it was given another one in time", () =>
    Effect.gen(function* () {
      const [id] = yield* addUsers(1)
      const wire = yield* openRpc(id!, { expires_at: 20_000 })
      const exit = yield* askRpc(wire, "Authenticate", { token: tokenOf(id!, { expires_at: 40_000 }) })
      assert.deepStrictEqual(exit, { _tag: "Success", value: { expires_at: "1970-01-01T00:00:40.000Z" } })
      yield* TestClock.adjust("30 seconds")
      assert.isUndefined(codeOf(wire))
      assert.strictEqual((yield* askRpc(wire, "Me"))._tag, "Success")
      yield* TestClock.adjust("11 seconds")
      assert.strictEqual(codeOf(wire), 4002)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("refuses a token that is invalid, of another user or of another session, and changes nothing", () =>
    Effect.gen(function* () {
      const [id, other] = yield* addUsers(2)
      const wire = yield* openRpc(id!, { expires_at: 20_000 })
      for (const token of [
        "nonsense",
        tokenOf(id!, { expires_at: -1 }),
        tokenOf(other!, { expires_at: 90_000 }),
        tokenOf(id!, { device: 2, expires_at: 90_000 }),
      ]) {
        const exit = yield* askRpc(wire, "Authenticate", { token })
        assert.strictEqual(exit._tag, "Failure")
        assert.strictEqual(exit.cause[0].error._tag, "NotAllowed")
      }
      yield* TestClock.adjust("19 seconds")
      assert.isUndefined(codeOf(wire))
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(codeOf(wire), 4002)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is closed with 4501 when its session ends, and its event stream with it", () =>
    Effect.gen(function* () {
      const { ids } = yield* addGroup(1)
      const { state } = yield* Hub
      const broadcast = yield* Broadcast
      const wire = yield* openRpc(ids[0]!)
      callRpc(wire, "Events", {})
      yield* until(() => state.listeners.devices === 1)
      yield* broadcast.publish({ _tag: "SessionsEnded", session_ids: [sessionOf(ids[0]!, 2)] })
      yield* settled
      assert.isUndefined(codeOf(wire))
      yield* broadcast.publish({ _tag: "SessionsEnded", session_ids: [sessionOf(ids[0]!)] })
      yield* until(() => wire.closed !== undefined)
      assert.strictEqual(codeOf(wire), 4501)
      yield* until(() => state.listeners.devices === 0)
      assert.strictEqual(state.listeners.callers.size, 0)
      assert.strictEqual(state.listeners.sessions.size, 0)
      assert.strictEqual(state.transports, 0)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is closed with 4500 after ten messages in a row that make no sense, and not before", () =>
    Effect.gen(function* () {
      const [id] = yield* addUsers(1)
      const wire = yield* openRpc(id!)
      const nonsense = [
        "{",
        "[]x",
        "7",
        `{"_tag":"Request"}`,
        { _tag: "Request", id: "a", tag: "Nothing", payload: null, headers: [] },
        { _tag: "Request", id: "b", tag: "GetUser", payload: { id: "x" }, headers: [] },
        { _tag: "Nonsense" },
        [{ _tag: "Ping" }, 7],
        "",
      ]
      for (let i = 0; i < 2; i++) {
        for (const message of nonsense) wire.say(message)
        yield* askRpc(wire, "Me")
      }
      assert.isUndefined(codeOf(wire))
      for (const message of nonsense) wire.say(message)
      yield* settled
      assert.isUndefined(codeOf(wire))
      wire.device?.receive(Buffer.from(`{"_tag":"Ping"}`), true)
      yield* until(() => wire.closed !== undefined)
      assert.strictEqual(codeOf(wire), 4500)
    }).pipe(Effect.provide(layer())),
  )

  it.effect(
    "that does not take its answers is not read any further, holds little, and is closed with 4001 after 30 s",
    () =>
      Effect.gen(function* () {
        const { chat_id, ids } = yield* addGroup(1)
        const speaker = yield* connect(ids[0]!)
        for (let i = 0; i < 50; i++) yield* speaker.ask({ type: "message", chat_id, text: "x".repeat(4_096) })
        const wire = yield* openRpc(ids[0]!)
        wire.stalled = true
        for (let i = 0; i < 2_000; i++) callRpc(wire, "MessagePage", { chat_id, limit: 50 })
        yield* settled
        yield* settled
        // Four pages of 50 messages, and no fifth.
        assert.isAbove(wire.pending, 200_000)
        assert.isBelow(wire.pending, 4 * 50 * 4_500)
        assert.isTrue(wire.paused)
        yield* TestClock.adjust("29 seconds")
        assert.isUndefined(codeOf(wire))
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual(codeOf(wire), 4001)
      }).pipe(Effect.provide(layer())),
  )

  it.effect("that asks for small things and pings without end holds little as well", () =>
    Effect.gen(function* () {
      const [id] = yield* addUsers(1)
      const wire = yield* openRpc(id!)
      wire.stalled = true
      for (let i = 0; i < 5_000; i++) {
        callRpc(wire, "Me")
        wire.say({ _tag: "Ping" })
        wire.say("nonsense")
      }
      yield* settled
      assert.isBelow(wire.pending, 65_536)
      assert.isTrue(wire.paused)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("that takes its answers slowly is kept, and is answered all it asked", () =>
    Effect.gen(function* () {
      const [id] = yield* addUsers(1)
      const wire = yield* openRpc(id!)
      wire.stalled = true
      const asked = Array.from({ length: 200 }, () => callRpc(wire, "Me"))
      yield* settled
      for (let i = 0; i < 20; i++) {
        yield* TestClock.adjust("20 seconds")
        wire.trickle()
      }
      assert.isUndefined(codeOf(wire))
      wire.drain()
      yield* until(() => asked.every((id) => exitOf(wire, id) !== undefined))
      assert.isFalse(wire.paused)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("whose event stream is not read is closed with 4001 when the queue of its device is full", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const wire = yield* openRpc(ids[0]!)
      const speaker = yield* connect(ids[1]!)
      callRpc(wire, "Events", {})
      yield* until(() => wire.frames.length > 0)
      // The client never acknowledges the first part of the stream.
      const text = "x".repeat(4_096)
      for (let i = 0; i < 400 && wire.closed === undefined; i++) {
        speaker.say({ type: "message", chat_id, text })
        if (i % 20 === 0) yield* settled
      }
      yield* until(() => wire.closed !== undefined)
      assert.strictEqual(codeOf(wire), 4001)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("has one event stream on its own place; each further one takes a place among the user's sockets", () =>
    Effect.gen(function* () {
      const { ids } = yield* addGroup(1)
      const { ports } = (yield* Hub).state
      assert.isTrue(yield* ports.places.take(ids[0]!))
      const wire = yield* openRpc(ids[0]!)
      const streams = [callRpc(wire, "Events", {}), callRpc(wire, "Events", {})]
      const chunksOf = (id: string) => wire.frames.filter((frame) => frame._tag === "Chunk" && frame.requestId === id)
      yield* until(() => streams.every((id) => chunksOf(id).length === 1))
      assert.strictEqual(ports.places.of(ids[0]!), 2)
      const third = yield* askRpc(wire, "Events", {})
      assert.strictEqual(third.cause[0].error._tag, "TooManyRequests")
      wire.say({ _tag: "Interrupt", requestId: streams[1] })
      yield* until(() => ports.places.of(ids[0]!) === 1)
      wire.device?.gone(1006)
      yield* until(() => ports.places.of(ids[0]!) === 0)
    }).pipe(Effect.provide(layer({ socketsPerUser: 2 }))),
  )

  it.effect("has no more frames of its user handled than their sockets together may send", () =>
    Effect.gen(function* () {
      const [id] = yield* addUsers(1)
      const [wire, device] = [yield* openRpc(id!), yield* connect(id!)]
      for (let i = 0; i < 6; i++) device.say({ type: "ping" })
      for (let i = 0; i < 6; i++) wire.say({ _tag: "Ping" })
      yield* settled
      const pongs = () => wire.frames.filter(({ _tag }) => _tag === "Pong").length
      assert.strictEqual(pongs(), 4)
      yield* TestClock.adjust("250 millis")
      yield* until(() => pongs() === 6)
    }).pipe(Effect.provide(layer({ framesPerSecond: 40 }))),
  )

  it.effect(
    "takes no call under an id that is under way, nor one after the client said that it has asked for all",
    () =>
      Effect.gen(function* () {
        const { ids } = yield* addGroup(1)
        const wire = yield* openRpc(ids[0]!)
        const defects = () => wire.frames.filter(({ _tag }) => _tag === "Defect").length
        const id = callRpc(wire, "Events", {})
        wire.say({ _tag: "Request", id, tag: "Events", payload: {}, headers: [] })
        yield* until(() => defects() === 1)
        wire.say({ _tag: "Eof" })
        callRpc(wire, "Me")
        yield* until(() => defects() === 2)
        assert.isUndefined(codeOf(wire))
      }).pipe(Effect.provide(layer())),
  )
})
