// Reactions and pins on sockets: acknowledged, sent to all members in order, and to devices that missed them.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { addGroup } from "../support/chat.ts"
import { connect, type FakeWire, layer, settled } from "../support/sockets.ts"

const told = (wire: FakeWire, type: string) => wire.ofType(type).map(({ type: _, chat_id: __, ...frame }) => frame)

describe("Records on sockets", () => {
  it.effect("are acknowledged with their message, and sent to each member in their current state", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [ada, bob] = [yield* connect(ids[0]!), yield* connect(ids[1]!)]
      const { message_id } = yield* ada.ask({ type: "message", chat_id, text: "one" })
      const ack = yield* ada.ask({ type: "react", message_id, emoji: "\u2764" })
      assert.deepStrictEqual({ ...ack, ref: "" }, { type: "ack", ref: "", message_id })
      yield* bob.ask({ type: "react", message_id, emoji: "👍" })
      yield* ada.ask({ type: "react", message_id, emoji: "❤️" })
      yield* ada.ask({ type: "react", message_id, emoji: "❤️", on: false })
      const heart = { emoji: "❤️", count: 1 }
      const thumb = { emoji: "👍", count: 1 }
      const expected = [
        { message_id, user_id: ids[0], emojis: ["❤️"], reactions: [heart], version: 3 },
        { message_id, user_id: ids[1], emojis: ["👍"], reactions: [heart, thumb], version: 4 },
        { message_id, user_id: ids[0], emojis: [], reactions: [thumb], version: 5 },
      ]
      yield* settled
      assert.deepStrictEqual(told(bob, "reaction"), expected)
      assert.deepStrictEqual(told(ada, "reaction"), expected)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("are refused as on HTTP", () =>
    Effect.gen(function* () {
      const { chat_id, ids, owner } = yield* addGroup(2)
      const [ada, first] = [yield* connect(ids[0]!), yield* connect(owner)]
      const { message_id } = yield* ada.ask({ type: "message", chat_id, text: "one" })
      const codeOf = (frame: object) => Effect.map(ada.ask(frame), ({ code }) => code)
      assert.strictEqual(yield* codeOf({ type: "react", message_id, emoji: "ab" }), "invalid")
      assert.strictEqual(yield* codeOf({ type: "react", message_id: 4711, emoji: "👍" }), "not_found")
      assert.strictEqual(yield* codeOf({ type: "pin", message_id, on: "yes" }), "invalid")
      const pin = yield* codeOf({ type: "pin", message_id })
      assert.strictEqual(pin, ids[0] === owner ? undefined : "forbidden")
      yield* first.ask({ type: "pin", message_id })
      yield* ada.ask({ type: "delete", message_id })
      assert.strictEqual(yield* codeOf({ type: "react", message_id, emoji: "👍" }), "conflict")
      yield* settled
      const pins = told(first, "pin").map(({ removed, version }) => [version, removed])
      assert.deepStrictEqual(pins.at(-1), [5, true])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("that a device missed arrive with its sync, one for each member whose set changed", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(3)
      const ada = yield* connect(ids[0]!)
      const { message_id } = yield* ada.ask({ type: "message", chat_id, text: "one" })
      for (const id of [ids[0]!, ids[1]!]) {
        const device = yield* connect(id, { device: 2 })
        for (const emoji of ["👍", "🎉"]) {
          yield* TestClock.adjust(1)
          yield* device.ask({ type: "react", message_id, emoji })
        }
      }
      const late = yield* connect(ids[2]!, { resume: true })
      late.say({ type: "sync", cursors: { [chat_id]: 1 }, ref: 1 })
      yield* settled
      const all = [
        { emoji: "👍", count: 2 },
        { emoji: "🎉", count: 2 },
      ]
      const lasting = late.frames.filter((frame) => frame.version !== undefined)
      assert.deepStrictEqual(
        lasting.map(({ type, version }) => [type, version]),
        [
          ["message", 2],
          ["reaction", 4],
          ["reaction", 6],
        ],
      )
      for (const { emojis, reactions } of lasting.slice(1))
        assert.deepStrictEqual([emojis, reactions], [["👍", "🎉"], all])
      assert.deepInclude(late.frames.at(-1), { type: "synced", cursors: { [chat_id]: 6 } })
    }).pipe(Effect.provide(layer())),
  )
})
