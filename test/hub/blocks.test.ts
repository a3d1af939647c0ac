// A blocked user on sockets and in calls: what they are refused, and that they see the other one offline.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { UserId } from "../../src/domain/Ids.ts"
import { Hub } from "../../src/hub/Hub.ts"
import { Chats } from "../../src/services/Chats.ts"
import { OwnState } from "../../src/services/OwnState.ts"
import { StateStore } from "../../src/sql/state/StateStore.ts"
import { addGroup, addUsers } from "../support/chat.ts"
import { lossy, Network, seconds } from "../support/lossy.ts"
import { callRpc, connect, exitOf, type FakeWire, layer, openRpc, settled, until } from "../support/sockets.ts"

const put = Effect.fnUntraced(function* (by: UserId, blocked: UserId, value: object | null) {
  return yield* (yield* OwnState).putUnlimited(by, `block:${blocked}`, value)
})
const seen = (wire: FakeWire, user_id: UserId) =>
  wire.ofType("presence").flatMap((frame) => (frame.user_id === user_id ? [frame.status] : []))
const online = (wire: FakeWire): ReadonlyArray<number> => [...wire.ofType("hello")[0]!.online].sort()

const pair = Effect.gen(function* () {
  const [ada, bob] = (yield* addUsers(2)) as [UserId, UserId]
  const { chat } = yield* (yield* Chats).openPrivate(ada, bob)
  return { ada, bob, chat_id: chat.id }
})

describe("A blocked user", () => {
  it.effect("is refused by frames and calls with `forbidden` and Blocked", () =>
    Effect.gen(function* () {
      const { ada, bob, chat_id } = yield* pair
      const [a, b] = [yield* connect(ada), yield* connect(bob)]
      const rpc = yield* openRpc(bob, { device: 2 })
      const { message_id } = yield* b.ask({ type: "message", chat_id, text: "Hello" })
      const blocked = yield* a.ask({ type: "state", key: `block:${bob}`, value: {} })
      assert.deepStrictEqual([blocked.type, blocked.version], ["ack", 1])
      yield* settled
      assert.deepStrictEqual(
        a.ofType("state").map(({ key, value, version }) => [key, value, version]),
        [[`block:${bob}`, {}, 1]],
      )
      assert.lengthOf(b.ofType("state"), 0)
      for (const frame of [
        { type: "message", chat_id, text: "Again" },
        { type: "edit", message_id, text: "Again" },
        { type: "react", message_id, emoji: "👍" },
        { type: "pin", message_id },
      ]) {
        const { code, type } = yield* b.ask(frame)
        assert.deepStrictEqual([frame.type, type, code], [frame.type, "error", "forbidden"])
      }
      const call = Effect.fnUntraced(function* (tag: string, payload: object) {
        const id = callRpc(rpc, tag, payload)
        yield* until(() => exitOf(rpc, id) !== undefined, tag)
        return JSON.stringify(exitOf(rpc, id))
      })
      for (const [tag, payload] of [
        ["SendMessage", { chat_id, text: "Again" }],
        ["SendTo", { recipient_id: ada, text: "Again" }],
        ["EditMessage", { message_id, text: "Again" }],
        ["OpenPrivateChat", { user_id: ada }],
        ["CreateGroup", { name: "A", member_ids: [ada] }],
      ] as const) {
        assert.include(yield* call(tag, payload), `"_tag":"Blocked"`, tag)
      }
      assert.include(yield* call("PutState", { key: "block:987654", value: {} }), `"_tag":"UserNotFound"`)
      assert.strictEqual((yield* b.ask({ type: "state", key: "block:987654", value: {} })).code, "not_found")
      assert.strictEqual((yield* b.ask({ type: "state", key: `block:${bob}`, value: {} })).code, "invalid")
      assert.strictEqual((yield* a.ask({ type: "message", chat_id, text: "I may" })).type, "ack")
      yield* a.ask({ type: "state", key: `block:${bob}`, value: null })
      assert.strictEqual((yield* b.ask({ type: "message", chat_id, text: "Again" })).type, "ack")
    }).pipe(Effect.provide(layer())),
  )

  it.effect("sees the other one offline at once, in each way in which presence is sent, until it ends", () =>
    Effect.gen(function* () {
      const chats = yield* Chats
      const { ada, bob, chat_id } = yield* pair
      const [eve] = (yield* addUsers(1)) as [UserId]
      const { id: group } = yield* chats.createGroup(ada, "All", [bob, eve])
      const [b, e] = [yield* connect(bob), yield* connect(eve)]
      const a = yield* connect(ada)
      const elsewhere = yield* connect(bob, { only: group, device: 2 })
      yield* settled
      assert.deepStrictEqual(seen(b, ada), ["online"])
      a.say({ type: "typing", chat_id })
      yield* settled
      assert.deepStrictEqual(
        b.ofType("typing").map(({ is_typing }) => is_typing),
        [true],
      )
      yield* put(ada, bob, {})
      yield* settled
      assert.deepStrictEqual([seen(b, ada), seen(elsewhere, ada)], [["online", "offline"], ["offline"]])
      assert.isString(b.ofType("presence").at(-1)?.last_seen_at)
      assert.deepStrictEqual(
        b.ofType("typing").map(({ is_typing }) => is_typing),
        [true, false],
      )
      // Nothing of it reaches anybody else, and the blocked one is online as ever.
      assert.deepStrictEqual([seen(e, ada), seen(a, bob)], [["online"], []])
      a.say({ type: "typing", chat_id: group })
      yield* settled
      assert.deepStrictEqual([b.ofType("typing").length, e.ofType("typing").length], [2, 1])
      const again = yield* connect(bob, { device: 3 })
      assert.deepStrictEqual([online(again), online(yield* connect(eve, { device: 2 }))], [[eve], [ada, bob]])
      // A new chat introduces members to each other, but not these.
      yield* chats.createGroup(ada, "More", [bob])
      a.device?.gone(1000)
      yield* seconds(15)
      assert.strictEqual(seen(e, ada).at(-1), "offline")
      const back = yield* connect(ada, { device: 2 })
      yield* settled
      assert.strictEqual(seen(e, ada).at(-1), "online")
      assert.deepStrictEqual(seen(b, ada), ["online", "offline"])
      yield* put(ada, bob, null)
      yield* settled
      assert.deepStrictEqual([seen(b, ada), seen(again, ada)], [["online", "offline", "online"], ["online"]])
      back.device?.gone(1000)
      yield* seconds(15)
      assert.strictEqual(seen(b, ada).at(-1), "offline")
      // Offline is what they are: the end of a block changes nothing.
      yield* put(ada, bob, {})
      yield* put(ada, bob, null)
      yield* settled
      assert.lengthOf(seen(b, ada), 4)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("sees it also when signals were lost, and when they connect during the block", () =>
    Effect.gen(function* () {
      const network = yield* Network
      const { ids } = yield* addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      const [a, b] = [yield* connect(ada), yield* connect(bob)]
      assert.deepStrictEqual(online(b), [ada])
      network.loses = true
      yield* put(ada, bob, {})
      yield* settled
      assert.deepStrictEqual(seen(b, ada), [])
      network.loses = false
      yield* seconds(8)
      assert.deepStrictEqual(seen(b, ada), ["offline"])
      const store = yield* StateStore
      yield* store.block({ user_id: ada, blocked_id: bob, on: false, at: 0 })
      ;(yield* Hub).state.handle([{ _tag: "SignalsLost" }])
      yield* seconds(2)
      assert.deepStrictEqual(seen(b, ada), ["offline", "online"])
      yield* store.block({ user_id: ada, blocked_id: bob, on: true, at: 0 })
      b.device?.gone(1000)
      const anew = yield* connect(bob, { device: 2 })
      assert.deepStrictEqual(online(anew), [])
      assert.strictEqual(a.closed, undefined)
    }).pipe(Effect.provide(lossy())),
  )

  for (const [where, world] of [
    ["a single node", layer()],
    ["one of many nodes", lossy()],
  ] as const) {
    it.effect(`sees the other one offline from the first hello on, on ${where}`, () =>
      Effect.gen(function* () {
        const { ada, bob } = yield* pair
        yield* connect(ada)
        yield* put(ada, bob, {})
        yield* settled
        const b = yield* connect(bob)
        assert.deepStrictEqual(online(b), [])
        yield* put(ada, bob, null)
        yield* settled
        assert.deepStrictEqual(seen(b, ada), ["online"])
      }).pipe(Effect.provide(world)),
    )
  }

  it.effect("sees the latest of changes that are read at once", () =>
    Effect.gen(function* () {
      const { ada, bob } = yield* pair
      const [, b] = [yield* connect(ada), yield* connect(bob)]
      const { state } = yield* Hub
      const user = state.listeners.users.get(bob)!
      const [first, second] = [state.blockers.begin(), state.blockers.begin()]
      state.blockers.found(user, [ada], second)
      state.blockers.found(user, [], first)
      yield* settled
      assert.deepStrictEqual(seen(b, ada), ["offline"])
      yield* put(ada, bob, {})
      yield* put(ada, bob, null)
      yield* settled
      assert.deepStrictEqual(seen(b, ada).at(-1), "online")
    }).pipe(Effect.provide(layer())),
  )
})
