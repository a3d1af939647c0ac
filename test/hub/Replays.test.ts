// Replays are work: shared fairly between users, read as fast as the network takes them, and one that fails stops no other.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer } from "effect"
import { Unavailable } from "../../src/domain/errors.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import type { Hub } from "../../src/hub/Hub.ts"
import { Chats } from "../../src/services/Chats.ts"
import { Changes } from "../../src/sql/changes/Changes.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { addGroup, addUsers } from "../support/chat.ts"
import { callRpc, connect, type FakeWire, intercept, layer, openRpc, settled, until } from "../support/sockets.ts"

/** Stands before the reads of replays: counts them, lets them wait, and lets them fail. */
const makeReads = () => {
  const reads = {
    failing: new Set<ChatId>(),
    defective: new Set<ChatId>(),
    /** From the second page on. */
    failingLater: new Set<ChatId>(),
    /** Chats with too many changes for a replay. */
    large: new Set<ChatId>(),
    isAway: false,
    /** Runs after a read that found that the user is not a member. */
    onGone: Effect.void as Effect.Effect<unknown>,
    /** Runs after the read of this chat. */
    onRead: undefined as readonly [chat_id: ChatId, run: Effect.Effect<unknown>] | undefined,
    gate: undefined as Deferred.Deferred<void> | undefined,
    /** Which reads the gate is for. */
    isHeld: (_: ChatId, __: boolean): boolean => true,
    active: [] as Array<UserId>,
    most: 0,
    count: 0,
  }
  const around = Layer.mergeAll(
    Layer.effect(
      Changes,
      Effect.map(Changes, (changes) =>
        Changes.of({
          ...changes,
          since: (chat_id, user_id, cursor, position, size) =>
            Effect.gen(function* () {
              reads.count++
              if (reads.isAway) return yield* new Unavailable({})
              reads.active.push(user_id)
              reads.most = Math.max(reads.most, reads.active.length)
              assert.strictEqual(new Set(reads.active).size, reads.active.length, "one replay a user")
              if (reads.gate !== undefined && reads.isHeld(chat_id, position === undefined))
                yield* Deferred.await(reads.gate)
              reads.active.splice(reads.active.indexOf(user_id), 1)
              if (reads.failing.has(chat_id)) return yield* new Unavailable({})
              if (position !== undefined && reads.failingLater.has(chat_id)) return yield* new Unavailable({})
              if (reads.defective.has(chat_id)) return yield* Effect.die(new Error("No such column"))
              const missed = yield* changes.since(chat_id, user_id, cursor, position, size)
              if (missed._tag === "Gone") yield* Effect.suspend(() => reads.onGone)
              if (reads.onRead?.[0] === chat_id) yield* reads.onRead[1]
              return reads.large.has(chat_id) && missed._tag === "Replay"
                ? { _tag: "Reset" as const, version: missed.version }
                : missed
            }),
        }),
      ),
    ),
    Layer.effect(
      ChatStore,
      Effect.map(ChatStore, (rows) =>
        ChatStore.of({
          ...rows,
          isMember: (...args) =>
            Effect.suspend(() => (reads.isAway ? Effect.fail(new Unavailable({})) : rows.isMember(...args))),
        }),
      ),
    ),
  )
  return { reads, layer: (settings = {}) => layer(settings, around) }
}

const versions = (wire: FakeWire, chat_id: number) =>
  wire.frames
    .filter((frame) => frame.chat_id === chat_id && frame.version !== undefined && frame.type !== "reset")
    .map(({ version }) => version)
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const say = Effect.fnUntraced(function* (wire: FakeWire, chat_id: number, count: number) {
  const before = wire.ofType("ack").length
  for (let i = 0; i < count; i++) wire.say({ type: "message", chat_id, text: `t${i}` })
  yield* until(() => wire.ofType("ack").length === before + count, "acks")
  yield* settled
})

const groupOf = Effect.fnUntraced(function* (ids: ReadonlyArray<UserId>) {
  const rows = yield* ChatStore
  const [created_by, ...member_ids] = ids
  return yield* rows.create({ type: "group", name: "Group", created_by: created_by!, member_ids, created_at: 0 })
})

describe("Replays", () => {
  it.effect("of many sockets are read one a user at a time and a few in all, every user in turn", () => {
    const { layer, reads } = makeReads()
    return Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(6)
      const wires = yield* Effect.forEach(ids, (id) => Effect.forEach(range(1, 5), (device) => connect(id, { device })))
      yield* say(wires[0]![0]!, chat_id, 3)
      const gate = yield* Deferred.make<void>()
      reads.gate = gate
      // The first user has five, and asks first.
      for (const wire of wires[0]!) wire.say({ type: "sync", cursors: { [chat_id]: 1 } })
      for (const [wire] of wires.slice(1)) wire!.say({ type: "sync", cursors: { [chat_id]: 1 } })
      yield* settled
      assert.deepStrictEqual(reads.active, ids.slice(0, 3), "three in all, of three users")
      yield* Deferred.succeed(gate, undefined)
      yield* until(() => wires[0]!.every((wire) => wire.ofType("synced").length === 1), "the first user")
      for (const [wire] of wires) assert.strictEqual(wire!.ofType("synced").length, 1)
      assert.strictEqual(reads.most, 3)
    }).pipe(Effect.provide(layer({ databaseUrl: "not the embedded one" as never })))
  })

  it.effect("on the embedded database are read one at a time", () => {
    const { layer, reads } = makeReads()
    return Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(3)
      const wires = yield* Effect.forEach(ids, (id) => connect(id))
      const gate = yield* Deferred.make<void>()
      reads.gate = gate
      for (const wire of wires) wire.say({ type: "sync", cursors: { [chat_id]: 1 } })
      yield* settled
      assert.deepStrictEqual(reads.active, [ids[0]!])
      yield* Deferred.succeed(gate, undefined)
      yield* until(() => wires.every((wire) => wire.ofType("synced").length === 1))
      assert.strictEqual(reads.most, 1)
    }).pipe(Effect.provide(layer()))
  })

  it.effect("a device that is closed gives its place in the queue back", () => {
    const { layer, reads } = makeReads()
    return Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(3)
      const [a, b, c] = yield* Effect.forEach(ids, (id) => connect(id))
      const gate = yield* Deferred.make<void>()
      reads.gate = gate
      for (const wire of [a!, b!, c!]) wire.say({ type: "sync", cursors: { [chat_id]: 1 } })
      yield* settled
      b!.device?.gone(1006)
      yield* settled
      assert.strictEqual(reads.count, 1)
      yield* Deferred.succeed(gate, undefined)
      yield* until(() => c!.ofType("synced").length === 1)
      assert.strictEqual(reads.count, 2, "b's is not read")
      assert.strictEqual(b!.device?.onClose, undefined)
    }).pipe(Effect.provide(layer()))
  })

  it.effect("one that is not read holds no slot: others, also of the same user, continue", () => {
    const { layer, reads } = makeReads()
    return Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      for (let i = 0; i < 20; i++) yield* say(a, chat_id, 100)
      const stalled = yield* Effect.forEach(range(2, 6), (device) => connect(ids[1]!, { device }))
      for (const wire of stalled) {
        wire.stalled = true
        wire.say({ type: "sync", cursors: { [chat_id]: 1 } })
      }
      yield* until(() => stalled.every((wire) => versions(wire, chat_id).length > 0), "a first piece for each")
      yield* settled
      assert.strictEqual(reads.count, stalled.length, "one page for each")
      const twin = yield* connect(ids[1]!)
      for (const wire of [twin, a]) {
        assert.strictEqual((yield* wire.ask({ type: "sync", cursors: { [chat_id]: 1 } })).type, "synced")
      }
      for (const wire of stalled) {
        assert.isBelow(wire.pending, 65_536)
        assert.strictEqual(wire.ofType("synced").length, 0)
      }
      for (const wire of stalled) wire.drain()
      yield* until(() => stalled.every((wire) => wire.ofType("synced").length === 1))
      for (const wire of stalled) assert.deepStrictEqual(versions(wire, chat_id), range(2, 2_001))
      assert.isAbove(reads.count, 3 * (stalled.length + 2))
    }).pipe(Effect.provide(layer()))
  })
})

describe("A replay of many pages", () => {
  it.effect.each([0, 40, 1_100])("is followed by what happened between two of them, once: %i messages", (live) => {
    const { layer, reads } = makeReads()
    return Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      for (let i = 0; i < 20; i++) yield* say(a, chat_id, 100)
      const b = yield* connect(ids[1]!, { resume: true })
      b.stalled = true
      b.say({ type: "sync", cursors: { [chat_id]: 1 }, ref: "s" })
      yield* settled
      yield* say(a, chat_id, live)
      a.say({ type: "edit", message_id: a.ofType("message")[0]?.id, text: "first, edited" })
      a.say({ type: "edit", message_id: a.ofType("message")[1_999]?.id, text: "last, edited" })
      yield* settled
      assert.strictEqual(reads.count, 1)
      b.drain()
      yield* until(() => b.ofType("synced").length === 1)
      yield* say(a, chat_id, 1)
      const last = 2_001 + live
      assert.deepStrictEqual(versions(b, chat_id), range(2, last + 3))
      const shown = b.ofType("message").find(({ seq }) => seq === 2_000)
      // The page that has it was read after the edit, which comes all the same.
      assert.deepInclude(shown, { version: 2_001, text: "last, edited", changed: last + 2 })
      assert.deepStrictEqual(
        b.ofType("message_updated").map(({ version, text }) => [version, text]),
        [
          [last + 1, "first, edited"],
          [last + 2, "last, edited"],
        ],
      )
      assert.strictEqual(b.device?.gates, undefined)
    }).pipe(Effect.provide(layer()))
  })

  it.effect("over /rpc too is read as the stream is taken", () => {
    const { layer, reads } = makeReads()
    return Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      for (let i = 0; i < 20; i++) yield* say(a, chat_id, 100)
      const wire = yield* openRpc(ids[1]!)
      const requestId = callRpc(wire, "Events", { cursors: { [chat_id]: 1 } })
      const heard = () => wire.frames.flatMap((frame) => (frame._tag === "Chunk" ? frame.values : []))
      yield* until(() => heard().length > 0, "hello")
      yield* settled
      assert.strictEqual(heard().length, 1, "what is not taken is not followed by more")
      assert.strictEqual(reads.count, 1)
      for (let taken = 0; heard().at(-1)?.type !== "synced"; taken++) {
        yield* until(() => wire.frames.filter(({ _tag }) => _tag === "Chunk").length > taken, "the next chunk")
        wire.say({ _tag: "Ack", requestId })
        yield* settled
      }
      const told = heard().filter(({ type }) => type === "message")
      assert.deepStrictEqual(
        told.map(({ version }) => version),
        range(2, 2_001),
      )
      assert.isAbove(reads.count, 3)
    }).pipe(Effect.provide(layer()))
  })

  it.effect("sends nothing more to a user who is removed in the middle", () => {
    const { layer } = makeReads()
    return Effect.gen(function* () {
      const { chat_id, ids, owner } = yield* addGroup(2)
      const chats = yield* Chats
      const a = yield* connect(owner)
      for (let i = 0; i < 20; i++) yield* say(a, chat_id, 100)
      const b = yield* connect(ids[1]!, { resume: true })
      b.stalled = true
      b.say({ type: "sync", cursors: { [chat_id]: 1 }, ref: "s" })
      yield* settled
      const before = versions(b, chat_id).length
      yield* chats.removeMember(owner, chat_id, ids[1]!)
      yield* settled
      b.drain()
      yield* until(() => b.ofType("synced").length === 1)
      const [gone] = b.ofType("chat_gone")
      assert.strictEqual(gone?.chat_id, chat_id)
      assert.strictEqual(versions(b, chat_id).length, before)
      assert.deepStrictEqual(b.ofType("synced")[0]?.cursors, {})
      yield* say(a, chat_id, 1)
      assert.strictEqual(b.frames.at(-1)?.type, "synced")
    }).pipe(Effect.provide(layer()))
  })

  it.effect("repeats nothing to a user who was removed in the middle and is back", () => {
    const { layer, reads } = makeReads()
    return Effect.gen(function* () {
      const { chat_id, ids, owner } = yield* addGroup(2)
      const other = ids[1]!
      const chats = yield* Chats
      const a = yield* connect(owner)
      for (let i = 0; i < 20; i++) yield* say(a, chat_id, 100)
      const b = yield* connect(other)
      const gate = yield* Deferred.make<void>()
      reads.gate = gate
      reads.isHeld = (_, isFirst) => !isFirst
      b.say({ type: "sync", cursors: { [chat_id]: 1 }, ref: "s" })
      yield* until(() => reads.count === 2, "the second page")
      const first = versions(b, chat_id).length
      assert.isAbove(first, 100)
      // More than may be held.
      for (let i = 0; i < 11; i++) yield* say(a, chat_id, 100)
      yield* chats.removeMember(owner, chat_id, other)
      reads.onGone = Effect.suspend(() => {
        reads.onGone = Effect.void
        return Effect.andThen(Effect.orDie(chats.addMembers(owner, chat_id, [other])), settled)
      })
      reads.gate = undefined
      yield* Deferred.succeed(gate, undefined)
      yield* until(() => b.ofType("synced").length === 1, "synced")
      const all = versions(b, chat_id)
      assert.deepStrictEqual(all, range(2, all.length + 1), "each once, without a hole")
      assert.isAbove(all.length, 3_000)
    }).pipe(Effect.provide(layer()))
  })

  it.effect("brings a chat as new that was reported as gone, when more followed than may be held", () => {
    const { layer, reads } = makeReads()
    return Effect.gen(function* () {
      const { chat_id, ids, owner } = yield* addGroup(2)
      const other = ids[1]!
      const chats = yield* Chats
      const slow = (yield* chats.createGroup(owner, "Slow", [other])).id
      const a = yield* connect(owner)
      yield* say(a, chat_id, 1)
      const b = yield* connect(other, { resume: true })
      yield* chats.removeMember(owner, chat_id, other)
      const gate = yield* Deferred.make<void>()
      reads.gate = gate
      reads.isHeld = (read) => read === slow
      b.say({ type: "sync", cursors: { [chat_id]: 1, [slow]: 0 }, ref: "s" })
      yield* until(() => reads.active.length === 1, "the read of the other chat")
      yield* chats.addMembers(owner, chat_id, [other])
      for (let i = 0; i < 11; i++) yield* say(a, chat_id, 100)
      reads.gate = undefined
      yield* Deferred.succeed(gate, undefined)
      yield* until(() => b.ofType("synced").length === 1, "synced")
      yield* settled
      const after = b.frames.slice(b.frames.findLastIndex(({ type }) => type === "chat_gone") + 1)
      const types = after.filter((frame) => (frame.chat_id ?? frame.chat?.id) === chat_id).map(({ type }) => type)
      assert.deepStrictEqual(types, ["chat_created", ...Array.from({ length: 1_100 }, () => "message")])
      assert.isUndefined(b.closed)
    }).pipe(Effect.provide(layer()))
  })

  it.effect("reports no end of a chat that the device never had, when its user is removed during the read", () => {
    const { layer, reads } = makeReads()
    return Effect.gen(function* () {
      const { ids, owner } = yield* addGroup(2)
      const other = ids[1]!
      const chats = yield* Chats
      const slow = (yield* chats.createGroup(owner, "Slow", [other])).id
      const a = yield* connect(owner)
      const b = yield* connect(other, { resume: true })
      const gate = yield* Deferred.make<void>()
      reads.gate = gate
      reads.isHeld = (read) => read === slow
      b.say({ type: "sync", cursors: { [slow]: 0 }, ref: "s" })
      yield* until(() => reads.active.length === 1, "the read of the other chat")
      const fresh = (yield* chats.createGroup(owner, "Fresh", [other])).id
      // More than may be held.
      for (let i = 0; i < 11; i++) yield* say(a, fresh, 100)
      let removed = 0
      const remove = Effect.gen(function* () {
        const between = yield* intercept()
        yield* chats.removeMember(owner, fresh, other)
        // The removal itself is lost.
        between.pass({ _tag: "ChatHead", chat_id: fresh, version: 1_102 })
        yield* settled
        removed++
      })
      reads.onRead = [fresh, Effect.provideContext(Effect.orDie(remove), yield* Effect.context<Hub>())]
      reads.gate = undefined
      yield* Deferred.succeed(gate, undefined)
      yield* until(() => b.ofType("synced").length === 1, "synced")
      yield* until(() => removed > 0, "the read of the new chat")
      yield* settled
      const told = b.frames.filter((frame) => (frame.chat_id ?? frame.chat?.id) === fresh)
      assert.deepStrictEqual(
        told.map(({ type }) => type),
        [],
      )
      assert.isUndefined(b.closed)
    }).pipe(Effect.provide(layer()))
  })

  it.effect("of a chat that was left while they waited are not sent, though the user is back", () => {
    const { layer, reads } = makeReads()
    return Effect.gen(function* () {
      const { chat_id: first, ids } = yield* addGroup(2)
      const [ann, boris] = ids as [UserId, UserId]
      const { chat_id: second } = yield* groupOf(ids)
      const wire = yield* connect(boris)
      const speaker = yield* connect(ann)
      yield* say(speaker, second, 3)
      const gate = yield* Deferred.make<void>()
      reads.gate = gate
      reads.isHeld = (chat_id) => chat_id === first
      wire.say({ type: "sync", ref: "s", cursors: { [first]: 0, [second]: 1 } })
      yield* settled
      const chats = yield* Chats
      yield* chats.removeMember(ann, second, boris)
      yield* chats.addMembers(ann, second, [boris])
      yield* settled
      const before = wire.frames.length
      yield* Deferred.succeed(gate, undefined)
      yield* until(() => wire.ofType("synced").length === 1, "synced")
      assert.deepStrictEqual(Object.keys(wire.ofType("synced")[0]!.cursors as object), [String(first)])
      assert.deepStrictEqual(
        wire.frames.slice(before).filter((frame) => frame.chat_id === second),
        [],
        "the chat arrived as new already",
      )
      yield* say(speaker, second, 1)
      assert.strictEqual(wire.frames.at(-1)?.text, "t0")
      const told = wire.frames.filter(
        ({ chat, chat_id }) => chat_id === second || (chat as { id?: number })?.id === second,
      )
      assert.deepStrictEqual(
        told.slice(-3).map(({ type }) => type),
        ["member_removed", "chat_created", "message"],
      )
    }).pipe(Effect.provide(layer()))
  })

  it.effect("reports a removal in the middle to a device of one chat, and nothing that waited behind it", () => {
    const { layer, reads } = makeReads()
    return Effect.gen(function* () {
      const { chat_id, ids, owner } = yield* addGroup(2)
      const chats = yield* Chats
      const a = yield* connect(owner)
      const b = yield* connect(ids[1]!, { only: chat_id, resume: true })
      yield* say(a, chat_id, 1)
      reads.gate = Deferred.makeUnsafe()
      b.say({ type: "sync", cursors: { [chat_id]: 1 }, ref: "s" })
      yield* settled
      yield* say(a, chat_id, 1)
      yield* chats.removeMember(owner, chat_id, ids[1]!)
      yield* settled
      assert.deepStrictEqual(
        b.frames.slice(1).map(({ type, version }) => [type, version]),
        [["member_removed", 4]],
      )
      assert.strictEqual(b.closed?.code, 4502)
      yield* Deferred.succeed(reads.gate, undefined)
    }).pipe(Effect.provide(layer()))
  })

  it.effect("that fails in the middle is in `failed`, and continues from the last version that arrived", () => {
    const { layer, reads } = makeReads()
    return Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      for (let i = 0; i < 20; i++) yield* say(a, chat_id, 100)
      const b = yield* connect(ids[1]!, { resume: true })
      yield* say(a, chat_id, 1)
      reads.failingLater.add(chat_id)
      assert.deepStrictEqual((yield* b.ask({ type: "sync", cursors: { [chat_id]: 1 } })).failed, [chat_id])
      const synced = b.frames.findIndex(({ type }) => type === "synced")
      const came = b.frames.slice(0, synced).filter(({ type }) => type === "message").length
      assert.isAbove(came, 100)
      assert.isBelow(came, 2_000)
      assert.deepStrictEqual(versions(b, chat_id), [...range(2, came + 1), 2_002], "the live one is behind the hole")
      reads.failingLater.clear()
      assert.isUndefined((yield* b.ask({ type: "sync", cursors: { [chat_id]: came + 1 } })).failed)
      assert.deepStrictEqual(versions(b, chat_id).slice(came + 1), range(came + 2, 2_002))
    }).pipe(Effect.provide(layer()))
  })
})

describe("A chat that cannot be read", () => {
  it.effect("keeps its live events back until the device knows of the hole, also on a running socket", () => {
    const { layer, reads } = makeReads()
    return Effect.gen(function* () {
      const { ids, ...one } = yield* addGroup(2)
      const two = yield* groupOf(ids)
      const [a, b] = yield* Effect.forEach(ids, (id) => connect(id))
      for (const chat_id of [one.chat_id, two.chat_id]) yield* say(a!, chat_id, 1)
      reads.failing.add(one.chat_id)
      const gate = yield* Deferred.make<void>()
      reads.gate = gate
      reads.isHeld = (chat_id) => chat_id === two.chat_id
      b!.say({ type: "sync", cursors: { [one.chat_id]: 1, [two.chat_id]: 1 }, ref: "s" })
      yield* until(() => reads.count === 2)
      yield* say(a!, one.chat_id, 1)
      assert.deepStrictEqual(versions(b!, one.chat_id), [2])
      yield* Deferred.succeed(gate, undefined)
      yield* until(() => b!.ofType("synced").length === 1)
      yield* settled
      assert.deepStrictEqual(versions(b!, one.chat_id), [2, 3])
      assert.deepInclude(b!.frames.at(-1), { type: "message", version: 3 })
    }).pipe(Effect.provide(layer()))
  })

  it.effect("repeats nothing that its first pages contained before the hub received it", () => {
    const { layer, reads } = makeReads()
    return Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [a, b] = yield* Effect.forEach(ids, (id) => connect(id))
      const between = yield* intercept()
      for (let i = 0; i < 8; i++) yield* say(a!, chat_id, 100)
      reads.failingLater.add(chat_id)
      const gate = yield* Deferred.make<void>()
      reads.gate = gate
      reads.isHeld = (_, isFirst) => !isFirst
      b!.say({ type: "sync", cursors: { [chat_id]: 1 }, ref: "s" })
      yield* until(() => reads.count === 2)
      between.pass(...between.events())
      yield* Deferred.succeed(gate, undefined)
      yield* until(() => b!.ofType("synced").length === 1)
      yield* settled
      assert.deepStrictEqual(b!.ofType("synced")[0]?.failed, [chat_id])
      assert.deepStrictEqual(versions(b!, chat_id), range(2, 801))
    }).pipe(Effect.provide(layer()))
  })

  it.effect.each(["failing", "defective"] as const)("stops no other: it is in `failed` (%s)", (how) => {
    const { layer, reads } = makeReads()
    return Effect.gen(function* () {
      const { ids, ...one } = yield* addGroup(2)
      const two = yield* groupOf(ids)
      const three = yield* groupOf(ids)
      const a = yield* connect(ids[0]!)
      const all = [one.chat_id, two.chat_id, three.chat_id]
      for (const chat_id of all) yield* say(a, chat_id, 2)
      const b = yield* connect(ids[1]!, { resume: true })
      const before = all.map(
        (chat_id) => b.frames[0]?.chats.find((chat: { chat_id: number }) => chat.chat_id === chat_id).version,
      )
      reads[how].add(two.chat_id)
      for (const chat_id of all) yield* say(a, chat_id, 1)
      const cursors = Object.fromEntries(all.map((chat_id) => [chat_id, 1]))
      const synced = yield* b.ask({ type: "sync", cursors })
      assert.strictEqual(synced.type, "synced")
      assert.deepStrictEqual(synced.failed, [two.chat_id])
      assert.deepStrictEqual(synced.cursors, { [one.chat_id]: before[0] + 1, [three.chat_id]: before[2] + 1 })
      // Live events continue, but not before the device knows that there is a hole.
      yield* say(a, two.chat_id, 1)
      assert.deepStrictEqual(versions(b, two.chat_id), [before[1] + 1, before[1] + 2])
      const at = b.frames.findIndex((frame) => frame.type === "synced")
      assert.isTrue(b.frames.slice(0, at).every((frame) => frame.chat_id !== two.chat_id))
      for (const chat_id of [one.chat_id, three.chat_id]) yield* say(a, chat_id, 1)
      for (const [i, chat_id] of [
        [0, one.chat_id],
        [2, three.chat_id],
      ] as const) {
        assert.deepStrictEqual(versions(b, chat_id), range(2, before[i] + 2))
      }
      assert.strictEqual(b.device?.gates, undefined)

      reads[how].clear()
      const again = yield* b.ask({ type: "sync", cursors: { [two.chat_id]: 1 } })
      assert.isFalse("failed" in again)
      assert.deepStrictEqual(versions(b, two.chat_id).slice(2), range(2, before[1] + 2))
    }).pipe(Effect.provide(layer()))
  })

  it.effect("never resets a chat that the device does not know: a new socket sends it", () => {
    const { layer, reads } = makeReads()
    return Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(1)
      const [bob] = yield* addUsers(1)
      const a = yield* connect(ids[0]!)
      const b = yield* connect(bob!, { resume: true })
      const chats = yield* Chats
      yield* chats.addMembers(ids[0]!, chat_id, [bob!])
      reads.large.add(chat_id)
      // More than may be held, including the event that creates the chat.
      yield* say(a, chat_id, 1_100)
      yield* b.ask({ type: "sync", cursors: {} })
      yield* settled
      assert.deepStrictEqual(b.ofType("reset"), [])
      assert.strictEqual(b.closed?.code, 1001)
      const again = yield* connect(bob!)
      assert.include(
        again.frames[0]?.chats.map((chat: { chat_id: number }) => chat.chat_id),
        chat_id,
      )
    }).pipe(Effect.provide(layer()))
  })

  it.effect("without the database the rest is not tried: what was read is sent, or the sync is refused", () => {
    const { layer, reads } = makeReads()
    return Effect.gen(function* () {
      const { ids, ...one } = yield* addGroup(2)
      const two = yield* groupOf(ids)
      const three = yield* groupOf(ids)
      const cursors = { [one.chat_id]: 1, [two.chat_id]: 1, [three.chat_id]: 1 }
      const a = yield* connect(ids[0]!)
      reads.isAway = true
      assert.strictEqual((yield* a.ask({ type: "sync", cursors })).code, "unavailable")
      assert.strictEqual(reads.count, 1)
      reads.isAway = false
      const gate = yield* Deferred.make<void>()
      reads.gate = gate
      a.say({ type: "sync", cursors, ref: "half" })
      yield* settled
      reads.isAway = true
      yield* Deferred.succeed(gate, undefined)
      yield* until(() => a.ofType("synced").length === 1)
      assert.deepStrictEqual(a.ofType("synced")[0]?.failed, [two.chat_id, three.chat_id])
      assert.deepStrictEqual(a.ofType("synced")[0]?.cursors, { [one.chat_id]: 1 })
      yield* say(a, three.chat_id, 1)
      assert.deepStrictEqual(versions(a, three.chat_id), [2])
    }).pipe(Effect.provide(layer()))
  })

  it.effect("lets sockets live on, though more of it arrived than may be held", () => {
    const { layer, reads } = makeReads()
    return Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      const b = yield* connect(ids[1]!, { resume: true })
      reads.failing.add(chat_id)
      const gate = yield* Deferred.make<void>()
      reads.gate = gate
      b.say({ type: "sync", cursors: { [chat_id]: 0 }, ref: "s" })
      yield* until(() => reads.count === 1)
      for (let i = 0; i < 12; i++) yield* say(a, chat_id, 100)
      yield* Deferred.succeed(gate, undefined)
      yield* until(() => b.ofType("synced").length === 1)
      assert.deepStrictEqual(b.ofType("synced")[0]?.failed, [chat_id])
      yield* say(a, chat_id, 1)
      assert.strictEqual(b.closed, undefined)
      assert.deepStrictEqual(versions(b, chat_id), [1_202])
    }).pipe(Effect.provide(layer()))
  })
})
