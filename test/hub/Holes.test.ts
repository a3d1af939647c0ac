// Holes that are filled while devices are at different versions: each receives every thing once, in its current state.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer } from "effect"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { Hub } from "../../src/hub/Hub.ts"
import { Chats } from "../../src/services/Chats.ts"
import { Changes } from "../../src/sql/changes/Changes.ts"
import { holeLimit } from "../../src/sql/changes/replay.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { addGroup, addUsers } from "../support/chat.ts"
import { lossy, Network, seconds } from "../support/lossy.ts"
import { connect, type FakeWire, intercept, layer, open, settled, until } from "../support/sockets.ts"

const lasting = (wire: FakeWire) => wire.frames.filter(({ type, version }) => version !== undefined && type !== "reset")
const told = (wire: FakeWire) =>
  lasting(wire).map(
    ({ changed, text, type, version }) =>
      `${type} ${version}${changed === undefined ? "" : ` (${changed})`}${text === undefined ? "" : ` ${text}`}`,
  )
const versions = (wire: FakeWire) => lasting(wire).map(({ version }) => version)
const ascend = (wire: FakeWire) =>
  assert.deepStrictEqual(
    versions(wire),
    [...new Set(versions(wire))].sort((a, b) => a - b),
  )

const say = (wire: FakeWire, chat_id: ChatId, text: string) =>
  Effect.map(wire.ask({ type: "message", chat_id, text }), ({ message_id }): number => message_id)
const sayMany = Effect.fnUntraced(function* (wire: FakeWire, chat_id: ChatId, count: number) {
  for (let i = 0; i < count; i++) wire.say({ type: "message", chat_id, text: "t" })
  yield* settled
})
const edit = (wire: FakeWire, message_id: number, text: string) => wire.ask({ type: "edit", message_id, text })

describe("A hole", () => {
  it.effect("brings what changed in it to those who knew it and to those who did not, each thing once", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(4)
      const [ada, bob, eve, joe] = ids as [UserId, UserId, UserId, UserId]
      const a = yield* connect(ada)
      const b = yield* connect(bob)
      const between = yield* intercept()
      const first = yield* say(a, chat_id, "one")
      const second = yield* say(a, chat_id, "two")
      const e = yield* connect(eve)
      yield* edit(a, first, "one, edited")
      const j = yield* connect(joe)
      yield* edit(a, first, "one, edited again")
      yield* a.ask({ type: "delete", message_id: second })
      yield* say(a, chat_id, "three")
      between.pass({ _tag: "ChatHead", chat_id, version: 7 })
      yield* settled
      assert.deepStrictEqual(told(b), ["message 2 (5) one, edited again", "message 3 (6) ", "message 7 three"])
      for (const late of [e, j]) {
        assert.deepStrictEqual(told(late), [
          "message_updated 5 one, edited again",
          "message_deleted 6 ",
          "message 7 three",
        ])
      }
      between.pass(...between.events())
      yield* settled
      yield* say(a, chat_id, "four")
      between.pass(between.events().at(-1)!)
      yield* settled
      for (const wire of [a, b, e, j]) {
        ascend(wire)
        assert.strictEqual(told(wire).at(-1), "message 8 four")
      }
    }).pipe(Effect.provide(layer())),
  )

  it.effect("brings a device that syncs in the middle of it from where its sync left off", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      const a = yield* connect(ada)
      const b = yield* connect(bob)
      const resumed = yield* connect(bob, { device: 2, resume: true })
      const between = yield* intercept()
      const message = yield* say(a, chat_id, "one")
      yield* b.ask({ type: "sync", cursors: { [chat_id]: 1 } })
      yield* until(() => b.ofType("synced").length === 1)
      yield* edit(a, message, "one, edited")
      between.pass({ _tag: "ChatHead", chat_id, version: 3 })
      yield* settled
      assert.deepStrictEqual(told(b), ["message 2 one", "message_updated 3 one, edited"])
      // What was held for a device that has not synced yet depends on where its sync ends.
      yield* edit(a, message, "one, edited again")
      resumed.say({ type: "sync", cursors: { [chat_id]: 1 } })
      between.pass({ _tag: "ChatHead", chat_id, version: 4 })
      yield* until(() => resumed.ofType("synced").length === 1)
      yield* settled
      assert.deepStrictEqual(told(resumed), ["message 2 (4) one, edited again"])
      assert.deepStrictEqual(told(b).slice(2), ["message_updated 4 one, edited again"])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("keeps its events for a device that waits for its sync, which then receives what it lacks", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(3)
      const a = yield* connect(ids[0]!)
      yield* connect(ids[2]!)
      const between = yield* intercept()
      const message = yield* say(a, chat_id, "one")
      const knows = yield* connect(ids[1]!, { resume: true })
      yield* edit(a, message, "one, edited")
      yield* say(a, chat_id, "two")
      between.pass({ _tag: "ChatHead", chat_id, version: 4 })
      yield* settled
      assert.deepStrictEqual(told(knows), [])
      // It names no chat: it knows everything that its hello contained.
      yield* Effect.sync(() => knows.say({ type: "sync", cursors: {} }))
      yield* settled
      assert.deepStrictEqual(told(knows), ["message_updated 3 one, edited", "message 4 two"])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("brings a member's change to those who knew them, and to the member", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(3)
      const [ada, bob, eve] = ids as [UserId, UserId, UserId]
      const [joe] = yield* addUsers(1)
      const chats = yield* Chats
      const b = yield* connect(bob)
      const j = yield* connect(joe!)
      const between = yield* intercept()
      yield* chats.addMembers(ada, chat_id, [joe!])
      const e = yield* connect(eve)
      yield* chats.setRole(ada, chat_id, joe!, "admin")
      between.pass({ _tag: "ChatHead", chat_id, version: 3 })
      yield* settled
      assert.deepStrictEqual(told(b), ["member_added 2 (3)"])
      assert.deepStrictEqual(told(e), ["member_updated 3"])
      assert.deepStrictEqual(told(j), ["chat_created 2", "member_updated 3"])
      assert.strictEqual(lasting(b)[0]?.member.role, "admin")
      assert.strictEqual(lasting(e)[0]?.member.role, "admin")
    }).pipe(Effect.provide(layer())),
  )

  it.effect("reports a removal to the removed member, and no message", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(3)
      const [ada, bob, eve] = ids as [UserId, UserId, UserId]
      const chats = yield* Chats
      const a = yield* connect(ada)
      const b = yield* connect(bob)
      const b2 = yield* connect(bob, { device: 2, only: chat_id })
      const e = yield* connect(eve)
      const between = yield* intercept()
      const message = yield* say(a, chat_id, "for bob too")
      yield* chats.removeMember(ada, chat_id, bob)
      yield* edit(a, message, "not for bob")
      yield* say(a, chat_id, "nor this")
      between.pass({ _tag: "ChatHead", chat_id, version: 5 })
      yield* settled
      assert.deepStrictEqual(told(b), ["member_removed 3"])
      assert.deepStrictEqual(told(b2), ["member_removed 3"])
      assert.strictEqual(b2.closed?.code, 4502)
      assert.deepStrictEqual(told(e), ["message 2 (4) not for bob", "member_removed 3", "message 5 nor this"])
      const { listeners } = (yield* Hub).state
      assert.isFalse(listeners.isIn(listeners.users.get(bob)!, chat_id))
    }).pipe(Effect.provide(layer())),
  )

  it.effect("sends the chat again to a member who was removed and added again, and to no other", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(3)
      const [ada, bob, eve] = ids as [UserId, UserId, UserId]
      const chats = yield* Chats
      const a = yield* connect(ada)
      // The first who listens: it is not read through their eyes.
      const b = yield* connect(bob)
      const e = yield* connect(eve)
      const between = yield* intercept()
      yield* chats.removeMember(ada, chat_id, bob)
      yield* say(a, chat_id, "between")
      yield* chats.addMembers(ada, chat_id, [bob])
      const b2 = yield* connect(bob, { device: 2 })
      yield* say(a, chat_id, "after")
      between.pass({ _tag: "ChatHead", chat_id, version: 5 })
      yield* settled
      assert.deepStrictEqual(told(b), ["message 3 between", "chat_created 4", "message 5 after"])
      assert.deepStrictEqual(told(e), ["message 3 between", "member_added 4", "message 5 after"])
      assert.deepStrictEqual(told(b2), ["message 5 after"])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("sends only the new chat to a device that has received that the chat is gone", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      const chats = yield* Chats
      const a = yield* connect(ada)
      const b = yield* connect(bob)
      const between = yield* intercept()
      yield* say(a, chat_id, "one")
      yield* chats.removeMember(ada, chat_id, bob)
      yield* b.ask({ type: "sync", cursors: { [chat_id]: 1 } })
      assert.strictEqual(b.ofType("chat_gone").length, 1)
      yield* chats.addMembers(ada, chat_id, [bob])
      // The event was under way when the device received that.
      const { cursors } = yield* b.ask({ type: "sync", cursors: { [chat_id]: 1 } })
      assert.deepStrictEqual(cursors, {})
      assert.deepStrictEqual(told(b), [])
      yield* say(a, chat_id, "two")
      between.pass({ _tag: "ChatHead", chat_id, version: 5 })
      yield* settled
      assert.deepStrictEqual(told(b), ["chat_created 4", "message 5 two"])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("of a chat that was deleted is its deletion", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [a, b] = yield* Effect.forEach(ids, (id) => connect(id))
      const b2 = yield* connect(ids[1]!, { device: 2, only: chat_id })
      const between = yield* intercept()
      yield* say(a!, chat_id, "gone")
      yield* Effect.flatMap(Chats, (chats) => chats.remove(ids[0]!, chat_id))
      between.pass({ _tag: "ChatHead", chat_id, version: 2 })
      yield* settled
      assert.deepStrictEqual(told(b!), ["chat_deleted 3"])
      assert.strictEqual(b2.closed?.code, 4502)
      assert.isUndefined((yield* Hub).state.listeners.chats.get(chat_id))
    }).pipe(Effect.provide(layer())),
  )

  it.effect("that is wide is brought to each device by a replay of its own, and moves members all the same", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(4)
      const [ada, bob, eve] = ids as [UserId, UserId, UserId]
      const [joe] = yield* addUsers(1)
      const chats = yield* Chats
      const a = yield* connect(ada)
      const b = yield* connect(bob)
      const e = yield* connect(eve)
      const j = yield* connect(joe!)
      const between = yield* intercept()
      const message = yield* say(a, chat_id, "one")
      const late = yield* connect(ids[3]!)
      yield* chats.addMembers(ada, chat_id, [joe!])
      yield* sayMany(a, chat_id, holeLimit)
      yield* chats.removeMember(ada, chat_id, eve)
      yield* edit(a, message, "one, edited")
      const last = holeLimit + 5
      between.pass({ _tag: "ChatHead", chat_id, version: last })
      between.pass(...between.events().slice(-1))
      yield* until(() => versions(late).at(-1) === last, "the edit")
      yield* settled
      assert.deepStrictEqual(told(e), [`member_removed ${last - 1}`])
      assert.deepStrictEqual(told(b).slice(0, 2), [`message 2 (${last}) one, edited`, "member_added 3"])
      assert.deepStrictEqual(told(late).slice(0, 1), ["member_added 3"])
      assert.strictEqual(told(late).at(-1), `message_updated ${last} one, edited`)
      assert.strictEqual(told(j)[0], "chat_created 3")
      assert.strictEqual(lasting(j).length, holeLimit + 3)
      const more = yield* say(a, chat_id, "live")
      between.pass(between.events().at(-1)!)
      yield* settled
      for (const wire of [a, b, late, j]) {
        ascend(wire)
        assert.strictEqual(wire.frames.at(-1)?.id, more)
      }
      assert.strictEqual(lasting(e).length, 1)
    }).pipe(Effect.provide(layer())),
  )

  for (const [who, syncs] of [
    ["a device that a sync has brought further than the node", true],
    ["a device that has heard that the chat is gone", false],
  ] as const) {
    it.effect(`that is wide sends ${who} the chat as new once, and what follows`, () =>
      Effect.gen(function* () {
        const { chat_id, ids } = yield* addGroup(2)
        const [ada, bob] = ids as [UserId, UserId]
        const chats = yield* Chats
        const a = yield* connect(ada)
        const b = yield* connect(bob)
        const between = yield* intercept()
        yield* say(a, chat_id, "one")
        if (syncs) yield* b.ask({ type: "sync", cursors: { [chat_id]: 1 } })
        yield* chats.removeMember(ada, chat_id, bob)
        if (!syncs) yield* b.ask({ type: "sync", cursors: { [chat_id]: 1 } })
        yield* chats.addMembers(ada, chat_id, [bob])
        yield* sayMany(a, chat_id, holeLimit)
        between.pass({ _tag: "ChatHead", chat_id, version: 4 + holeLimit })
        yield* settled
        const after = told(b).slice(syncs ? 1 : 0)
        assert.strictEqual(after[0], "chat_created 4")
        assert.strictEqual(after.length, 1 + holeLimit)
        ascend(b)
        assert.deepStrictEqual(
          b.ofType("reset", "chat_gone").map(({ type }) => type),
          syncs ? [] : ["chat_gone"],
        )
      }).pipe(Effect.provide(layer())),
    )
  }

  it.effect("that is wide brings what follows to a device whose sync under way has said that the chat is gone", () => {
    const reads = { held: 0 }
    const go = Deferred.makeUnsafe<void>()
    const slow = Layer.effect(
      Changes,
      Effect.map(Changes, (changes) =>
        Changes.of({
          ...changes,
          since: (chat_id, ...rest) =>
            chat_id === reads.held
              ? Effect.andThen(Deferred.await(go), changes.since(chat_id, ...rest))
              : changes.since(chat_id, ...rest),
        }),
      ),
    )
    return Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      const chats = yield* Chats
      const other = yield* chats.createGroup(ada, "Another", [bob])
      reads.held = other.id
      const a = yield* connect(ada)
      yield* say(a, chat_id, "one")
      const b = yield* connect(bob, { resume: true })
      const between = yield* intercept()
      yield* chats.removeMember(ada, chat_id, bob)
      b.say({ type: "sync", cursors: { [chat_id]: 1, [other.id]: 0 }, ref: "s" })
      yield* until(() => b.ofType("chat_gone").length === 1, "the chat is gone")
      for (const version of [4, 7]) {
        yield* chats.addMembers(ada, chat_id, [bob])
        yield* say(a, chat_id, "between")
        between.pass({ _tag: "ChatHead", chat_id, version })
        yield* settled
        if (version === 4) yield* chats.removeMember(ada, chat_id, bob)
      }
      yield* sayMany(a, chat_id, holeLimit + 1)
      between.pass({ _tag: "ChatHead", chat_id, version: 9 + holeLimit })
      yield* settled
      yield* Deferred.succeed(go, undefined)
      yield* until(() => b.ofType("synced").length === 1, "synced")
      yield* settled
      const after = lasting(b).filter((frame) => (frame.chat_id ?? frame.chat?.id) === chat_id)
      assert.deepStrictEqual(
        after.map(({ type, version }) => `${type} ${version}`),
        ["chat_created 7", ...Array.from({ length: holeLimit + 2 }, (_, i) => `message ${i + 8}`)],
      )
    }).pipe(Effect.provide(layer({}, slow)))
  })

  it.effect("that is wide reports no removal to a device whose hello leaves the chat out", () => {
    const reading = Deferred.makeUnsafe<void>()
    const go = Deferred.makeUnsafe<void>()
    const slow = { isOn: false }
    const slowRows = Layer.effect(
      ChatStore,
      Effect.map(ChatStore, (rows) =>
        ChatStore.of({
          ...rows,
          positions: (...args) =>
            Effect.andThen(
              Effect.suspend(() =>
                slow.isOn ? Effect.andThen(Deferred.succeed(reading, undefined), Deferred.await(go)) : Effect.void,
              ),
              rows.positions(...args),
            ),
        }),
      ),
    )
    return Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      const chats = yield* Chats
      const a = yield* connect(ada)
      yield* connect(bob)
      const between = yield* intercept()
      yield* sayMany(a, chat_id, holeLimit + 1)
      slow.isOn = true
      const { greet, wire: b } = yield* open(bob, { device: 2 })
      yield* Effect.forkChild(greet)
      yield* Deferred.await(reading)
      between.pass({ _tag: "ChatHead", chat_id, version: holeLimit + 2 })
      yield* settled
      yield* chats.removeMember(ada, chat_id, bob)
      yield* settled
      between.pass(between.events().at(-1)!)
      yield* settled
      yield* Deferred.succeed(go, undefined)
      yield* until(() => b.frames.length > 0, "hello")
      yield* settled
      assert.deepStrictEqual(b.frames[0]?.chats, [])
      assert.deepStrictEqual(
        b.frames.map(({ type }) => type),
        ["hello"],
      )
      // It is not in the way when they are added again.
      yield* chats.addMembers(ada, chat_id, [bob])
      yield* settled
      between.pass(between.events().at(-1)!)
      yield* settled
      assert.deepStrictEqual(told(b), [`chat_created ${holeLimit + 4}`])
      assert.isUndefined(b.closed)
    }).pipe(Effect.provide(layer({}, slowRows)))
  })

  it.effect("that is read while a member is added again and connects does not report the removal", () => {
    const read = Deferred.makeUnsafe<void>()
    const go = Deferred.makeUnsafe<void>()
    const slow = Layer.effect(
      Changes,
      Effect.map(Changes, (changes) =>
        Changes.of({
          ...changes,
          hole: (...args) =>
            changes
              .hole(...args)
              .pipe(Effect.tap(() => Effect.andThen(Deferred.succeed(read, undefined), Deferred.await(go)))),
        }),
      ),
    )
    return Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      const chats = yield* Chats
      const a = yield* connect(ada)
      const b = yield* connect(bob)
      const between = yield* intercept()
      yield* chats.removeMember(ada, chat_id, bob)
      between.pass({ _tag: "ChatHead", chat_id, version: 2 })
      yield* Deferred.await(read)
      yield* chats.addMembers(ada, chat_id, [bob])
      const b2 = yield* connect(bob, { device: 2 })
      const b3 = yield* connect(bob, { device: 3, only: chat_id })
      assert.deepStrictEqual(b2.frames[0]?.chats.length, 1)
      yield* Deferred.succeed(go, undefined)
      yield* settled
      between.pass(...between.events())
      yield* say(a, chat_id, "hello again")
      between.pass(between.events().at(-1)!)
      yield* settled
      assert.deepStrictEqual(told(b), ["member_removed 2", "chat_created 3", "message 4 hello again"])
      for (const late of [b2, b3]) {
        assert.deepStrictEqual(told(late), ["message 4 hello again"])
        assert.deepStrictEqual(late.ofType("chat_gone"), [])
        assert.isUndefined(late.closed)
      }
    }).pipe(Effect.provide(layer({}, slow)))
  })
})

describe("A node that lacks the members of a chat", () => {
  it.effect("asks before it says to a sync that the chat is gone", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(1)
      const [bob] = yield* addUsers(1)
      const chats = yield* Chats
      const a = yield* connect(ids[0]!)
      const b = yield* connect(bob!)
      const network = yield* Network
      network.loses = true
      yield* chats.addMembers(ids[0]!, chat_id, [bob!])
      yield* say(a, chat_id, "one")
      // It received the chat on another node.
      const roaming = yield* connect(bob!, { device: 2, resume: true })
      roaming.say({ type: "sync", cursors: { [chat_id]: 2, 999: 1 } })
      yield* until(() => roaming.ofType("synced").length === 1)
      assert.deepStrictEqual(told(roaming), ["message 3 one"])
      assert.deepStrictEqual(
        roaming.ofType("chat_gone").map((frame) => frame.chat_id),
        [999],
      )
      assert.deepStrictEqual(told(b), ["chat_created 3"])
      network.loses = false
      yield* say(a, chat_id, "two")
      yield* settled
      assert.strictEqual(told(b).at(-1), "message 4 two")
      assert.strictEqual(told(roaming).at(-1), "message 4 two")
    }).pipe(Effect.provide(lossy())),
  )

  it.effect("asks before it refuses a socket of that chat", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(1)
      const [bob] = yield* addUsers(1)
      const chats = yield* Chats
      yield* connect(ids[0]!)
      yield* connect(bob!)
      const network = yield* Network
      network.loses = true
      yield* chats.addMembers(ids[0]!, chat_id, [bob!])
      const only = yield* connect(bob!, { device: 2, only: chat_id })
      assert.isUndefined(only.closed)
      assert.deepInclude(only.frames[0]?.chats[0], { chat_id, version: 2 })
      const stranger = yield* connect((yield* addUsers(1))[0]!, { only: chat_id })
      assert.strictEqual(stranger.closed?.code, 4502)
    }).pipe(Effect.provide(lossy())),
  )

  it.effect("finds within seconds a member who was added before any device listened there", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(1)
      const [bob] = yield* addUsers(1)
      const chats = yield* Chats
      const b = yield* connect(bob!)
      const network = yield* Network
      network.loses = true
      yield* chats.addMembers(ids[0]!, chat_id, [bob!])
      network.loses = false
      // From here on a device that knows all of the chat listens to it.
      const a = yield* connect(ids[0]!)
      assert.deepStrictEqual(told(b), [])
      yield* seconds(8)
      assert.deepStrictEqual(told(b), ["chat_created 2"])
      yield* say(a, chat_id, "one")
      yield* settled
      assert.deepStrictEqual(told(b), ["chat_created 2", "message 3 one"])
    }).pipe(Effect.provide(lossy())),
  )
})
