// A conversation over two nodes: hubs, actors and broadcasts of their own, on the same tables, over a Redis whose wires are cut.
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { Broadcast } from "../../src/broadcast/Broadcast.ts"
import { RedisLink } from "../../src/broadcast/RedisLink.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { Chats } from "../../src/services/Chats.ts"
import { Tables } from "../../src/sql/memory/Tables.ts"
import { addGroup, addUsers, layerOn } from "../support/chat.ts"
import { hasRedis, hasRedisServer, ownPrefix, RedisServer, sharedRedis } from "../support/redis.ts"
import { connect, type FakeWire, layer, sessionOf } from "../support/sockets.ts"
import { Wire } from "../support/Wire.ts"

const until = (fact: () => boolean, what: string) =>
  Effect.gen(function* () {
    while (!fact()) yield* Effect.sleep("2 millis")
  }).pipe(
    Effect.timeoutOrElse({ duration: "12 seconds", orElse: () => Effect.die(new Error(`Waited in vain for ${what}`)) }),
  )

const newNode = Effect.fnUntraced(function* (tables: Tables["Service"], target: string, prefix: string) {
  const wire = yield* Effect.acquireRelease(
    Effect.promise(() => Wire.to(target)),
    (made) => Effect.promise(() => made.close()),
  )
  const broadcast = Broadcast.layerRedis.pipe(
    Layer.provide(RedisLink.layer({ url: Redacted.make(wire.url), prefix })),
    Layer.orDie,
  )
  const context = yield* Layer.build(
    Layer.fresh(layer({}, Layer.empty, layerOn(broadcast, Layer.succeed(Tables, tables)))),
  )
  const { isUp } = Context.get(context, Broadcast)
  yield* until(isUp, "Redis")
  return { wire, isUp, on: Effect.provideContext(context) }
})

/** Two nodes, and messages sent on either. */
const twoNodes = Effect.fnUntraced(function* (target?: string) {
  const tables = Context.get(yield* Layer.build(Layer.fresh(Tables.layer)), Tables)
  const url = target ?? (yield* Effect.promise(sharedRedis))
  const prefix = ownPrefix()
  return { one: yield* newNode(tables, url, prefix), two: yield* newNode(tables, url, prefix) }
})

const lasting = (wire: FakeWire) => wire.frames.filter(({ version }) => version !== undefined)
const versions = (wire: FakeWire) => lasting(wire).map(({ version }) => version)
const upTo = (last: number, first = 2) => Array.from({ length: last - first + 1 }, (_, i) => i + first)
const told = (wire: FakeWire) => lasting(wire).map(({ type, version }) => `${type} ${version}`)

const say = (wire: FakeWire, chat_id: ChatId, count: number) =>
  Effect.forEach(
    Array.from({ length: count }),
    () => wire.ask({ type: "message", chat_id, text: "t" }).pipe(Effect.tap(() => Effect.sleep("1 millis"))),
    { discard: true },
  )

const converse = (wires: ReadonlyArray<FakeWire>, chat_id: ChatId, count: number) =>
  Effect.forEach(wires, (wire) => say(wire, chat_id, count), { concurrency: "unbounded", discard: true })

const sameForAll = Effect.fnUntraced(function* (wires: ReadonlyArray<FakeWire>, last: number) {
  for (const wire of wires) yield* until(() => lasting(wire).length >= last - 1, `all of ${last} versions`)
  for (const wire of wires) assert.deepStrictEqual(versions(wire), upTo(last))
})

/** A group of two: ada is on the first node, bob on the second. */
const adaAndBob = Effect.fnUntraced(function* (target?: string) {
  const { one, two } = yield* twoNodes(target)
  const { chat_id, ids } = yield* one.on(addGroup(2))
  const [ada, bob] = [ids[0]!, ids[1]!]
  const a = yield* one.on(connect(ada))
  const b = yield* two.on(connect(bob))
  return { one, two, chat_id, ada, bob, a, b }
})

describe.skipIf(!hasRedis)("two nodes", () => {
  it.live("publish the same events of a chat with senders on both, each once, in order", () =>
    Effect.gen(function* () {
      const { a, b, chat_id } = yield* adaAndBob()
      yield* converse([a, b], chat_id, 100)
      yield* sameForAll([a, b], 201)
    }),
  )

  it.live("publish a new chat, added members and removed ones to nodes without listeners", () =>
    Effect.gen(function* () {
      const { one, two } = yield* twoNodes()
      const [ada, bob, eve] = (yield* one.on(addUsers(3))) as [UserId, UserId, UserId]
      const b = yield* two.on(connect(bob))
      const e = yield* two.on(connect(eve))
      const chats = yield* one.on(Chats)
      const chat = yield* chats.createGroup(ada, "Group", [bob])
      const a = yield* one.on(connect(ada))
      yield* say(a, chat.id, 3)
      yield* until(() => lasting(b).length === 4, "the chat and its messages")
      assert.deepStrictEqual(told(b), ["chat_created 1", "message 2", "message 3", "message 4"])
      yield* chats.addMembers(ada, chat.id, [eve])
      yield* say(a, chat.id, 1)
      yield* until(() => lasting(e).length === 2, "the chat")
      assert.deepStrictEqual(told(e), ["chat_created 5", "message 6"])
      yield* chats.removeMember(ada, chat.id, eve)
      yield* say(a, chat.id, 1)
      yield* until(() => lasting(b).length === 8, "the end")
      assert.deepStrictEqual(told(e), ["chat_created 5", "message 6", "member_removed 7"])
      assert.deepStrictEqual(told(b).slice(4), ["member_added 5", "message 6", "member_removed 7", "message 8"])
    }),
  )

  it.live("publish typing and ended sessions to each other within a second", () =>
    Effect.gen(function* () {
      const { a, ada, b, bob, chat_id, two } = yield* adaAndBob()
      b.say({ type: "typing", chat_id })
      yield* until(() => a.ofType("typing").length === 1, "typing")
      assert.deepInclude(a.ofType("typing")[0], { user_id: bob, is_typing: true })
      yield* say(b, chat_id, 1)
      yield* until(() => a.ofType("typing").length === 2, "the sign's end with the message")
      b.say({ type: "typing", chat_id })
      yield* until(() => a.ofType("typing").length === 3, "typing")
      const left = performance.now()
      b.device?.gone(1000)
      yield* until(() => a.ofType("typing").length === 4, "the sign's end with the device")
      // It ends by itself as well, but only later.
      assert.isBelow(performance.now() - left, 5_000)
      assert.deepStrictEqual(
        a.ofType("typing").map(({ is_typing }) => is_typing),
        [true, false, true, false],
      )
      const started = performance.now()
      const broadcast = yield* two.on(Broadcast)
      yield* broadcast.publish({ _tag: "SessionsEnded", session_ids: [sessionOf(ada)] })
      yield* until(() => a.closed !== undefined, "the close")
      assert.strictEqual(a.closed?.code, 4501)
      assert.isBelow(performance.now() - started, 1_000)
    }),
  )

  it.live("lose nothing and repeat nothing when their connections to Redis are cut", () =>
    Effect.gen(function* () {
      const { a, b, chat_id, one, two } = yield* adaAndBob()
      const cuts = Effect.gen(function* () {
        for (const { wire } of [one, two, one, two]) {
          yield* Effect.sleep("60 millis")
          wire.cut()
          yield* Effect.sleep("60 millis")
          wire.heal()
        }
        one.wire.cut()
        two.wire.cut()
        yield* Effect.sleep("60 millis")
        one.wire.heal()
        two.wire.heal()
      })
      yield* Effect.all([converse([a, b], chat_id, 200), cuts], { concurrency: "unbounded" })
      yield* sameForAll([a, b], 401)
      yield* until(() => one.isUp() && two.isUp(), "Redis")
      yield* converse([a, b], chat_id, 5)
      yield* sameForAll([a, b], 411)
    }),
  )

  it.live("publish everything late while Redis is down, also to devices that connect then", () =>
    Effect.gen(function* () {
      const { a, b, bob, chat_id, one, two } = yield* adaAndBob()
      one.wire.cut()
      two.wire.cut()
      yield* until(() => !one.isUp() && !two.isUp(), "the cut")
      const b2 = yield* two.on(connect(bob, { device: 2 }))
      yield* converse([a, b], chat_id, 3)
      yield* sameForAll([a, b, b2], 7)
      assert.isFalse(one.isUp() || two.isUp())
    }),
  )

  it.live("publish a chat to which a user was added while Redis was down", () =>
    Effect.gen(function* () {
      const { one, two } = yield* twoNodes()
      const [ada, bob] = (yield* one.on(addUsers(2))) as [UserId, UserId]
      const a = yield* one.on(connect(ada))
      const b = yield* two.on(connect(bob))
      one.wire.cut()
      yield* until(() => !one.isUp(), "the cut")
      const chat = yield* Effect.flatMap(one.on(Chats), (chats) => chats.createGroup(ada, "Group", [bob]))
      yield* say(a, chat.id, 2)
      assert.deepStrictEqual(told(b), [])
      one.wire.heal()
      yield* until(() => lasting(b).length === 3, "the chat")
      assert.deepStrictEqual(told(b), ["chat_created 1", "message 2", "message 3"])
      yield* say(a, chat.id, 1)
      yield* until(() => lasting(b).length === 4, "what follows")
      assert.deepStrictEqual(told(b).slice(3), ["message 4"])
    }),
  )

  it.live.skipIf(!hasRedisServer)("outlive a Redis that is killed and starts again empty", () =>
    Effect.gen(function* () {
      const redis = yield* Effect.acquireRelease(
        Effect.promise(() => RedisServer.start()),
        (server) => Effect.promise(() => server.kill()),
      )
      const { a, b, chat_id, one, two } = yield* adaAndBob(redis.url)
      const restart = Effect.gen(function* () {
        yield* Effect.sleep("50 millis")
        yield* Effect.promise(() => redis.kill())
        yield* Effect.sleep("100 millis")
        yield* Effect.promise(() => redis.resume())
      })
      yield* Effect.all([converse([a, b], chat_id, 150), restart], { concurrency: "unbounded" })
      yield* sameForAll([a, b], 301)
      yield* until(() => one.isUp() && two.isUp(), "Redis")
      yield* converse([a, b], chat_id, 2)
      yield* sameForAll([a, b], 305)
    }),
  )
})
