// A broadcast that loses things on the way, on a clock of the test: what is found without it, when, and what is not looked for.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { TestClock } from "effect/testing"
import { Broadcast, ownStream } from "../../src/broadcast/Broadcast.ts"
import type { ChatId } from "../../src/domain/Ids.ts"
import { Hub } from "../../src/hub/Hub.ts"
import { Chats } from "../../src/services/Chats.ts"
import { addGroup, addUsers } from "../support/chat.ts"
import { lossy, Network, seconds } from "../support/lossy.ts"
import { connect, type FakeWire, open, settled, until } from "../support/sockets.ts"

const told = (wire: FakeWire) =>
  wire.frames.filter(({ version }) => version !== undefined).map(({ type, version }) => `${type} ${version}`)

const say = Effect.fnUntraced(function* (wire: FakeWire, chat_id: ChatId) {
  yield* wire.ask({ type: "message", chat_id, text: "t" })
  yield* settled
})

describe("what broadcast has lost", () => {
  it.effect("is found within seconds, though nothing follows it", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [a, b] = yield* Effect.forEach(ids, (id) => connect(id))
      const network = yield* Network
      yield* say(a!, chat_id)
      network.loses = true
      yield* say(a!, chat_id)
      yield* say(a!, chat_id)
      yield* settled
      assert.deepStrictEqual(told(b!), ["message 2"])
      yield* seconds(7)
      assert.deepStrictEqual(told(b!), ["message 2", "message 3", "message 4"])
      assert.deepStrictEqual(told(a!), told(b!))
    }).pipe(Effect.provide(lossy())),
  )

  it.effect("is not looked for while it is under way", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(1)
      const a = yield* connect(ids[0]!)
      const network = yield* Network
      const { publish } = yield* Broadcast
      const { stats } = (yield* Hub).state
      for (let i = 0; i < 12; i++) {
        network.delayed = []
        yield* say(a, chat_id)
        yield* seconds(1)
        const late = network.delayed
        network.delayed = undefined
        yield* Effect.forEach(late, (signal) => publish(signal))
        yield* settled
      }
      assert.strictEqual(told(a).length, 12)
      assert.strictEqual(stats.holes, 0)
    }).pipe(Effect.provide(lossy())),
  )

  it.effect("is found at once when a signal reports a loss", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [a, b] = yield* Effect.forEach(ids, (id) => connect(id))
      const [eve] = yield* addUsers(1)
      const e = yield* connect(eve!)
      const network = yield* Network
      const chats = yield* Chats
      const { publish } = yield* Broadcast
      network.loses = true
      yield* say(a!, chat_id)
      yield* chats.addMembers(ids[0]!, chat_id, [eve!])
      const group = yield* chats.createGroup(ids[0]!, "Another", [eve!])
      yield* say(a!, group.id)
      network.loses = false
      yield* publish({ _tag: "SignalsLost" })
      yield* until(() => told(e).length === 3, "what eve has missed")
      assert.deepStrictEqual(told(b!), ["message 2", "member_added 3"])
      assert.deepStrictEqual([...told(e)].sort(), ["chat_created 1", "chat_created 3", "message 2"])
      assert.isTrue(network.heard.has(group.id))
    }).pipe(Effect.provide(lossy())),
  )

  it.effect("is found also if it is a membership", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(1)
      const [bob] = yield* addUsers(1)
      yield* connect(ids[0]!)
      const b = yield* connect(bob!)
      const network = yield* Network
      const chats = yield* Chats
      network.loses = true
      const group = yield* chats.createGroup(ids[0]!, "Another", [bob!])
      yield* chats.addMembers(ids[0]!, chat_id, [bob!])
      yield* seconds(8)
      assert.deepStrictEqual([...told(b)].sort(), ["chat_created 1", "chat_created 2"])
      yield* chats.removeMember(ids[0]!, group.id, bob!)
      yield* seconds(8)
      const { listeners } = (yield* Hub).state
      assert.isFalse(listeners.isIn(listeners.users.get(bob!)!, group.id))
    }).pipe(Effect.provide(lossy())),
  )
})

describe("a user who was removed and added again while signals were lost", () => {
  for (const comes of ["", ", and on a device that comes later"]) {
    it.effect(`has the chat again on a device whose hello left it out${comes}`, () =>
      Effect.gen(function* () {
        const { chat_id, ids } = yield* addGroup(2)
        const [ada, bob] = ids
        const network = yield* Network
        const chats = yield* Chats
        const { wire: b, greet } = yield* open(bob!)
        network.loses = true
        yield* chats.removeMember(ada!, chat_id, bob!)
        yield* greet
        assert.deepStrictEqual(b.ofType("hello")[0]!.chats, [])
        yield* chats.addMembers(ada!, chat_id, [bob!])
        const later = comes === "" ? undefined : yield* connect(bob!, { device: 2 })
        yield* seconds(8)
        network.loses = false
        const a = yield* connect(ada!)
        yield* say(a, chat_id)
        assert.deepStrictEqual(told(b), ["chat_created 3", "message 4"])
        if (later !== undefined) assert.deepStrictEqual(told(later), ["message 4"])
      }).pipe(Effect.provide(lossy())),
    )
  }
})

describe("a device that waits for its first sync", () => {
  for (const names of [false, true]) {
    it.effect(
      `is told that a chat is gone which came and went ${names ? "if it names it" : "only if it names it"}`,
      () =>
        Effect.gen(function* () {
          const { chat_id, ids } = yield* addGroup(1)
          const [bob] = yield* addUsers(1)
          const b = yield* connect(bob!, { resume: true })
          const chats = yield* Chats
          yield* chats.addMembers(ids[0]!, chat_id, [bob!])
          yield* settled
          const { ports } = (yield* Hub).state
          // More was missed than is held for it.
          ports.catchUp(b.device!, chat_id, 2)
          yield* chats.removeMember(ids[0]!, chat_id, bob!)
          yield* b.ask({ type: "sync", cursors: names ? { [chat_id]: 1 } : {} })
          yield* settled
          assert.strictEqual(b.ofType("chat_gone").length, names ? 1 : 0)
          assert.deepStrictEqual(told(b), [])
        }).pipe(Effect.provide(lossy())),
    )
  }
})

describe("a device that connects", () => {
  it.effect("listens before it reads, so that nothing falls between the two", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      const network = yield* Network
      network.subscribed = Deferred.makeUnsafe()
      // The other device's chats have no listener here yet, so that its events are not published to them.
      let b: FakeWire | undefined
      yield* Effect.forkScoped(
        Effect.map(connect(ids[1]!), (wire) => {
          b = wire
        }),
      )
      yield* settled
      yield* say(a, chat_id)
      assert.isUndefined(b)
      yield* Deferred.succeed(network.subscribed, undefined)
      yield* until(() => b !== undefined, "hello")
      assert.deepInclude((b!.ofType("hello")[0]!.chats as ReadonlyArray<object>)[0], { chat_id, version: 2 })
      yield* say(a, chat_id)
      assert.deepStrictEqual(told(b!), ["message 3"])
    }).pipe(Effect.provide(lossy())),
  )

  it.effect("lets go of its chats when it was the last one here", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(1)
      const { wire, greet } = yield* open(ids[0]!)
      yield* greet
      const network = yield* Network
      assert.deepStrictEqual([...network.heard], [ownStream(ids[0]!), chat_id])
      wire.device!.close(4000)
      yield* TestClock.adjust("11 seconds")
      assert.deepStrictEqual([...network.heard], [])
    }).pipe(Effect.provide(lossy())),
  )
})

describe("typing that another node has published", () => {
  it.effect("ends by itself when its end got lost", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      const { publish } = yield* Broadcast
      yield* publish({ _tag: "Typing", chat_id, user_id: ids[1]!, is_typing: true })
      yield* settled
      const signs = () => a.ofType("typing").map(({ is_typing }) => is_typing)
      yield* seconds(7)
      assert.deepStrictEqual(signs(), [true])
      yield* seconds(2)
      assert.deepStrictEqual(signs(), [true, false])
      yield* seconds(10)
      assert.deepStrictEqual(signs(), [true, false])
    }).pipe(Effect.provide(lossy())),
  )
})
