// What devices receive, on fake wires: order, membership, reading, presence, typing, the clock.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { ChatActors } from "../../src/actors/ChatActors.ts"
import { Broadcast } from "../../src/broadcast/Broadcast.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { MessageText } from "../../src/domain/Message.ts"
import { Hub } from "../../src/hub/Hub.ts"
import { Chats } from "../../src/services/Chats.ts"
import { RateLimits } from "../../src/services/limits/RateLimits.ts"
import { Messages } from "../../src/services/Messages.ts"
import { addGroup, addUsers, send } from "../support/chat.ts"
import { connect, Ended, type FakeWire, layer, sessionOf, settled, tokenOf, until } from "../support/sockets.ts"

const kinds = (frames: ReadonlyArray<{ readonly type: string }>) => frames.map(({ type }) => type)
const lasting = (wire: { frames: ReadonlyArray<{ readonly type: string; readonly version?: number }> }) =>
  wire.frames.filter(({ type, version }) => version !== undefined && type !== "reset")

describe("A device", () => {
  it.effect("receives every message of its chats once, in version order, and only its own dedup_key", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(3)
      const wires = yield* Effect.forEach(ids, (id) => connect(id))
      for (let i = 1; i <= 20; i++) wires[i % 2]!.say({ type: "message", chat_id, text: `t${i}`, dedup_key: `k${i}` })
      yield* until(() => wires.every((wire) => wire.ofType("message").length === 20))
      for (const [n, wire] of wires.entries()) {
        const heard = wire.ofType("message")
        assert.deepStrictEqual(
          heard.map(({ version }) => version),
          Array.from({ length: 20 }, (_, i) => i + 2),
        )
        assert.deepStrictEqual(
          heard.map(({ seq }) => seq),
          Array.from({ length: 20 }, (_, i) => i + 1),
        )
        for (const { dedup_key, sender_id } of heard) assert.strictEqual(dedup_key !== null, sender_id === ids[n])
      }
    }).pipe(Effect.provide(layer())),
  )

  it.effect("gets one write for all that a turn of the event loop brings", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      const b = yield* connect(ids[1]!)
      yield* settled
      const before = b.writes
      for (let i = 0; i < 50; i++) a.say({ type: "message", chat_id, text: "t" })
      yield* until(() => b.ofType("message").length === 50)
      assert.isAtMost(b.writes - before, 3)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is answered before others receive events, once all its commands are done", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      const b = yield* connect(ids[1]!)
      yield* settled
      const writes: Array<string> = []
      for (const wire of [a, b]) {
        const write = wire.write.bind(wire)
        wire.write = (bytes) => {
          const before = wire.frames.length
          const taken = write(bytes)
          writes.push(`${wire === a ? "a" : "b"}: ${kinds(wire.frames.slice(before)).join(" ")}`)
          return taken
        }
      }
      a.say({ type: "message", chat_id, text: "t" })
      yield* settled
      assert.deepStrictEqual(writes, ["a: ack", "a: message", "b: message"])
      writes.length = 0
      for (const text of ["t1", "t2"]) a.say({ type: "message", chat_id, text })
      yield* settled
      assert.deepStrictEqual(writes, ["a: ack ack", "a: message message", "b: message message"])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("receives only an ack for a repeated dedup_key", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(1)
      const wire = yield* connect(ids[0]!)
      const first = yield* wire.ask({ type: "message", chat_id, text: "t", dedup_key: "k" })
      const second = yield* wire.ask({ type: "message", chat_id, text: "t", dedup_key: "k" })
      assert.strictEqual(second.message_id, first.message_id)
      assert.strictEqual(second.duplicate, true)
      const other = yield* wire.ask({ type: "message", chat_id, text: "other", dedup_key: "k" })
      assert.strictEqual(other.code, "conflict")
      yield* settled
      assert.strictEqual(wire.ofType("message").length, 1)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("edits, deletes and reads by message id, in the order of its frames", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      const b = yield* connect(ids[1]!)
      const { message_id } = yield* a.ask({ type: "message", chat_id, text: "one" })
      a.say({ type: "edit", message_id, text: "two", ref: 1 })
      a.say({ type: "message", chat_id, text: "after", ref: 2 })
      a.say({ type: "delete", message_id, ref: 3 })
      yield* until(() => a.ofType("ack").length === 4)
      yield* settled
      assert.deepStrictEqual(kinds(lasting(b)), ["message", "message_updated", "message", "message_deleted"])
      const read = yield* b.ask({ type: "read", message_id })
      assert.deepStrictEqual([read.chat_id, read.seq], [chat_id, 1])
      const more = yield* b.ask({ type: "read", chat_id, seq: 99 })
      assert.strictEqual(more.seq, 2)
      yield* settled
      const marks = a.ofType("read").map(({ user_id, seq }) => [user_id, seq])
      assert.deepStrictEqual(marks, [
        [ids[1], 1],
        [ids[1], 2],
      ])
      assert.strictEqual(a.ofType("fully_read").at(-1)?.seq, 2)
      assert.strictEqual(b.ofType("fully_read").length, 0)
      assert.strictEqual((yield* b.ask({ type: "edit", message_id, text: "no" })).code, "forbidden")
      assert.strictEqual((yield* a.ask({ type: "edit", message_id, text: "no" })).code, "conflict")
      assert.strictEqual((yield* a.ask({ type: "edit", message_id: 999, text: "no" })).code, "not_found")
      assert.strictEqual((yield* a.ask({ type: "message", chat_id: 999, text: "no" })).code, "not_found")
    }).pipe(Effect.provide(layer())),
  )

  it.effect("does not receive an old fully read message from a node that was frozen before it published it", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      const b = yield* connect(ids[1]!)
      const { message_id } = yield* a.ask({ type: "message", chat_id, text: "one" })
      yield* a.ask({ type: "message", chat_id, text: "two" })
      yield* b.ask({ type: "read", chat_id, seq: 2 })
      yield* until(() => a.ofType("fully_read").length === 1)
      const broadcast = yield* Broadcast
      yield* broadcast.publish({
        _tag: "ChatEvents",
        chat_id,
        events: [{ _tag: "ReadMarked", version: 3, user_id: ids[1]!, seq: 1, message_id }],
        fully_read: [{ user_id: ids[0]!, seq: 1, message_id }],
      })
      // Nor from one that had to look for it.
      const fully_read = [{ user_id: ids[0]!, seq: 1, message_id }]
      yield* broadcast.publish({ _tag: "ChatEvents", chat_id, events: [], fully_read })
      yield* a.ask({ type: "message", chat_id, text: "three" })
      yield* settled
      assert.deepStrictEqual(
        a.ofType("fully_read").map(({ seq }) => seq),
        [2],
      )
    }).pipe(Effect.provide(layer())),
  )

  it.effect("does not receive a fully read message from before it connected, however long the search took", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const b = yield* connect(ids[1]!)
      const actors = yield* ChatActors
      const { message } = yield* actors.ask(chat_id, send(ids[0]!, "one"))
      yield* b.ask({ type: "read", chat_id, seq: 1 })
      const a = yield* connect(ids[0]!)
      yield* b.ask({ type: "message", chat_id, text: "two" })
      const broadcast = yield* Broadcast
      const fully_read = [{ user_id: ids[0]!, seq: 1, message_id: message.id }]
      yield* broadcast.publish({ _tag: "ChatEvents", chat_id, events: [], fully_read, version: 3 })
      yield* settled
      assert.deepStrictEqual(a.ofType("fully_read"), [])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("receives the time to wait when its user sends too fast", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(1)
      const wire = yield* connect(ids[0]!)
      const limits = yield* RateLimits
      while (limits.take("messages", ids[0]!) === 0);
      const refused = yield* wire.ask({ type: "message", chat_id, text: "t" })
      assert.strictEqual(refused.code, "rate_limited")
      assert.isAbove(refused.retry_after_ms, 0)
    }).pipe(Effect.provide(layer({ messagesPerSecond: 2 }))),
  )
})

describe("Membership", () => {
  it.effect("an added member receives the chat first, and a removed one nothing afterwards", () =>
    Effect.gen(function* () {
      const { chat_id, ids, owner } = yield* addGroup(2)
      const [late] = yield* addUsers(1)
      const chats = yield* Chats
      const wire = yield* connect(late!)
      const one = yield* connect(ids[1]!)
      const only = yield* connect(ids[1]!, { only: chat_id })
      yield* chats.addMembers(owner, chat_id, [late!])
      one.say({ type: "message", chat_id, text: "welcome" })
      yield* until(() => wire.ofType("message").length === 1)
      assert.deepStrictEqual(
        lasting(wire).map(({ type, version }) => [type, version]),
        [
          ["chat_created", 2],
          ["message", 3],
        ],
      )
      assert.deepStrictEqual(kinds(lasting(one)), ["member_added", "message"])
      yield* chats.removeMember(owner, chat_id, ids[1]!)
      wire.say({ type: "message", chat_id, text: "gone?" })
      yield* until(() => wire.ofType("message").length === 2)
      yield* settled
      assert.deepStrictEqual(kinds(lasting(one)), ["member_added", "message", "member_removed"])
      assert.strictEqual(lasting(only).at(-1)?.type, "member_removed")
      assert.strictEqual(only.closed?.code, 4502)
      assert.strictEqual(one.closed, undefined)
      assert.strictEqual((yield* one.ask({ type: "typing", chat_id })).code, "not_found")
    }).pipe(Effect.provide(layer())),
  )

  it.effect("members receive a new chat, and its deletion", () =>
    Effect.gen(function* () {
      const [a, b] = yield* addUsers(2)
      const chats = yield* Chats
      const wires = yield* Effect.forEach([a!, b!], (id) => connect(id))
      const chat = yield* chats.createGroup(a!, "New", [b!])
      yield* until(() => wires.every((wire) => wire.ofType("chat_created").length === 1))
      const only = yield* connect(b!, { only: chat.id })
      yield* chats.remove(a!, chat.id)
      yield* until(() => wires.every((wire) => wire.ofType("chat_deleted").length === 1))
      assert.deepStrictEqual(kinds(lasting(only)), ["chat_deleted"])
      assert.strictEqual(only.closed?.code, 4502)
      const { state } = yield* Hub
      assert.strictEqual(state.listeners.chats.size, 0)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("on /ws/{chat_id} receives only that chat, and may omit its id", () =>
    Effect.gen(function* () {
      const { chat_id, owner } = yield* addGroup(1)
      const chats = yield* Chats
      const other = yield* chats.createGroup(owner, "Other", [])
      yield* settled
      const only = yield* connect(owner, { only: chat_id })
      const all = yield* connect(owner)
      assert.deepStrictEqual(
        only.frames[0]?.chats.map((chat: { chat_id: number }) => chat.chat_id),
        [chat_id],
      )
      only.say({ text: "bare" })
      only.say({ action: "message", text: "by action" })
      all.say({ type: "message", chat_id: other.id, text: "elsewhere" })
      yield* until(() => all.ofType("message").length === 3)
      assert.deepStrictEqual(
        only.ofType("message").map(({ text }) => text),
        ["bare", "by action"],
      )
      assert.strictEqual((yield* only.ask({ type: "message", chat_id: other.id, text: "x" })).code, "not_found")
      assert.strictEqual((yield* all.ask({ text: "x" })).code, "invalid")
    }).pipe(Effect.provide(layer())),
  )
})

describe("Bad frames", () => {
  it.effect("have distinct errors, and ten in a row close the socket with 4500; a good one resets the count", () =>
    Effect.gen(function* () {
      const [id] = yield* addUsers(1)
      const wire = yield* connect(id!)
      for (const [frame, code] of [
        ["nonsense", "bad_frame"],
        ["[1]", "bad_frame"],
        ["null", "bad_frame"],
        [{}, "invalid"],
        [{ type: 5 }, "invalid"],
        [{ type: "toString" }, "unknown_type"],
        [{ type: "message", chat_id: 1, text: " " }, "invalid"],
        [{ type: "ping", ref: "x".repeat(129) }, "invalid"],
        [{ type: "sync", cursors: { "1": -1 } }, "invalid"],
      ] as const) {
        wire.say(frame)
        assert.strictEqual(wire.device?.closed, 0)
        yield* settled
        assert.strictEqual(wire.frames.at(-1)?.code, code, JSON.stringify(frame))
      }
      const pong = yield* wire.ask({ type: "ping" })
      assert.strictEqual(pong.type, "pong")
      for (let i = 0; i < 9; i++) wire.device?.receive(Buffer.from("{}"), true)
      assert.strictEqual(wire.closed, undefined)
      wire.say("{")
      assert.strictEqual(wire.closed?.code, 4500)
      assert.strictEqual(wire.ofType("error").length, 19)
    }).pipe(Effect.provide(layer())),
  )
})

describe("Presence and typing", () => {
  it.effect("users who share a chat receive the first device's arrival and the last one's departure", () =>
    Effect.gen(function* () {
      const { ids } = yield* addGroup(2)
      const [stranger] = yield* addUsers(1)
      const other = yield* connect(stranger!)
      const a = yield* connect(ids[0]!)
      const b = yield* connect(ids[1]!)
      const second = yield* connect(ids[1]!)
      assert.deepStrictEqual(a.frames[0]?.online, [])
      assert.deepStrictEqual(b.frames[0]?.online, [ids[0]])
      yield* settled
      assert.deepStrictEqual(a.ofType("presence"), [
        { type: "presence", user_id: ids[1], status: "online", last_seen_at: null },
      ])
      yield* TestClock.adjust("5 seconds")
      b.device?.gone(1000)
      yield* settled
      assert.strictEqual(a.ofType("presence").length, 1)
      second.device?.gone(1000)
      yield* TestClock.adjust("9900 millis")
      assert.strictEqual(a.ofType("presence").length, 1)
      yield* TestClock.adjust("400 millis")
      assert.deepStrictEqual(a.ofType("presence").at(-1), {
        type: "presence",
        user_id: ids[1],
        status: "offline",
        last_seen_at: "1970-01-01T00:00:05.000Z",
      })
      assert.strictEqual(other.ofType("presence").length, 0)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("typing ends by itself 6 s after its last sign, does not reach the typist, and is not repeated", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      const b = yield* connect(ids[1]!)
      const say = () => a.say({ type: "typing", chat_id })
      const heard = () => b.ofType("typing").map(({ is_typing }) => is_typing)
      say()
      say()
      yield* TestClock.adjust("4 seconds")
      say()
      yield* settled
      assert.deepStrictEqual(heard(), [true, true])
      yield* TestClock.adjust("5 seconds")
      yield* settled
      assert.deepStrictEqual(heard(), [true, true])
      yield* TestClock.adjust("1500 millis")
      yield* settled
      assert.deepStrictEqual(heard(), [true, true, false])
      say()
      a.say({ type: "typing", chat_id, is_typing: false })
      yield* settled
      yield* TestClock.adjust("10 seconds")
      yield* settled
      assert.deepStrictEqual(heard(), [true, true, false, true, false])
      assert.strictEqual(a.ofType("typing").length, 0)
    }).pipe(Effect.provide(layer())),
  )
})

describe("The typing sign", () => {
  const signs = (wire: FakeWire) => wire.ofType("typing").map(({ is_typing }) => is_typing)
  /** Ada types, Bob looks on. */
  const typing = Effect.gen(function* () {
    const { chat_id, ids } = yield* addGroup(2)
    const [ada, bob] = ids as [UserId, UserId]
    const [a, phone, b] = [yield* connect(ada), yield* connect(ada, { device: 2 }), yield* connect(bob)]
    a.say({ type: "typing", chat_id })
    yield* settled
    assert.deepStrictEqual(signs(b), [true])
    return { chat_id, ada, bob, a, phone, b }
  })
  const afterwards = (wire: FakeWire, ...expected: ReadonlyArray<boolean>) =>
    Effect.gen(function* () {
      yield* TestClock.adjust("10 seconds")
      yield* settled
      assert.deepStrictEqual(signs(wire), [...expected])
    })

  it.effect("ends with the typist's next message, from any device and by any edge", () =>
    Effect.gen(function* () {
      const messages = yield* Messages
      const { a, ada, b, chat_id, phone } = yield* typing
      yield* phone.ask({ type: "message", chat_id, text: "Done" })
      yield* settled
      assert.deepStrictEqual(signs(b), [true, false])
      a.say({ type: "typing", chat_id })
      yield* settled
      yield* messages.send(ada, chat_id, { text: MessageText.make("Over HTTP"), dedup_key: null, reply_to: null })
      yield* settled
      assert.deepStrictEqual(signs(b), [true, false, true, false])
      assert.deepStrictEqual([...signs(a), ...signs(phone)], [])
      yield* afterwards(b, true, false, true, false)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("outlives others' messages, edits, and frames of the typist that say nothing", () =>
    Effect.gen(function* () {
      const { a, b, chat_id } = yield* typing
      const { message_id } = yield* a.ask({ type: "message", chat_id, text: "First" })
      yield* settled
      yield* TestClock.adjust("2 seconds")
      a.say({ type: "typing", chat_id })
      yield* b.ask({ type: "message", chat_id, text: "And?" })
      yield* a.ask({ type: "edit", message_id, text: "First of all" })
      yield* a.ask({ type: "read", chat_id, seq: 2 })
      yield* settled
      assert.deepStrictEqual(signs(b), [true, false, true])
      yield* afterwards(b, true, false, true, false)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("ends with the typist's last device", () =>
    Effect.gen(function* () {
      const { a, b, phone } = yield* typing
      a.device?.gone(1000)
      yield* settled
      assert.deepStrictEqual(signs(b), [true])
      phone.device?.gone(1000)
      yield* settled
      assert.deepStrictEqual(signs(b), [true, false])
      yield* afterwards(b, true, false)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("ends when the typist is put out of the chat", () =>
    Effect.gen(function* () {
      const chats = yield* Chats
      const { ada, b, bob, chat_id } = yield* typing
      yield* chats.removeMember(ada, chat_id, ada)
      yield* settled
      assert.deepStrictEqual(signs(b), [true, false])
      assert.isTrue((yield* Hub).state.listeners.users.has(bob))
      yield* afterwards(b, true, false)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("of another node ends with the message as well, though its end is late", () =>
    Effect.gen(function* () {
      const { publish } = yield* Broadcast
      const messages = yield* Messages
      const { chat_id, ids } = yield* addGroup(2)
      const b = yield* connect(ids[1]!)
      const signal = { _tag: "Typing", chat_id, user_id: ids[0]!, is_typing: true } as const
      yield* publish(signal)
      yield* messages.send(ids[0]!, chat_id, { text: MessageText.make("RemoteChats"), dedup_key: null, reply_to: null })
      yield* settled
      assert.deepStrictEqual(signs(b), [true, false])
      yield* publish({ ...signal, is_typing: false })
      yield* afterwards(b, true, false)
    }).pipe(Effect.provide(layer())),
  )
})

describe("A flood of typing", () => {
  const flood = Effect.fnUntraced(function* (say: (device: FakeWire, chat_id: ChatId, isBegun: boolean) => void) {
    const chats = yield* Chats
    const [ada, bob] = yield* addUsers(2)
    const ids = [(yield* chats.createGroup(ada!, "One", [bob!])).id, (yield* chats.createGroup(ada!, "Two", [bob!])).id]
    const listener = yield* connect(bob!)
    const devices = yield* Effect.forEach(Array.from({ length: 20 }), (_, i) => connect(ada!, { device: i + 1 }))
    for (let i = 0; i < 40; i++) for (const device of devices) say(device, ids[i % 2]!, i % 4 < 2)
    yield* settled
    return { listener, devices, chat_id: ids[0]! }
  })

  it.effect("from many devices, in many chats, sends others no more than one device may cause", () =>
    Effect.gen(function* () {
      const { chat_id, listener, devices } = yield* flood((device, chat_id, is_typing) =>
        device.say({ type: "typing", chat_id, is_typing }),
      )
      assert.strictEqual(listener.ofType("typing").length, 10)
      yield* TestClock.adjust("1 second")
      devices[0]!.say({ type: "typing", chat_id })
      yield* settled
      assert.deepInclude(listener.ofType("typing").at(-1), { chat_id, is_typing: true })
    }).pipe(Effect.provide(layer())),
  )

  it.effect("that ends unpublished typing sends nothing", () =>
    Effect.gen(function* () {
      const { listener } = yield* flood((device, chat_id) => device.say({ type: "typing", chat_id, is_typing: false }))
      assert.strictEqual(listener.ofType("typing").length, 0)
    }).pipe(Effect.provide(layer())),
  )
})

describe("The clock", () => {
  it.effect("pings every 25 s and closes what was silent for 60 s with 4000", () =>
    Effect.gen(function* () {
      const [a, b] = yield* addUsers(2)
      const silent = yield* connect(a!)
      const alive = yield* connect(b!)
      for (const wait of [24, 2, 24, 9]) {
        yield* TestClock.adjust(`${wait} seconds`)
        alive.device?.noteAlive()
      }
      assert.strictEqual(silent.pings, 2)
      assert.strictEqual(silent.closed, undefined)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(silent.closed?.code, 4000)
      assert.strictEqual(alive.closed, undefined)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("closes with 4002 when the token expires, unless a new one of the same session came in time", () =>
    Effect.gen(function* () {
      const [a, b] = yield* addUsers(2)
      const late = yield* connect(a!, { expires_at: 20_000 })
      const renewed = yield* connect(a!, { expires_at: 20_000 })
      const bad = yield* renewed.ask({ type: "auth", token: "nonsense" })
      assert.strictEqual(bad.code, "forbidden")
      const foreign = yield* renewed.ask({ type: "auth", token: tokenOf(b!, { expires_at: 90_000 }) })
      assert.strictEqual(foreign.code, "forbidden")
      const other = yield* renewed.ask({ type: "auth", token: tokenOf(a!, { device: 2, expires_at: 90_000 }) })
      assert.strictEqual(other.code, "forbidden")
      const ack = yield* renewed.ask({ type: "auth", token: tokenOf(a!, { expires_at: 50_000 }) })
      assert.strictEqual(ack.expires_at, "1970-01-01T00:00:50.000Z")
      yield* TestClock.adjust("19 seconds")
      assert.strictEqual(late.closed, undefined)
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual(late.closed?.code, 4002)
      assert.strictEqual(renewed.closed, undefined)
      yield* TestClock.adjust("31 seconds")
      assert.strictEqual(renewed.closed?.code, 4002)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("closes the devices of an ended session with 4501, also one that was just connecting", () =>
    Effect.gen(function* () {
      const [a] = yield* addUsers(1)
      const broadcast = yield* Broadcast
      const ended = yield* Ended
      const one = yield* connect(a!)
      const other = yield* connect(a!, { device: 2 })
      ended.add(sessionOf(a!))
      yield* broadcast.publish({ _tag: "SessionsEnded", session_ids: [sessionOf(a!)] })
      yield* until(() => one.closed !== undefined)
      assert.strictEqual(one.closed?.code, 4501)
      const late = yield* connect(a!)
      assert.strictEqual(late.closed?.code, 4501)
      assert.strictEqual(other.closed, undefined)
    }).pipe(Effect.provide(layer())),
  )
})
