// Users with very many chats: their hello is complete at any speed of the network, and delays no other user's.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { chatsAtOnce } from "../../src/hub/Greeting.ts"
import { Hub } from "../../src/hub/Hub.ts"
import { PositionReads } from "../../src/hub/PositionReads.ts"
import { ChatStore, type ChatsPage } from "../../src/sql/chats/ChatStore.ts"
import { addUsers } from "../support/chat.ts"
import { connect, dial, type FakeWire, layer, open, serve, settled, tokenOf } from "../support/sockets.ts"

const many = 3 * chatsAtOnce + 1

/** The user's groups, each with these others. */
const addGroups = Effect.fnUntraced(function* (
  count: number,
  created_by: UserId,
  ...member_ids: ReadonlyArray<UserId>
) {
  const rows = yield* ChatStore
  const ids: Array<ChatId> = []
  for (let i = 0; i < count; i++) {
    ids.push((yield* rows.create({ type: "group", name: "A group", created_by, member_ids, created_at: 0 })).chat_id)
  }
  return ids
})

const chatsOf = (wire: FakeWire): ReadonlyArray<number> =>
  wire.frames[0]?.chats.map(({ chat_id }: { chat_id: number }) => chat_id) ?? []

describe("A long hello", () => {
  it.effect("is one frame, written as the network accepts it, and live events follow it", () =>
    Effect.gen(function* () {
      const [ada, bob] = yield* addUsers(2)
      const ids = yield* addGroups(many, ada!, bob!)
      const other = yield* connect(bob!)
      const { greet, wire } = yield* open(ada!)
      wire.stalled = true
      const greeting = yield* Effect.forkChild(greet)
      const pieces: Array<number> = []
      for (let i = 0; i < 3; i++) {
        yield* settled
        pieces.push(wire.pending)
        assert.deepStrictEqual(wire.frames, [])
        // Events in a chat that is already sent, and in one that is not yet.
        for (const chat_id of [ids[0]!, ids.at(-1)!]) yield* other.ask({ type: "message", chat_id, text: `t${i}` })
        wire.pending = 0
        wire.device?.outbox.drained()
      }
      yield* settled
      wire.drain()
      yield* Fiber.join(greeting)
      yield* settled
      assert.strictEqual(wire.frames[0]?.type, "hello")
      assert.sameMembers([...chatsOf(wire)], ids)
      assert.deepStrictEqual(wire.frames[0]?.online, [bob])
      assert.isBelow(Math.max(...pieces), 65_536)
      for (const chat_id of [ids[0]!, ids.at(-1)!]) {
        const { version } = wire.frames[0]!.chats.find((chat: { chat_id: number }) => chat.chat_id === chat_id)
        const heard = wire.ofType("message").filter((message) => message.chat_id === chat_id)
        assert.deepStrictEqual(
          heard.map((message) => message.version),
          Array.from({ length: 4 - version }, (_, i) => version + 1 + i),
        )
      }
      assert.strictEqual(wire.device?.gates, undefined)
      assert.isFalse(wire.paused)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("ends with its device, and another of the user has it whole", () =>
    Effect.gen(function* () {
      const [ada] = yield* addUsers(1)
      const ids = yield* addGroups(many, ada!)
      const { greet, wire } = yield* open(ada!)
      wire.stalled = true
      const greeting = yield* Effect.forkChild(greet)
      yield* settled
      const second = yield* connect(ada!, { device: 2 })
      wire.device?.gone(1006)
      yield* Fiber.join(greeting)
      assert.deepStrictEqual(wire.frames, [])
      assert.sameMembers([...chatsOf(second)], ids)
      second.device?.gone(1000)
      yield* TestClock.adjust("11 seconds")
      const { state } = yield* Hub
      assert.strictEqual(state.listeners.chats.size + state.listeners.users.size, 0)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("of one user is under way four times at most; the others wait, and hold nothing", () =>
    Effect.gen(function* () {
      const [ada] = yield* addUsers(1)
      const ids = yield* addGroups(many, ada!)
      const devices = yield* Effect.forEach(Array.from({ length: 8 }), (_, i) => open(ada!, { device: i + 1 }))
      for (const { wire } of devices) wire.stalled = true
      const greetings = yield* Effect.forEach(devices, ({ greet }) => Effect.forkChild(greet))
      yield* settled
      assert.strictEqual(devices.filter(({ wire }) => wire.pending > 0).length, 4)
      for (let i = 0; i < 20; i++) {
        for (const { wire } of devices) wire.drain()
        yield* settled
      }
      for (const greeting of greetings) yield* Fiber.join(greeting)
      for (const { wire } of devices) assert.sameMembers([...chatsOf(wire)], ids)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("leaves a resuming client its time to sync from when it is out, however long that took", () =>
    Effect.gen(function* () {
      const [ada, bob] = yield* addUsers(2)
      const ids = yield* addGroups(many, ada!, bob!)
      const chat_id = ids[0]!
      const other = yield* connect(bob!)
      const { greet, wire } = yield* open(ada!, { resume: true })
      wire.stalled = true
      wire.pongs = false
      const greeting = yield* Effect.forkChild(greet)
      yield* settled
      yield* TestClock.adjust("15 seconds")
      yield* settled
      wire.drain()
      yield* Fiber.join(greeting)
      yield* other.ask({ type: "message", chat_id, text: "while it has not synced" })
      yield* TestClock.adjust("15 seconds")
      yield* settled
      assert.deepStrictEqual(wire.ofType("message"), [])
      // A sender need not have received anything; the pong shows that it has.
      wire.device?.noteAlive()
      yield* TestClock.adjust("15 seconds")
      yield* settled
      assert.deepStrictEqual(wire.ofType("message"), [])
      wire.device?.ponged(Buffer.of(1))
      assert.deepStrictEqual(wire.ofType("message"), [])
      yield* TestClock.adjust("9 seconds")
      yield* settled
      assert.deepStrictEqual(wire.ofType("message"), [])
      wire.say({ type: "sync", cursors: { [chat_id]: 1 } })
      yield* settled
      assert.strictEqual(wire.ofType("message").length, 1)
      assert.strictEqual(wire.frames.at(-1)?.type, "synced")
    }).pipe(Effect.provide(layer())),
  )

  it.effect("waits no longer than that for its sync", () =>
    Effect.gen(function* () {
      const [ada, bob] = yield* addUsers(2)
      const [chat_id] = yield* addGroups(1, ada!, bob!)
      const wire = yield* connect(ada!, { resume: true })
      const other = yield* connect(bob!)
      yield* other.ask({ type: "message", chat_id, text: "one" })
      yield* TestClock.adjust("9 seconds")
      yield* settled
      assert.deepStrictEqual(wire.ofType("message"), [])
      yield* TestClock.adjust("2 seconds")
      yield* settled
      assert.strictEqual(wire.ofType("message").length, 1)
    }).pipe(Effect.provide(layer())),
  )

  it.live("reaches a real client in one message", () =>
    Effect.gen(function* () {
      const [ada] = yield* addUsers(1)
      const ids = yield* addGroups(many, ada!)
      const { client } = yield* dial(`${yield* serve}/ws?token=${tokenOf(ada!)}`)
      const hello = yield* Effect.promise(() => client.hears(({ type }) => type === "hello"))
      assert.sameMembers(
        hello.chats.map(({ chat_id }: { chat_id: number }) => chat_id),
        ids,
      )
    }).pipe(Effect.scoped, Effect.provide(layer())),
  )
})

describe("Reading the positions of chats", () => {
  /** Statements wait until they are let go. */
  const slowly = Effect.gen(function* () {
    const rows = yield* ChatStore
    const asked: Array<ReadonlyArray<ChatsPage>> = []
    const waiting: Array<() => void> = []
    const reads = new PositionReads(
      {
        ...rows,
        positionsOf: (pages) =>
          Effect.callback((resume) => {
            asked.push(pages)
            waiting.push(() => resume(rows.positionsOf(pages)))
          }),
      },
      Effect.runFork,
    )
    const letGo = Effect.suspend(() => {
      for (const go of waiting.splice(0)) go()
      return settled
    })
    const read = (user_id: UserId) => Effect.forkChild(reads.positionsOf(user_id), { startImmediately: true })
    return { asked, letGo, read }
  })

  it.effect("of a user with many takes turns: others wait for one page of theirs at most", () =>
    Effect.gen(function* () {
      const [large, ...small] = yield* addUsers(5)
      const ids = yield* addGroups(1_000, large!)
      for (const user of small) yield* addGroups(3, user)
      const { asked, letGo, read } = yield* slowly
      const long = yield* read(large!)
      yield* settled
      yield* letGo
      const others: Array<Fiber.Fiber<ReadonlyArray<unknown>, unknown>> = []
      for (const user of small) {
        others.push(yield* read(user))
        yield* settled
        // Whatever is under way, and then theirs.
        yield* letGo
        yield* letGo
        assert.strictEqual((yield* Fiber.join(others.at(-1)!)).length, 3)
      }
      while (long.pollUnsafe() === undefined) yield* letGo
      assert.sameMembers(
        (yield* Fiber.join(long)).map(({ chat_id }) => chat_id),
        ids,
      )
      for (const pages of asked) {
        assert.isAtMost(pages.filter(({ user_id }) => user_id === large).length, 1)
        assert.isAtMost(
          pages.reduce((sum, { count }) => sum + count, 0),
          16 * 64 + 256,
        )
      }
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is one statement for the users of a turn and of those after it, until a turn brings nobody", () =>
    Effect.gen(function* () {
      const users = yield* addUsers(20)
      const { asked, read } = yield* slowly
      const arrive = (count: number) => Effect.forEach(users.splice(0, count), read)
      const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))
      yield* arrive(1)
      yield* turn
      yield* arrive(2)
      yield* turn
      assert.strictEqual(asked.length, 0)
      yield* settled
      assert.deepStrictEqual(
        asked.map((pages) => pages.length),
        [3],
      )
      // Sixteen wait for nobody.
      yield* arrive(17)
      yield* turn
      assert.deepStrictEqual(
        asked.map((pages) => pages.length),
        [3, 16],
      )
    }).pipe(Effect.provide(layer())),
  )

  it.effect("runs once at a time for a user; concurrent callers share the next", () =>
    Effect.gen(function* () {
      const [ada] = yield* addUsers(1)
      const [chat_id] = yield* addGroups(1, ada!)
      const { asked, letGo, read } = yield* slowly
      const first = yield* read(ada!)
      yield* settled
      const late = yield* Effect.forEach(Array.from({ length: 20 }), () => read(ada!))
      assert.strictEqual(asked.length, 1)
      yield* letGo
      assert.deepStrictEqual(
        [first.pollUnsafe() !== undefined, late[0]?.pollUnsafe(), asked.length],
        [true, undefined, 2],
      )
      yield* letGo
      for (const fiber of late) {
        assert.deepStrictEqual(
          (yield* Fiber.join(fiber)).map((position) => position.chat_id),
          [chat_id],
        )
      }
      assert.strictEqual(asked.length, 2)
    }).pipe(Effect.provide(layer())),
  )
})
