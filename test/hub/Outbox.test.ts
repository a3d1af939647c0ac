// What waits for one device, and what happens when it reads slowly.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer } from "effect"
import { Flusher } from "../../src/hub/delivery/Flusher.ts"
import { Outbox } from "../../src/hub/delivery/Outbox.ts"
import { textFrame, textsOf } from "../../src/hub/frames/FrameBytes.ts"
import { Messages } from "../../src/services/Messages.ts"
import { addGroup } from "../support/chat.ts"
import { connect, FakeWire, layer, settled, until } from "../support/sockets.ts"

/** A flusher whose timers are ended by hand. */
const makeFlusher = () => {
  const timers: Array<() => void> = []
  return { flusher: new Flusher((_, callback) => timers.push(callback)), timers }
}
const clock = { coarseNow: 1 }
const make = () => {
  const wire = new FakeWire()
  const { flusher } = makeFlusher()
  return { wire, flusher, outbox: new Outbox(wire, flusher, clock) }
}
const frame = (n: number) => textFrame(JSON.stringify({ type: "n", n }))
const heard = (wire: FakeWire) => wire.frames.map(({ n }) => n)
const range = (count: number) => Array.from({ length: count }, (_, i) => i)

describe("An outbox", () => {
  it("keeps the order and writes once a flush", () => {
    const { flusher, outbox, wire } = make()
    for (const n of range(100)) assert.isTrue(outbox.push(frame(n), 1))
    assert.strictEqual(wire.writes, 0)
    flusher.flush()
    assert.strictEqual(wire.writes, 1)
    assert.deepStrictEqual(heard(wire), range(100))
  })

  it("writes an awaited answer before events to others, unless another was first", () => {
    const { flusher } = makeFlusher()
    const [asking, other] = [new FakeWire(), new FakeWire()]
    const [askingOutbox, otherOutbox] = [new Outbox(asking, flusher, clock), new Outbox(other, flusher, clock)]
    const answer = (outbox: Outbox, n: number, last = true) => {
      outbox.push(frame(n), 1)
      flusher.answered(outbox, last)
    }
    answer(askingOutbox, 0)
    assert.deepStrictEqual(heard(asking), [0])
    for (const outbox of [askingOutbox, otherOutbox]) outbox.push(frame(1), 1)
    flusher.answered(askingOutbox, true)
    assert.deepStrictEqual([asking.writes, other.writes], [1, 0])
    flusher.flush()
    assert.deepStrictEqual([heard(asking), heard(other)], [[0, 1], [1]])

    // Another answer is to follow.
    answer(askingOutbox, 2, false)
    assert.deepStrictEqual(heard(asking), [0, 1])
    flusher.flush()
    otherOutbox.push(frame(2), 1)
    answer(askingOutbox, 3)
    flusher.answered(otherOutbox, true)
    assert.deepStrictEqual([asking.writes, other.writes], [3, 1])
    flusher.flush()
    assert.deepStrictEqual(
      [heard(asking), heard(other)],
      [
        [0, 1, 2, 3],
        [1, 2],
      ],
    )
  })

  describe("of a crowd", () => {
    const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
    const makeCrowd = (members: number) => {
      const { flusher, timers } = makeFlusher()
      const wires = range(members).map(() => new FakeWire())
      const outboxes = wires.map((wire) => new Outbox(wire, flusher, clock))
      const told = () => wires.filter(({ writes }) => writes > 0).length
      const tell = (n: number) => {
        const bytes = frame(n)
        for (const outbox of outboxes) outbox.push(bytes, 1)
      }
      return { flusher, timers, wires, outboxes, told, tell }
    }

    it("is flushed soon after the first third when no command is under way", async () => {
      const { flusher, outboxes, tell, timers, told } = makeCrowd(210)
      flusher.commandTaken()
      flusher.answered(outboxes[0]!, false)
      tell(0)
      flusher.flush()
      const turns = [told()]
      for (let i = 0; i < 2; i++) {
        await turn()
        turns.push(told())
      }
      assert.deepStrictEqual(turns, [70, 70, 210])
      assert.deepStrictEqual(timers, [])
    })

    it("is flushed with the next commit while commands are under way, each third after three at the latest", async () => {
      const { flusher, tell, timers, told, wires } = makeCrowd(210)
      flusher.commandTaken()
      const turns: Array<number> = []
      for (const n of range(4)) {
        tell(n)
        flusher.flush()
        // The end of a wait that was overtaken.
        timers.at(-1)?.()
        turns.push(told())
        for (let i = 0; i < 3; i++) await turn()
      }
      assert.deepStrictEqual(turns, [70, 140, 210, 210])
      assert.deepStrictEqual(heard(wires[0]!), [0, 1, 2, 3])
      assert.deepStrictEqual(heard(wires[70]!), [0, 1])
      assert.deepStrictEqual(heard(wires[209]!), [0, 1, 2])
      assert.strictEqual(wires[209]!.writes, 1)
    })

    it("is flushed after a while when a commit takes long", async () => {
      const { flusher, tell, timers, told, wires } = makeCrowd(210)
      flusher.commandTaken()
      tell(0)
      flusher.flush()
      for (let i = 0; i < 5; i++) await turn()
      assert.deepStrictEqual([told(), timers.length], [70, 1])
      timers[0]?.()
      assert.strictEqual(told(), 210)
      timers[0]?.()
      assert.isTrue(wires.every(({ writes }) => writes === 1))
    })

    it("has its answers at once, also while it is held back, and devices outside of large groups are never held back", async () => {
      const { flusher, outboxes, tell, wires } = makeCrowd(210)
      flusher.commandTaken()
      tell(0)
      flusher.flush()
      for (let i = 0; i < 3; i++) await turn()
      const held = wires[209]!
      outboxes[209]?.push(frame(1), 1)
      flusher.commandTaken()
      flusher.answered(outboxes[209]!, false)
      await turn()
      assert.deepStrictEqual(heard(held), [0, 1])
      const other = new FakeWire()
      new Outbox(other, flusher, clock).push(frame(1), 1)
      await turn()
      assert.deepStrictEqual([heard(other), heard(wires[208]!)], [[1], []])
    })

    it("shares one copy of what many wait for, and no other", () => {
      const { flusher } = makeFlusher()
      const copies: Array<Buffer> = []
      const [one, two, three] = [frame(1), frame(2), frame(3)]
      for (const parts of [
        [one, two],
        [one, two],
        [one, three],
        [one, two, three],
        [one, two],
      ]) {
        const wire = new FakeWire()
        const outbox = new Outbox(
          Object.assign(wire, { write: (bytes: Buffer) => copies.push(bytes) > 0 }),
          flusher,
          clock,
        )
        for (const bytes of parts) outbox.push(bytes, 1)
      }
      flusher.flush()
      assert.strictEqual(copies[0], copies[1])
      assert.deepStrictEqual(
        copies.map((bytes) => textsOf(bytes).join("")),
        ["12", "12", "13", "123", "12"].map((all) => [...all].map((n) => `{"type":"n","n":${n}}`).join("")),
      )
    })
  })

  it("is full at 1,024 frames, those included that the network has not taken; at half it leaves out what may be lost", () => {
    const { flusher, outbox, wire } = make()
    wire.stalled = true
    for (const n of range(24)) outbox.push(frame(n), 1)
    flusher.flush()
    for (const n of range(487)) assert.isTrue(outbox.push(frame(24 + n), 1))
    assert.isTrue(outbox.pushDroppable(frame(511), 250))
    assert.isFalse(outbox.pushDroppable(frame(-1), 250))
    for (const n of range(512)) assert.isTrue(outbox.push(frame(512 + n), 1))
    assert.isFalse(outbox.push(frame(1_024), 1))
    wire.pending = 0
    wire.stalled = false
    outbox.drained()
    assert.deepStrictEqual(heard(wire), range(1_024))
    assert.isTrue(outbox.push(frame(1_024), 1))
  })

  it("lets what may be lost go with the next write, and asks for one write of its own for all of it", () => {
    const { flusher, timers } = makeFlusher()
    const [talking, quiet] = [new FakeWire(), new FakeWire()]
    const [one, other] = [new Outbox(talking, flusher, clock), new Outbox(quiet, flusher, clock)]
    for (const n of range(100)) for (const outbox of [one, other]) assert.isTrue(outbox.pushDroppable(frame(n), 250))
    flusher.flush()
    assert.deepStrictEqual([talking.writes, quiet.writes, timers.length], [0, 0, 1])
    one.push(frame(100), 1)
    flusher.flush()
    assert.deepStrictEqual([talking.writes, heard(talking)], [1, range(101)])
    // Typing waits shorter than presence, and takes along what waits.
    assert.isTrue(other.pushDroppable(frame(100), 50))
    assert.strictEqual(timers.length, 2)
    timers[1]!()
    assert.deepStrictEqual([quiet.writes, heard(quiet)], [1, range(101)])
    timers[0]!()
    assert.deepStrictEqual([talking.writes, quiet.writes], [1, 1])
    assert.isTrue(other.pushDroppable(frame(101), 250))
    assert.strictEqual(timers.length, 3)
    timers[2]!()
    assert.deepStrictEqual(heard(quiet), range(102))
  })

  it("does not gather more than some hundred frames that may be lost", () => {
    const { flusher, outbox, wire } = make()
    for (const n of range(300)) outbox.pushDroppable(frame(n), 250)
    flusher.flush()
    assert.deepStrictEqual(heard(wire), range(300))
  })

  it("is full at 1 MiB", () => {
    const { flusher, outbox, wire } = make()
    wire.stalled = true
    const big = textFrame(JSON.stringify("x".repeat(60_000)))
    outbox.push(big, 1)
    flusher.flush()
    let taken = 1
    while (outbox.push(big, 1)) taken++
    assert.strictEqual(taken, Math.ceil(1_048_576 / big.length))
  })

  it("does not count hello and replays, however big", () => {
    const { outbox, wire } = make()
    wire.stalled = true
    outbox.writeExempt(Buffer.concat(range(2_000).map(() => textFrame(JSON.stringify({ n: "x".repeat(1_000) })))))
    assert.isFalse(outbox.ready)
    for (const n of range(1_024)) assert.isTrue(outbox.push(frame(n), 1), String(n))
    assert.isFalse(outbox.push(frame(0), 1))
  })

  it.effect("closes its device with 4001 when it is full, and nothing waits for that", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [a, b] = yield* Effect.forEach(ids, (id) => connect(id))
      b!.stalled = true
      for (let i = 0; i < 12; i++) {
        for (let k = 0; k < 100; k++) a!.say({ type: "message", chat_id, text: "t" })
        yield* until(() => a!.ofType("message").length === (i + 1) * 100)
      }
      yield* settled
      assert.strictEqual(b!.closed?.code, 4001)
      assert.strictEqual(a!.closed, undefined)
    }).pipe(Effect.provide(layer())),
  )
})

describe("A sender", () => {
  it.effect("is not read from while 512 of its commands are unanswered, and all of them are taken in order", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(1)
      const wire = yield* connect(ids[0]!)
      for (let i = 0; i < 700; i++) wire.say({ type: "message", chat_id, text: `t${i}`, ref: i })
      assert.isTrue(wire.paused)
      assert.strictEqual(wire.device?.inFlight, 512)
      yield* until(() => wire.ofType("ack").length === 700)
      assert.isFalse(wire.paused)
      assert.deepStrictEqual(
        wire.ofType("ack").map(({ ref, seq }) => [ref, seq]),
        range(700).map((i) => [i, i + 1]),
      )
    }).pipe(Effect.provide(layer())),
  )

  it.effect("waits in line behind a look-up, and is not read from when the line is long", () => {
    const go = Deferred.makeUnsafe<void>()
    const slow = Layer.effect(
      Messages,
      Effect.map(Messages, (messages) =>
        Messages.of({
          ...messages,
          place: (by, id) => Effect.andThen(Deferred.await(go), messages.place(by, id)),
        }),
      ),
    )
    return Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(1)
      const wire = yield* connect(ids[0]!)
      const { message_id } = yield* wire.ask({ type: "message", chat_id, text: "first" })
      wire.say({ type: "edit", message_id, text: "edited", ref: -1 })
      for (let i = 0; i < 300; i++) wire.say({ type: "message", chat_id, text: `t${i}`, ref: i })
      yield* settled
      assert.isTrue(wire.paused)
      assert.strictEqual(wire.ofType("ack").length, 1)
      const long = yield* connect(ids[0]!)
      long.say({ type: "edit", message_id, text: "edited", ref: -1 })
      // 32 KB each.
      for (let i = 0; i < 3; i++) {
        assert.strictEqual(long.paused, i === 2)
        long.say(`{"type":"ping","ref":${i}}`.padEnd(32_768))
      }
      yield* Deferred.succeed(go, undefined)
      yield* until(() => long.ofType("pong").length === 3)
      assert.isFalse(long.paused)
      yield* until(() => wire.ofType("ack").length === 302)
      yield* settled
      assert.isFalse(wire.paused)
      const told = wire.frames.filter(({ version }) => version !== undefined)
      assert.deepStrictEqual(
        told.slice(0, 3).map(({ type }) => type),
        ["message", "message_updated", "message"],
      )
      assert.deepStrictEqual(
        told.slice(2).map(({ text }) => text),
        range(300).map((i) => `t${i}`),
      )
    }).pipe(Effect.provide(layer({}, slow)))
  })
})
