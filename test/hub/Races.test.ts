// Broadcast as it may be: late, doubled, with holes; and membership that changes while devices come.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { ChatEvents } from "../../src/domain/ChatEvent.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
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
import { connect, type FakeWire, intercept, layer, open, settled, until } from "../support/sockets.ts"

const lasting = (wire: FakeWire) => wire.frames.filter(({ version, type }) => version !== undefined && type !== "reset")
const told = (wire: FakeWire) => lasting(wire).map(({ type, version }) => `${type} ${version}`)

const say = Effect.fnUntraced(function* (wire: FakeWire, chat_id: ChatId, count: number) {
  for (let i = 0; i < count; i++) yield* wire.ask({ type: "message", chat_id, text: `t${i}` })
  yield* settled
})

describe("Broadcast", () => {
  it.effect("a hole in the versions is filled from the database, before what came after it", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [a, b] = yield* Effect.forEach(ids, (id) => connect(id))
      const between = yield* intercept()
      yield* say(a!, chat_id, 6)
      const [one, , , four, five, six] = between.events()
      between.pass(one!, four!, five!)
      between.pass(six!)
      yield* until(() => lasting(b!).length === 6)
      assert.deepStrictEqual(
        lasting(b!).map(({ version }) => version),
        [2, 3, 4, 5, 6, 7],
      )
      assert.strictEqual((yield* Hub).state.stats.holes, 1)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("an event that arrives twice is sent once", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(1)
      const a = yield* connect(ids[0]!)
      const between = yield* intercept()
      yield* say(a, chat_id, 2)
      const all = between.events()
      between.pass(...all, ...all)
      between.pass(...all)
      yield* settled
      assert.deepStrictEqual(told(a), ["message 2", "message 3"])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("events up to an unpublished head are read", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [a, b] = yield* Effect.forEach(ids, (id) => connect(id))
      const between = yield* intercept()
      yield* say(a!, chat_id, 3)
      between.pass({ _tag: "ChatHead", chat_id, version: 1 })
      yield* settled
      assert.deepStrictEqual(told(b!), [])
      between.pass({ _tag: "ChatHead", chat_id, version: 4 })
      yield* settled
      assert.deepStrictEqual(told(b!), ["message 2", "message 3", "message 4"])
      between.pass(...between.events())
      yield* settled
      assert.strictEqual(lasting(b!).length, 3)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("an event that hello contains is not sent again when it arrives late, and no device misses it", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(3)
      const a = yield* connect(ids[0]!)
      const between = yield* intercept()
      yield* say(a, chat_id, 2)
      const late = yield* connect(ids[1]!)
      const second = yield* connect(ids[1]!)
      yield* say(a, chat_id, 1)
      const later = yield* connect(ids[2]!)
      const laterStill = yield* connect(ids[1]!)
      yield* say(a, chat_id, 1)
      between.pass(...between.events())
      yield* settled
      assert.deepStrictEqual(told(a), ["message 2", "message 3", "message 4", "message 5"])
      for (const wire of [late, second]) assert.deepStrictEqual(told(wire), ["message 4", "message 5"])
      for (const wire of [later, laterStill]) assert.deepStrictEqual(told(wire), ["message 5"])
      for (const wire of [late, second, later, laterStill]) assert.strictEqual(wire.device?.gates, undefined)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("a removal and a new addition that arrive late are correct for old and new devices", () =>
    Effect.gen(function* () {
      const { chat_id, ids, owner } = yield* addGroup(2)
      const chats = yield* Chats
      const a = yield* connect(owner)
      const old = yield* connect(ids[1]!)
      const between = yield* intercept()
      yield* chats.removeMember(owner, chat_id, ids[1]!)
      const during = yield* connect(ids[1]!, { device: 2 })
      yield* chats.addMembers(owner, chat_id, [ids[1]!])
      const after = yield* connect(ids[1]!, { device: 3 })
      yield* say(a, chat_id, 1)
      between.pass(...between.events())
      yield* settled
      assert.deepStrictEqual(told(a), ["member_removed 2", "member_added 3", "message 4"])
      assert.deepStrictEqual(told(old), ["member_removed 2", "chat_created 3", "message 4"])
      assert.deepStrictEqual(during.frames[0]?.chats, [])
      assert.deepStrictEqual(told(during), ["chat_created 3", "message 4"])
      assert.strictEqual(after.frames[0]?.chats[0].version, 3)
      assert.deepStrictEqual(told(after), ["message 4"])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("a member who was removed and added again before connecting is not removed by the late event", () =>
    Effect.gen(function* () {
      const { chat_id, ids, owner } = yield* addGroup(2)
      const chats = yield* Chats
      const a = yield* connect(owner)
      const between = yield* intercept()
      yield* chats.removeMember(owner, chat_id, ids[1]!)
      yield* chats.addMembers(owner, chat_id, [ids[1]!])
      const b = yield* connect(ids[1]!)
      yield* say(a, chat_id, 1)
      const [removed, ...rest] = between.events()
      between.pass(removed!)
      assert.isTrue((yield* Hub).state.listeners.isIn(b.device!.user, chat_id))
      between.pass(...rest)
      yield* settled
      assert.deepStrictEqual(told(b), ["message 4"])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("a device whose read is older than what its twin received reads again", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const hub = yield* Hub
      const a = yield* connect(ids[0]!)
      const rows = yield* ChatStore
      const old = yield* rows.positions(ids[1]!, [chat_id])
      const between = yield* intercept()
      const { wire } = yield* open(ids[1]!)
      yield* say(a, chat_id, 2)
      const twin = yield* connect(ids[1]!)
      assert.strictEqual(twin.frames[0]?.chats[0].version, 3)
      const reads = [Effect.succeed(old)]
      const behind = {
        ...rows,
        positions: (...asked: Parameters<typeof rows.positions>) => reads.pop() ?? rows.positions(...asked),
      }
      const syncs = new Syncs(new Replays(yield* Changes, 1), new StateReplays(yield* StateStore, 1), rows, () => {})
      yield* greet(hub.state, syncs, behind, new PositionReads(behind, Effect.runFork), wire.device!)
      yield* say(a, chat_id, 1)
      between.pass(...between.events())
      yield* settled
      for (const device of [twin, wire]) {
        assert.strictEqual(device.frames[0]?.chats[0].version, 3)
        assert.deepStrictEqual(told(device), ["message 4"])
      }
    }).pipe(Effect.provide(layer())),
  )

  it.effect("a member who was added before connecting receives only hello, whenever the event arrives", () =>
    Effect.gen(function* () {
      const { chat_id, owner } = yield* addGroup(1)
      const [late] = yield* addUsers(1)
      const chats = yield* Chats
      const a = yield* connect(owner)
      const between = yield* intercept()
      yield* chats.addMembers(owner, chat_id, [late!])
      const b = yield* connect(late!)
      yield* settled
      between.pass(...between.events())
      yield* settled
      assert.strictEqual(b.frames[0]?.chats[0].version, 2)
      assert.deepStrictEqual(told(a), ["member_added 2"])
      assert.deepStrictEqual(told(b), [])
      const again = between.events().length
      yield* say(a, chat_id, 1)
      between.pass(...between.events().slice(again))
      yield* settled
      assert.deepStrictEqual(told(b), ["message 3"])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("keeps every device right through random comings, goings and delays", () =>
    Effect.gen(function* () {
      const { chat_id, ids, owner } = yield* addGroup(4)
      const chats = yield* Chats
      const between = yield* intercept()
      const a = yield* connect(owner)
      let seed = 7
      const random = (below: number) => {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
        return (seed >> 8) % below
      }
      const wires = [{ wire: a, isIn: true, version: 1 }]
      const inChat = new Set<UserId>(ids)
      let handed = 0
      for (let step = 0; step < 300; step++) {
        const user = ids[1 + random(3)]!
        const what = random(6)
        if (what <= 1) yield* a.ask({ type: "message", chat_id, text: "t" })
        else if (what === 2 && inChat.delete(user)) yield* chats.removeMember(owner, chat_id, user)
        else if (what === 3 && !inChat.has(user)) {
          inChat.add(user)
          yield* chats.addMembers(owner, chat_id, [user])
        } else if (what === 4 && wires.length < 60) {
          yield* settled
          const version = between.events().at(-1)?.events.at(-1)?.version ?? 1
          wires.push({ wire: yield* connect(user), isIn: inChat.has(user), version })
        } else if (what === 5) {
          yield* settled
          const upTo = handed + random(between.events().length - handed + 1)
          between.pass(...between.events().slice(handed, upTo))
          handed = upTo
        }
      }
      yield* settled
      between.pass(...between.events().slice(handed))
      yield* settled
      const history = between.events().flatMap(({ events }) => events)
      for (const { isIn, version, wire } of wires) {
        const known = wire.frames[0]?.chats[0]?.version
        const first = lasting(wire)[0]
        if (known !== undefined) assert.deepStrictEqual([known, isIn], [version, true])
        // The event that adds the user was still under way.
        else if (isIn) assert.isAtMost(first?.version, version)
        // A former member may still receive a completed membership: then all of it.
        const from = known ?? Math.min(version, (first?.version ?? version) - 1)
        const should = heardBy(wire.device!.user.id, { isIn: known !== undefined, version: from }, history)
        assert.deepStrictEqual(told(wire), should)
      }
    }).pipe(Effect.provide(layer())),
  )
})

/** The events for a device that connected when the chat was at `version`, as a member or not. */
const heardBy = (
  user_id: UserId,
  { isIn, version }: { readonly isIn: boolean; readonly version: number },
  history: ChatEvents["events"],
): ReadonlyArray<string> => {
  const heard: Array<string> = []
  let inside = isIn
  for (const event of history) {
    if (event.version <= version) continue
    const isMe = event._tag === "MemberAdded" && event.member.user.id === user_id
    if (isMe) inside = true
    if (!inside) continue
    const others = event._tag === "MemberAdded" ? "member_added" : "message"
    const type = isMe ? "chat_created" : event._tag === "MemberRemoved" ? "member_removed" : others
    heard.push(`${type} ${event.version}`)
    if (event._tag === "MemberRemoved" && event.user_id === user_id) inside = false
  }
  return heard
}
