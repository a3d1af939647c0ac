// Nothing is missed: hello joined to live events, sync and resume, with any events in between.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Unavailable } from "../../src/domain/errors.ts"
import type { UserId } from "../../src/domain/Ids.ts"
import { Hub } from "../../src/hub/Hub.ts"
import { greet } from "../../src/hub/Opening.ts"
import { PositionReads } from "../../src/hub/PositionReads.ts"
import { Replays } from "../../src/hub/replay/Replays.ts"
import { Syncs } from "../../src/hub/replay/Sync.ts"
import { StateReplays } from "../../src/hub/state/StateReplays.ts"
import { Chats } from "../../src/services/Chats.ts"
import { Changes } from "../../src/sql/changes/Changes.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { StateStore } from "../../src/sql/state/StateStore.ts"
import { addGroup, addUsers } from "../support/chat.ts"
import { connect, type FakeWire, layer, open, settled, until } from "../support/sockets.ts"

const versions = (wire: FakeWire) =>
  wire.frames.filter(({ type, version }) => version !== undefined && type !== "reset").map(({ version }) => version)
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const sayMany = Effect.fnUntraced(function* (wire: FakeWire, chat_id: number, count: number) {
  const before = wire.ofType("ack").length
  for (let i = 0; i < count; i++) wire.say({ type: "message", chat_id, text: `t${i}` })
  yield* until(() => wire.ofType("ack").length === before + count, "acks")
  yield* settled
})

/** Memberships cannot be read while the database is unavailable. */
const unknown = (isAway: () => boolean) =>
  Layer.effect(
    ChatStore,
    Effect.map(ChatStore, (rows) =>
      ChatStore.of({
        ...rows,
        isMember: (...args) =>
          Effect.suspend(() => (isAway() ? Effect.fail(new Unavailable({})) : rows.isMember(...args))),
      }),
    ),
  )

describe("Subscribe, then read", () => {
  it.effect("an event between the subscription and the read is sent once, by hello or by itself", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      const twin = yield* connect(ids[1]!)
      const late = yield* open(ids[1]!)
      yield* sayMany(a, chat_id, 3)
      assert.deepStrictEqual(late.wire.frames, [])
      yield* late.greet
      yield* sayMany(a, chat_id, 3)
      assert.strictEqual(late.wire.frames[0]?.type, "hello")
      assert.strictEqual(late.wire.frames[0]?.chats[0].version, 4)
      assert.deepStrictEqual(versions(late.wire), range(5, 7))
      assert.deepStrictEqual(versions(twin), range(2, 7))
    }).pipe(Effect.provide(layer())),
  )

  it.effect("an event while the positions are read is sent after hello, which does not contain it", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const rows = yield* ChatStore
      const a = yield* connect(ids[0]!)
      const { state } = yield* Hub
      const go = yield* Deferred.make<void>()
      const read = yield* rows.positions(ids[1]!, [chat_id])
      yield* connect(ids[1]!)
      const { wire } = yield* open(ids[1]!)
      const changes = yield* Changes
      const syncs = new Syncs(new Replays(changes, 1), new StateReplays(yield* StateStore, 1), rows, (effect) =>
        Effect.runFork(effect),
      )
      const slow = { ...rows, positions: () => Effect.as(Deferred.await(go), read) }
      const greeting = yield* Effect.forkChild(
        greet(state, syncs, slow, new PositionReads(slow, Effect.runFork), wire.device!),
      )
      yield* sayMany(a, chat_id, 2)
      assert.deepStrictEqual(wire.frames, [])
      yield* Deferred.succeed(go, undefined)
      yield* until(() => wire.frames.length === 3)
      assert.deepStrictEqual(
        wire.frames.map(({ type }) => type),
        ["hello", "message", "message"],
      )
      assert.strictEqual(wire.frames[0]?.chats[0].version, 1)
      assert.deepStrictEqual(versions(wire), [2, 3])
      void greeting
    }).pipe(Effect.provide(layer())),
  )

  it.effect("reading first and subscribing afterwards would lose it", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const rows = yield* ChatStore
      const a = yield* connect(ids[0]!)
      const [position] = yield* rows.positions(ids[1]!, [chat_id])
      yield* sayMany(a, chat_id, 1)
      const late = yield* connect(ids[1]!)
      yield* sayMany(a, chat_id, 1)
      assert.deepStrictEqual(versions(late), [3])
      assert.isBelow(position!.version + 1, 3, "version 2 is in neither")
    }).pipe(Effect.provide(layer())),
  )

  it.effect("holds for every moment at which a device connects", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      const wires: Array<FakeWire> = []
      for (let i = 0; i < 40; i++) {
        a.say({ type: "message", chat_id, text: `t${i}` })
        if (i % 3 === 0) yield* Effect.yieldNow
        const { greet, wire } = yield* open(ids[1]!)
        wires.push(wire)
        a.say({ type: "message", chat_id, text: `u${i}` })
        yield* Effect.forkChild(greet)
      }
      yield* until(() => a.ofType("message").length === 80)
      yield* settled
      for (const wire of wires) {
        assert.strictEqual(wire.frames[0]?.type, "hello")
        assert.deepStrictEqual(versions(wire), range(wire.frames[0]?.chats[0].version + 1, 81))
        assert.strictEqual(wire.device?.gates, undefined)
      }
    }).pipe(Effect.provide(layer())),
  )

  it.effect("a removal while the list of chats is being read wins over what was read", () => {
    const reading = Deferred.makeUnsafe<void>()
    const go = Deferred.makeUnsafe<void>()
    let slowUser: UserId | undefined
    const slowRows = Layer.effect(
      ChatStore,
      Effect.map(ChatStore, (rows) =>
        ChatStore.of({
          ...rows,
          positionsOf: (pages) =>
            Effect.flatMap(rows.positionsOf(pages), (positions) =>
              pages.every(({ user_id }) => user_id !== slowUser)
                ? Effect.succeed(positions)
                : Effect.as(Effect.andThen(Deferred.succeed(reading, undefined), Deferred.await(go)), positions),
            ),
        }),
      ),
    )
    return Effect.gen(function* () {
      const { chat_id, ids, owner } = yield* addGroup(3)
      const chats = yield* Chats
      slowUser = ids[1]!
      const other = yield* connect(ids[2]!)
      const opening = yield* Effect.forkChild(connect(ids[1]!))
      yield* Deferred.await(reading)
      yield* chats.removeMember(owner, chat_id, ids[1]!)
      yield* until(() => other.ofType("member_removed").length === 1)
      yield* Deferred.succeed(go, undefined)
      const { state } = yield* Hub
      yield* until(() => state.listeners.devices === 2)
      yield* sayMany(other, chat_id, 1)
      assert.isFalse(state.listeners.isIn(state.listeners.users.get(ids[1]!)!, chat_id))
      const wire = [...state.listeners.users.get(ids[1]!)!.devices][0]!.wire as FakeWire
      assert.deepStrictEqual(
        wire.frames.map(({ type }) => type),
        ["hello"],
      )
      assert.deepStrictEqual(wire.frames[0]?.chats, [])
      void opening
    }).pipe(Effect.provide(layer({}, slowRows)))
  })
})

describe("sync", () => {
  it.effect("sends what was missed, in version order, then the live events, then the versions", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      yield* sayMany(a, chat_id, 10)
      const b = yield* connect(ids[1]!, { resume: true })
      yield* sayMany(a, chat_id, 5)
      assert.deepStrictEqual(versions(b), [])
      const synced = yield* b.ask({ type: "sync", cursors: { [chat_id]: 4 } })
      assert.strictEqual(synced.type, "synced")
      assert.deepStrictEqual(synced.cursors, { [chat_id]: 16 })
      yield* sayMany(a, chat_id, 2)
      assert.deepStrictEqual(versions(b), range(5, 18))
      assert.strictEqual(b.device?.gates, undefined)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("answers for a chat that is not mine with chat_gone, and for a cursor above with reset", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(1)
      const [stranger] = yield* addUsers(1)
      const a = yield* connect(ids[0]!)
      const b = yield* connect(stranger!)
      yield* b.ask({ type: "sync", cursors: { [chat_id]: 0, 999: 1 } })
      assert.deepStrictEqual(
        b.ofType("chat_gone").map((frame) => frame.chat_id),
        [chat_id, 999],
      )
      const synced = yield* a.ask({ type: "sync", cursors: { [chat_id]: 50 } })
      assert.deepStrictEqual(a.ofType("reset"), [{ type: "reset", chat_id, version: 1 }])
      assert.deepStrictEqual(synced.cursors, { [chat_id]: 1 })
      assert.strictEqual((yield* a.ask({ type: "sync", cursors: { one: 1 } })).code, "invalid")
      yield* sayMany(a, chat_id, 1)
      assert.deepStrictEqual(versions(a), [2])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("shows a replayed message's dedup_key to its sender alone", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [a, b] = yield* Effect.forEach(ids, (id) => connect(id))
      yield* a!.ask({ type: "message", chat_id, text: "t", dedup_key: "k" })
      yield* settled
      yield* a!.ask({ type: "sync", cursors: { [chat_id]: 1 } })
      yield* b!.ask({ type: "sync", cursors: { [chat_id]: 1 } })
      assert.deepStrictEqual(
        a!.ofType("message").map(({ dedup_key }) => dedup_key),
        ["k", "k"],
      )
      assert.deepStrictEqual(
        b!.ofType("message").map(({ dedup_key }) => dedup_key),
        [null, null],
      )
    }).pipe(Effect.provide(layer())),
  )

  it.effect("a resuming client that never syncs receives everything after 10 s", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      const b = yield* connect(ids[1]!, { resume: true })
      yield* sayMany(a, chat_id, 3)
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual(versions(b), [])
      yield* TestClock.adjust("1 seconds")
      yield* settled
      assert.deepStrictEqual(versions(b), [2, 3, 4])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("more than may be held is read from the database instead", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      const b = yield* connect(ids[1]!, { resume: true })
      for (let i = 0; i < 15; i++) yield* sayMany(a, chat_id, 100)
      assert.strictEqual(b.closed, undefined)
      yield* b.ask({ type: "sync", cursors: { [chat_id]: 1 } })
      yield* sayMany(a, chat_id, 1)
      assert.deepStrictEqual(versions(b), range(2, 1_502))

      const c = yield* connect(ids[1]!, { resume: true, device: 2 })
      for (let i = 0; i < 12; i++) yield* sayMany(a, chat_id, 100)
      yield* TestClock.adjust("10 seconds")
      yield* until(() => versions(c).length === 1_200)
      assert.deepStrictEqual(versions(c), range(1_503, 2_702))
    }).pipe(Effect.provide(layer())),
  )

  it.effect.each([50, 400, 1_100])(
    "a replay waits for the network and does not count; %i live events follow it",
    (live) =>
      Effect.gen(function* () {
        const { chat_id, ids } = yield* addGroup(2)
        const a = yield* connect(ids[0]!)
        for (let i = 0; i < 30; i++) yield* sayMany(a, chat_id, 100)
        const b = yield* connect(ids[1]!, { resume: true })
        b.stalled = true
        b.say({ type: "sync", cursors: { [chat_id]: 1 }, ref: "s" })
        yield* settled
        const first = versions(b).length
        assert.isAbove(first, 0)
        assert.isBelow(first, 400)
        yield* sayMany(a, chat_id, live)
        assert.strictEqual(versions(b).length, first)
        assert.strictEqual(b.closed, undefined)
        b.drain()
        yield* until(() => b.ofType("synced").length === 1)
        yield* settled
        assert.deepStrictEqual(versions(b), range(2, 3_001 + live))
      }).pipe(Effect.provide(layer())),
  )

  it.effect("a resuming client whose sync fails after its 10 s receives everything then", () => {
    const go = Deferred.makeUnsafe<void>()
    const away = Layer.merge(
      Layer.succeed(
        Changes,
        Changes.of({
          since: () => Effect.andThen(Deferred.await(go), Effect.fail(new Unavailable({}))),
          log: () => Effect.die("not part of this test"),
          hole: () => Effect.die("not part of this test"),
        }),
      ),
      unknown(() => true),
    )
    return Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      const b = yield* connect(ids[1]!, { resume: true })
      b.say({ type: "sync", cursors: { [chat_id]: 0 } })
      yield* sayMany(a, chat_id, 2)
      yield* TestClock.adjust("11 seconds")
      assert.deepStrictEqual(versions(b), [])
      yield* Deferred.succeed(go, undefined)
      yield* settled
      assert.deepStrictEqual(
        b.ofType("error").map(({ code }) => code),
        ["unavailable"],
      )
      assert.deepStrictEqual(versions(b), [2, 3])
    }).pipe(Effect.provide(layer({}, away)))
  })

  it.effect("a chat at the version of the cursor is not read", () => {
    const reads: Array<number> = []
    const counted = Layer.effect(
      Changes,
      Effect.map(Changes, (changes) =>
        Changes.of({
          ...changes,
          since: (...args) =>
            Effect.suspend(() => {
              reads.push(args[0])
              return changes.since(...args)
            }),
        }),
      ),
    )
    return Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [ada, bob] = [ids[0]!, ids[1]!]
      const rows = yield* ChatStore
      const create = { type: "private", name: null, created_by: bob, created_at: 0 } as const
      const quiet = yield* rows.create({ ...create, member_ids: [(yield* addUsers(1))[0]!] })
      const a = yield* connect(ada)
      yield* sayMany(a, chat_id, 3)
      const b = yield* connect(bob, { resume: true })
      const cursors = { [chat_id]: 4, [quiet.chat_id]: 1 }
      assert.deepStrictEqual((yield* b.ask({ type: "sync", cursors })).cursors, cursors)
      assert.deepStrictEqual(reads, [])
      yield* sayMany(a, chat_id, 2)
      assert.deepStrictEqual(versions(b), [5, 6])

      const late = yield* connect(bob, { resume: true, device: 2 })
      yield* sayMany(a, chat_id, 1)
      const moved = yield* late.ask({ type: "sync", cursors: { [chat_id]: 6, [quiet.chat_id]: 1 } })
      assert.deepStrictEqual(moved.cursors, { [chat_id]: 7, [quiet.chat_id]: 1 })
      assert.deepStrictEqual(versions(late), [7])
      assert.deepStrictEqual(reads, [chat_id])

      const behind = yield* connect(bob, { resume: true, device: 3 })
      yield* behind.ask({ type: "sync", cursors: { [chat_id]: 5, [quiet.chat_id]: 2 } })
      assert.deepStrictEqual(versions(behind), [6, 7])
      assert.strictEqual(behind.ofType("reset").length, 1)
      // A sync on an open socket means that the client doubts its own state.
      yield* behind.ask({ type: "sync", cursors: { [chat_id]: 7 } })
      assert.deepStrictEqual(reads, [chat_id, chat_id, quiet.chat_id, chat_id])
    }).pipe(Effect.provide(layer({}, counted)))
  })

  it.effect("an unavailable database answers the sync with an error and keeps no event back for ever", () => {
    let away = false
    const flaky = Layer.merge(
      Layer.effect(
        Changes,
        Effect.map(Changes, (changes) =>
          Changes.of({
            ...changes,
            since: (...args) =>
              Effect.suspend(() => (away ? Effect.fail(new Unavailable({})) : changes.since(...args))),
          }),
        ),
      ),
      unknown(() => away),
    )
    return Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [a, b] = yield* Effect.forEach(ids, (id) => connect(id))
      away = true
      assert.strictEqual((yield* b!.ask({ type: "sync", cursors: { [chat_id]: 1 } })).code, "unavailable")
      yield* sayMany(a!, chat_id, 2)
      assert.deepStrictEqual(versions(b!), [2, 3])
    }).pipe(Effect.provide(layer({}, flaky)))
  })
})
