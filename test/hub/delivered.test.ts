// Delivered marks of private chats: told when the other one's device has certainly received a message, and to nobody else.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type ChatId, MessageId, type UserId } from "../../src/domain/Ids.ts"
import { Hub } from "../../src/hub/Hub.ts"
import { Chats } from "../../src/services/Chats.ts"
import { Messages } from "../../src/services/Messages.ts"
import { OwnState } from "../../src/services/OwnState.ts"
import { addGroup, addUsers } from "../support/chat.ts"
import { seconds } from "../support/lossy.ts"
import { eventually, immortal, installation } from "../support/nodes.ts"
import { hasRedis } from "../support/redis.ts"
import { callRpc, connect, type FakeWire, layer, openRpc, services, settled } from "../support/sockets.ts"

const pair = Effect.gen(function* () {
  const [ada, bob] = (yield* addUsers(2)) as [UserId, UserId]
  const { chat } = yield* (yield* Chats).openPrivate(ada, bob)
  return { ada, bob, chat_id: chat.id }
})

const say = Effect.fnUntraced(function* (by: UserId, chat_id: ChatId, text = "Hello") {
  return (yield* (yield* Messages).send(by, chat_id, { text })).message.seq
})

const told = (wire: FakeWire) => wire.ofType("delivered").map(({ chat_id, seq, user_id }) => [chat_id, user_id, seq])

/** Answers the pings that it has received so far, in their order. */
const pong = (wire: FakeWire) => {
  for (const payload of wire.arrivals.splice(0)) wire.device?.ponged(payload)
}

const shown = Effect.fnUntraced(function* (reader: UserId, chat_id: ChatId, of: UserId) {
  const { members } = yield* (yield* Chats).get(reader, chat_id)
  return members.find(({ user }) => user.id === of)?.last_delivered_seq
})

const messageOf = (chat_id: ChatId, sender_id: UserId, seq: number) => ({
  id: MessageId.make(seq),
  chat_id,
  seq,
  sender_id,
  text: "Hello",
  created_at: "2026-11-21T09:30:00.000Z",
  edited_at: null,
  deleted: false,
  reply_to: null,
  is_read: false,
  dedup_key: null,
})

describe("A delivered mark", () => {
  it.effect("is told to the sender once a device of the other one has answered the ping behind the message", () =>
    Effect.gen(function* () {
      const { ada, bob, chat_id } = yield* pair
      const [a, twin, b] = [yield* connect(ada), yield* connect(ada, { device: 2 }), yield* connect(bob)]
      b.pongs = false
      yield* seconds(2)
      assert.strictEqual(yield* say(ada, chat_id), 1)
      yield* settled
      assert.deepStrictEqual([told(a), b.arrivals.length], [[], 1])
      // Written after the message, before nothing else.
      assert.strictEqual(b.frames.at(-1)?.type, "message")
      pong(b)
      yield* settled
      const mark = [chat_id, bob, 1]
      assert.deepStrictEqual([told(a), told(twin), told(b)], [[mark], [mark], []])
      // The sender's own devices confirm nothing.
      assert.deepStrictEqual([a.arrivals, twin.arrivals], [[], []])
      yield* say(bob, chat_id)
      yield* settled
      assert.deepStrictEqual(told(b), [[chat_id, ada, 2]])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("takes one ping a second, however many messages there are, and covers all that were sent before it", () =>
    Effect.gen(function* () {
      const { ada, bob, chat_id } = yield* pair
      const [a, b] = [yield* connect(ada), yield* connect(bob)]
      yield* seconds(2)
      b.pongs = false
      for (let i = 0; i < 50; i++) yield* say(ada, chat_id)
      yield* settled
      assert.lengthOf(b.arrivals, 1)
      pong(b)
      yield* settled
      assert.deepStrictEqual(told(a), [[chat_id, bob, 1]])
      yield* seconds(2)
      assert.lengthOf(b.arrivals, 1)
      pong(b)
      yield* settled
      assert.deepStrictEqual(told(a).at(-1), [chat_id, bob, 50])
      yield* seconds(5)
      assert.deepStrictEqual([b.arrivals.length, told(a).length], [0, 2])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("only rises: a second device with less, or an older ping, changes nothing", () =>
    Effect.gen(function* () {
      const { ada, bob, chat_id } = yield* pair
      const [a, b, slow] = [yield* connect(ada), yield* connect(bob), yield* connect(bob, { device: 2 })]
      yield* seconds(2)
      slow.pongs = false
      yield* say(ada, chat_id)
      yield* seconds(2)
      yield* say(ada, chat_id)
      yield* seconds(2)
      assert.deepStrictEqual(told(a), [
        [chat_id, bob, 1],
        [chat_id, bob, 2],
      ])
      pong(slow)
      yield* settled
      assert.lengthOf(told(a), 2)
      assert.lengthOf(told(b), 0)
      // Signals of two nodes may change places.
      const signal = (seq: number) => ({ _tag: "Delivered" as const, chat_id, user_id: bob, seq })
      const { state } = yield* Hub
      state.handle([signal(4), signal(3)])
      yield* settled
      assert.deepStrictEqual(told(a).slice(2), [[chat_id, bob, 4]])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is not made by pongs that a client makes up, before it was sent anything or of any form", () =>
    Effect.gen(function* () {
      const { ada, bob, chat_id } = yield* pair
      const [a, b] = [yield* connect(ada), yield* connect(bob)]
      b.pongs = false
      yield* seconds(2)
      const madeUp = () => {
        for (const length of [0, 1, 3, 4, 5, 125]) b.device?.ponged(Buffer.alloc(length, 0xff))
      }
      madeUp()
      yield* say(ada, chat_id)
      yield* say(ada, chat_id)
      yield* settled
      assert.deepStrictEqual(told(a), [])
      // Nothing beyond what it was sent before a ping.
      madeUp()
      yield* settled
      assert.deepStrictEqual(told(a), [[chat_id, bob, 1]])
      assert.isUndefined(b.closed)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("of messages that came while no device was there follows hello, and after a resume the sync", () =>
    Effect.gen(function* () {
      const { ada, bob, chat_id } = yield* pair
      const a = yield* connect(ada)
      yield* say(ada, chat_id)
      yield* say(ada, chat_id)
      yield* settled
      const b = yield* connect(bob)
      yield* seconds(2)
      assert.deepStrictEqual(told(a), [[chat_id, bob, 2]])
      b.device?.close(4000)
      yield* say(ada, chat_id)
      yield* settled
      const resumed = yield* connect(bob, { resume: true, device: 2 })
      yield* seconds(3)
      assert.lengthOf(told(a), 1)
      yield* resumed.ask({ type: "sync", cursors: { [chat_id]: 3 } })
      yield* seconds(2)
      assert.deepStrictEqual(told(a).at(-1), [chat_id, bob, 3])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("of messages that were read where others do not see it follows hello too", () =>
    Effect.gen(function* () {
      const { ada, bob, chat_id } = yield* pair
      const [a, state] = [yield* connect(ada), yield* OwnState]
      yield* state.putUnlimited(bob, "settings", { read_receipts: false })
      yield* say(ada, chat_id)
      assert.deepStrictEqual(yield* state.read(bob, chat_id, 1), { last_read_seq: 1 })
      const b = yield* connect(bob)
      yield* seconds(2)
      assert.deepStrictEqual(told(a), [[chat_id, bob, 1]])
      assert.strictEqual(b.ofType("hello")[0]?.chats[0].unread_count, 0)
      assert.lengthOf(a.ofType("read"), 0)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is stored within seconds, read with the members, and not told again to the next device", () =>
    Effect.gen(function* () {
      const { ada, bob, chat_id } = yield* pair
      const [a, b] = [yield* connect(ada), yield* connect(bob)]
      assert.isUndefined(yield* shown(ada, chat_id, bob))
      yield* say(ada, chat_id)
      yield* seconds(12)
      assert.strictEqual(yield* shown(ada, chat_id, bob), 1)
      assert.isUndefined(yield* shown(bob, chat_id, ada))
      b.device?.close(4000)
      a.device?.close(4000)
      yield* seconds(15)
      const later = yield* connect(ada)
      yield* connect(bob)
      yield* seconds(2)
      assert.deepStrictEqual(told(later), [])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is stored when the server ends", () =>
    Effect.gen(function* () {
      const { ada, bob, chat_id } = yield* pair
      yield* connect(bob)
      yield* say(ada, chat_id)
      yield* seconds(2)
      assert.isUndefined(yield* shown(ada, chat_id, bob))
      const ending = yield* Effect.forkChild((yield* Hub).shutdown)
      yield* seconds(5)
      assert.strictEqual(yield* shown(ada, chat_id, bob), 1)
      ending.interruptUnsafe()
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is kept from whom the other one has blocked, on the wire and in the members", () =>
    Effect.gen(function* () {
      const { ada, bob, chat_id } = yield* pair
      const a = yield* connect(ada)
      yield* say(ada, chat_id)
      yield* (yield* OwnState).putUnlimited(bob, `block:${ada}`, {})
      yield* settled
      yield* connect(bob)
      yield* seconds(12)
      assert.deepStrictEqual(told(a), [])
      assert.isUndefined(yield* shown(ada, chat_id, bob))
    }).pipe(Effect.provide(layer())),
  )

  it.effect("exists in private chats alone", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      const saved = yield* (yield* Chats).openSaved(ada)
      const [a, b] = [yield* connect(ada), yield* connect(bob)]
      b.pongs = false
      yield* seconds(2)
      yield* say(ada, chat_id)
      yield* say(ada, saved.chat.id)
      yield* seconds(3)
      assert.deepStrictEqual([told(a), b.arrivals.length, a.arrivals.length], [[], 0, 0])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("of a stream of remote events follows the client's confirmation of what it was given", () =>
    Effect.gen(function* () {
      const { ada, bob, chat_id } = yield* pair
      const a = yield* connect(ada)
      const rpc = yield* openRpc(bob)
      const id = callRpc(rpc, "Events", {})
      const chunks = () => rpc.frames.filter((frame) => frame._tag === "Chunk")
      const confirm = () => rpc.say({ _tag: "Ack", requestId: id })
      yield* seconds(1)
      confirm()
      yield* seconds(2)
      yield* say(ada, chat_id)
      yield* seconds(2)
      assert.include(JSON.stringify(chunks().at(-1)), '"type":"message"')
      assert.deepStrictEqual(told(a), [])
      confirm()
      yield* seconds(1)
      assert.deepStrictEqual(told(a), [[chat_id, bob, 1]])
    }).pipe(Effect.provide(layer())),
  )
})

describe.skipIf(!hasRedis)("A delivered mark of a user on several nodes", () => {
  it.live("reaches the sender on another one, and is told once", () =>
    Effect.gen(function* () {
      const { node } = yield* installation(immortal)
      const [one, two, three] = [yield* node, yield* node, yield* node]
      const { ada, bob, chat_id } = yield* pair
      const a = yield* one.on(connect(ada))
      const b = yield* two.on(connect(bob))
      const again = yield* three.on(connect(bob, { device: 2 }))
      again.pongs = false
      const event = (seq: number, version: number) => ({
        _tag: "ChatEvents" as const,
        chat_id,
        fully_read: [],
        events: [{ _tag: "MessageSent" as const, version, message: messageOf(chat_id, ada, seq) }],
      })
      for (const { hub } of [one, two, three]) hub.state.handle([event(1, 2)])
      yield* eventually(() => told(a).length === 1, "the mark of the other node")
      assert.deepStrictEqual(told(a), [[chat_id, bob, 1]])
      yield* eventually(() => again.arrivals.length === 1, "the ping of the third node")
      yield* eventually(
        () => three.hub.state.listeners.chats.get(chat_id)?.arrived?.get(bob) === 1,
        "the mark on the third node",
      )
      pong(again)
      for (const { hub } of [one, two, three]) hub.state.handle([event(2, 3)])
      yield* eventually(() => told(a).length === 2, "the next mark")
      assert.deepStrictEqual(told(a).at(-1), [chat_id, bob, 2])
      assert.deepStrictEqual([told(b), told(again)], [[], []])
    }).pipe(Effect.scoped, Effect.provide(services())),
  )
})
