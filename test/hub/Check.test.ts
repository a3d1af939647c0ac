// `check` of `sync`: the sums come after the replay and before live events, at the version that the device has.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Limits } from "../../src/contract/Limits.ts"
import { Unavailable } from "../../src/domain/errors.ts"
import type { ChatId } from "../../src/domain/Ids.ts"
import { Chats } from "../../src/services/Chats.ts"
import { Messages } from "../../src/services/Messages.ts"
import { Changes } from "../../src/sql/changes/Changes.ts"
import { addGroup, addUsers } from "../support/chat.ts"
import { callRpc, connect, type FakeWire, layer, openRpc, settled, until } from "../support/sockets.ts"

const say = Effect.fnUntraced(function* (wire: FakeWire, chat_id: number, count: number) {
  for (let i = 0; i < count; i++) {
    assert.strictEqual((yield* wire.ask({ type: "message", chat_id, text: `t${i}` })).type, "ack")
  }
})

const types = (wire: FakeWire) => wire.frames.map(({ type }) => type).filter((type) => type !== "presence")

describe("check", () => {
  it.effect("comes after the replay of the chat and before its live events", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(3)
      const a = yield* connect(ids[0]!)
      yield* say(a, chat_id, 3)
      const b = yield* connect(ids[1]!, { resume: true })
      yield* say(a, chat_id, 1)
      const synced = yield* b.ask({ type: "sync", cursors: { [chat_id]: 3 }, check: { [chat_id]: [2, 4] } })
      assert.deepStrictEqual(synced.cursors, { [chat_id]: 5 })
      assert.deepStrictEqual(types(b), ["hello", "message", "message", "check", "synced"])
      assert.deepStrictEqual(b.ofType("check"), [
        { type: "check", chat_id, version: 5, messages: { count: 3, sum: 12 }, members: { count: 3, sum: 3 } },
      ])
      yield* say(a, chat_id, 1)
      yield* settled
      assert.deepStrictEqual(types(b).slice(5), ["message"])
      assert.strictEqual(b.device?.gates, undefined)
    }).pipe(Effect.provide(layer())),
  )

  it.effect(
    "counts an edit, a deletion, a reaction, a role, a read mark and a removal once, and sending for nobody",
    () =>
      Effect.gen(function* () {
        const chats = yield* Chats
        const messages = yield* Messages
        const { chat_id, ids, owner } = yield* addGroup(3)
        const a = yield* connect(owner)
        yield* say(a, chat_id, 3)
        const [one, two, three] = a.ofType("ack").map(({ message_id }) => message_id)
        const ask = Effect.fnUntraced(function* () {
          yield* a.ask({ type: "sync", cursors: { [chat_id]: 1 }, check: { [chat_id]: [1, 9] } })
          const { members, messages, version } = a.ofType("check").at(-1)!
          return [version, messages.count, messages.sum, members.count, members.sum]
        })
        assert.deepStrictEqual(yield* ask(), [4, 3, 2 + 3 + 4, 3, 1 + 1 + 1])
        yield* messages.edit(owner, one, "edited")
        assert.deepStrictEqual(yield* ask(), [5, 3, 5 + 3 + 4, 3, 1 + 1 + 1])
        yield* a.ask({ type: "react", message_id: two, emoji: "👍" })
        assert.deepStrictEqual(yield* ask(), [6, 3, 5 + 6 + 4, 3, 1 + 1 + 1])
        yield* messages.remove(owner, three)
        assert.deepStrictEqual(yield* ask(), [7, 3, 5 + 6 + 7, 3, 1 + 1 + 1])
        yield* chats.setRole(owner, chat_id, ids[1]!, "admin")
        assert.deepStrictEqual(yield* ask(), [8, 3, 5 + 6 + 7, 3, 1 + 8 + 1])
        yield* messages.markRead(ids[2]!, two)
        assert.deepStrictEqual(yield* ask(), [9, 3, 5 + 6 + 7, 3, 1 + 8 + 9])
        yield* messages.send(ids[2]!, chat_id, { text: "read all", dedup_key: null })
        assert.deepStrictEqual(yield* ask(), [10, 4, 5 + 6 + 7 + 10, 3, 1 + 8 + 9])
        yield* a.ask({ type: "pin", message_id: one })
        assert.deepStrictEqual(yield* ask(), [11, 4, 5 + 6 + 7 + 10, 3, 1 + 8 + 9])
        yield* chats.removeMember(owner, chat_id, ids[2]!)
        assert.deepStrictEqual(yield* ask(), [12, 4, 5 + 6 + 7 + 10, 2, 1 + 8])
      }).pipe(Effect.provide(layer())),
  )

  it.effect("is read also for a chat at the cursor's version, on a socket of one chat and on a running one", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      yield* say(a, chat_id, 2)
      for (const options of [{ resume: true }, {}, { only: chat_id, resume: true }, { only: chat_id }]) {
        const wire = yield* connect(ids[1]!, options)
        for (let n = 1; n <= 2; n++) {
          yield* wire.ask({ type: "sync", cursors: { [chat_id]: 3 }, check: { [chat_id]: [1, 2] } })
          const checks = wire.ofType("check")
          assert.strictEqual(checks.length, n)
          assert.deepInclude(checks.at(-1), { version: 3, messages: { count: 2, sum: 5 } })
        }
        assert.strictEqual(wire.device?.gates, undefined)
      }
      const without = yield* connect(ids[1]!, { resume: true })
      yield* without.ask({ type: "sync", cursors: { [chat_id]: 3 } })
      assert.deepStrictEqual(types(without), ["hello", "synced"])
    }).pipe(Effect.provide(layer())),
  )

  it.effect(
    "is refused for a range of none or too many, of a chat that cursors does not name, and for other shapes",
    () =>
      Effect.gen(function* () {
        const { chat_id, ids } = yield* addGroup(1)
        const a = yield* connect(ids[0]!)
        yield* say(a, chat_id, 1)
        const sync = (check: unknown) => a.ask({ type: "sync", cursors: { [chat_id]: 2 }, check })
        const top = Number.MAX_SAFE_INTEGER
        const wrong = [
          [2, 1],
          [0, 1],
          [1, Limits.check + 1],
          [1],
          [1, 2, 3],
          ["1", "2"],
          [1, 1.5],
          [1, top + 1],
          [-1, 1],
        ]
        for (const check of [
          ...wrong.map((range) => ({ [chat_id]: range })),
          [],
          "all",
          null,
          { 999: [1, 1] },
          { me: [1, 1] },
        ]) {
          const answer = yield* sync(check)
          assert.strictEqual(answer.code, "invalid", JSON.stringify(check))
          // Ten in a row would close it.
          assert.strictEqual((yield* a.ask({ type: "ping" })).type, "pong")
        }
        assert.deepStrictEqual(a.ofType("check"), [])
        for (const range of [
          [1, Limits.check],
          [top - 1, top],
        ]) {
          assert.strictEqual((yield* sync({ [chat_id]: range })).type, "synced")
        }
        assert.deepStrictEqual(
          a.ofType("check").map(({ messages }) => messages),
          [
            { count: 1, sum: 2 },
            { count: 0, sum: 0 },
          ],
        )
      }).pipe(Effect.provide(layer())),
  )

  it.effect("is not sent for a chat that is not mine, for a reset, nor for one that cannot be read", () => {
    const failing = new Set<ChatId>()
    const around = Layer.effect(
      Changes,
      Effect.map(Changes, (changes) =>
        Changes.of({
          ...changes,
          since: (...args) => (failing.has(args[0]) ? Effect.fail(new Unavailable({})) : changes.since(...args)),
        }),
      ),
    )
    return Effect.gen(function* () {
      const mine = yield* addGroup(1)
      const [stranger] = yield* addUsers(1)
      const b = yield* connect(stranger!)
      const check = { [mine.chat_id]: [1, 1] }
      yield* b.ask({ type: "sync", cursors: { [mine.chat_id]: 0 }, check })
      assert.deepStrictEqual(types(b), ["hello", "chat_gone", "synced"])
      const a = yield* connect(mine.ids[0]!)
      yield* a.ask({ type: "sync", cursors: { [mine.chat_id]: 9 }, check })
      assert.deepStrictEqual(types(a), ["hello", "reset", "synced"])
      const other = yield* Effect.flatMap(Chats, (chats) => chats.createGroup(mine.ids[0]!, "Other", []))
      yield* until(() => a.ofType("chat_created").length === 1)
      failing.add(mine.chat_id)
      const answer = yield* a.ask({
        type: "sync",
        cursors: { [mine.chat_id]: 1, [other.id]: 1 },
        check: { ...check, [other.id]: [1, 1] },
      })
      assert.deepStrictEqual(answer.failed, [mine.chat_id])
      assert.deepStrictEqual(
        a.ofType("check").map(({ chat_id }) => chat_id),
        [other.id],
      )
    }).pipe(Effect.provide(layer({}, around)))
  })

  it.effect("waits until the replay has reached the chat, however often that moves on between two pages", () => {
    let between: Effect.Effect<unknown> = Effect.void
    let reads = 0
    const around = Layer.effect(
      Changes,
      Effect.map(Changes, (changes) =>
        Changes.of({
          ...changes,
          since: (chat_id, user_id, cursor, position, _, check) =>
            Effect.gen(function* () {
              reads++
              const size = { events: 2, bytes: 100_000 }
              const page = yield* changes.since(chat_id, user_id, cursor, position, size, check)
              if (reads < 12) yield* between
              return page
            }),
        }),
      ),
    )
    return Effect.gen(function* () {
      const messages = yield* Messages
      const { chat_id, ids } = yield* addGroup(2)
      const a = yield* connect(ids[0]!)
      yield* say(a, chat_id, 6)
      const b = yield* connect(ids[1]!, { resume: true })
      const [first] = a.ofType("ack")
      between = Effect.gen(function* () {
        yield* messages.edit(ids[0]!, first!.message_id, `edited ${reads}`)
        yield* messages.send(ids[0]!, chat_id, { text: "more", dedup_key: null })
      }).pipe(Effect.orDie)
      yield* b.ask({ type: "sync", cursors: { [chat_id]: 1 }, check: { [chat_id]: [1, 100] } })
      yield* settled
      const all = b.frames.filter(({ chat_id: of }) => of === chat_id)
      const at = all.findIndex(({ type }) => type === "check")
      const known = new Map<number, number>()
      for (const { changed, id, version } of all.slice(0, at))
        known.set(id, Math.max(known.get(id) ?? 0, changed ?? version))
      const check = all[at]!
      assert.deepStrictEqual(check.messages, {
        count: known.size,
        sum: [...known.values()].reduce((sum, version) => sum + version, 0),
      })
      assert.strictEqual(check.version, all.slice(0, at).at(-1)?.version)
      const versions = all.filter(({ type }) => type !== "check").map(({ version }) => version)
      assert.deepStrictEqual(
        versions,
        [...new Set(versions)].sort((a, b) => a - b),
      )
      assert.strictEqual(b.ofType("check").length, 1)
      assert.isAbove(reads, 12)
    }).pipe(Effect.provide(layer({}, around)))
  })

  it.effect("over /rpc is an option of the stream, and wants the cursors too", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(1)
      const a = yield* connect(ids[0]!)
      yield* say(a, chat_id, 2)
      const framesOf = Effect.fnUntraced(function* (payload: object) {
        const wire = yield* openRpc(ids[0]!)
        const id = callRpc(wire, "Events", payload)
        const frames = () =>
          wire.frames.flatMap((frame) => (frame._tag === "Chunk" && frame.requestId === id ? frame.values : []))
        yield* until(() => {
          wire.say({ _tag: "Ack", requestId: id })
          return frames().some(({ type }: { type: string }) => type === "synced" || type === "error")
        })
        return frames().filter(({ type }: { type: string }) => type !== "presence")
      })
      const synced = yield* framesOf({ cursors: { [chat_id]: 2 }, check: { [chat_id]: [1, 2] } })
      assert.deepStrictEqual(
        synced.map(({ type }: { type: string }) => type),
        ["hello", "message", "check", "synced"],
      )
      assert.deepInclude(synced[2], { version: 3, messages: { count: 2, sum: 5 }, members: { count: 1, sum: 1 } })
      const refused = yield* framesOf({ check: { [chat_id]: [1, 2] } })
      assert.deepInclude(refused.at(-1), { type: "error", code: "invalid" })
    }).pipe(Effect.provide(layer())),
  )
})
