// Reading with `read_receipts: false`: the reader's devices alone hear of it, however they read.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { UserId } from "../../src/domain/Ids.ts"
import { Hub } from "../../src/hub/Hub.ts"
import { Chats } from "../../src/services/Chats.ts"
import { Messages } from "../../src/services/Messages.ts"
import { OwnState } from "../../src/services/OwnState.ts"
import { UnreadChats } from "../../src/services/UnreadChats.ts"
import { StateStore } from "../../src/sql/state/StateStore.ts"
import { addUsers } from "../support/chat.ts"
import { askRpc, connect, type FakeWire, layer, openRpc, settled, until } from "../support/sockets.ts"

const put = Effect.fnUntraced(function* (user_id: UserId, key: string, value: unknown) {
  return yield* (yield* OwnState).putUnlimited(user_id, key, value)
})
const states = (wire: FakeWire) => wire.ofType("state").map(({ key, value }) => [key, value])
const reads = (wire: FakeWire) => wire.ofType("read", "fully_read")

describe("Reading privately", () => {
  it.effect("is told to the reader's devices alone, in each way of reading, and told to all by sending", () =>
    Effect.gen(function* () {
      const [chats, messages, unread] = [yield* Chats, yield* Messages, yield* UnreadChats]
      const [ada, bob] = (yield* addUsers(2)) as [UserId, UserId]
      const { chat } = yield* chats.openPrivate(ada, bob)
      const chat_id = chat.id
      const key = `chat:${chat_id}`
      const [a, twin, b] = [yield* connect(ada), yield* connect(ada, { device: 2 }), yield* connect(bob)]
      const rpc = yield* openRpc(ada, { device: 3 })
      yield* put(ada, "settings", { read_receipts: false })
      const sent = Effect.map(messages.send(bob, chat_id, { text: "Hello" }), ({ message }) => message.id)
      const ids = [yield* sent, yield* sent, yield* sent, yield* sent]
      const ack = yield* a.ask({ type: "read", chat_id, seq: 1 })
      assert.deepStrictEqual([ack.type, ack.seq], ["ack", 1])
      assert.strictEqual((yield* a.ask({ type: "read", message_id: ids[0] })).seq, 1)
      assert.deepStrictEqual(yield* messages.markRead(ada, ids[1]!), { chat_id, last_read_seq: 2 })
      assert.include(JSON.stringify(yield* askRpc(rpc, "MarkRead", { message_id: ids[2] })), `"last_read_seq":3`)
      assert.deepStrictEqual((yield* unread.count(ada)).messages, 1)
      yield* put(ada, key, { level: "none", unread: true })
      yield* unread.readAll(ada)
      yield* settled
      const mine = [
        ["settings", { read_receipts: false }],
        [key, { read_seq: 1 }],
        [key, { read_seq: 2 }],
        [key, { read_seq: 3 }],
        [key, { level: "none", read_seq: 3, unread: true }],
        [key, { level: "none", read_seq: 4 }],
      ]
      assert.deepStrictEqual([states(a), states(twin)], [mine, mine])
      assert.deepStrictEqual([reads(a), reads(twin), reads(b), states(b)], [[], [], [], []])
      assert.deepInclude(yield* unread.count(ada), { chats: 0, messages: 0 })
      const shown = yield* chats.get(ada, chat_id)
      assert.deepStrictEqual(
        [shown.last_read_seq, shown.unread_count, shown.settings],
        [4, 0, { level: "none", read_seq: 4 }],
      )
      const anew = yield* connect(ada, { device: 4 })
      assert.deepInclude(anew.ofType("hello")[0]?.chats[0], { last_read_seq: 4, unread_count: 0 })
      const other = yield* chats.get(bob, chat_id)
      assert.deepStrictEqual([other.last_message?.is_read, other.members[0]?.last_read_seq], [false, 0])
      // The mark that nobody sees goes with a mark that is removed alone, too.
      yield* put(ada, key, { unread: true })
      yield* a.ask({ type: "read", chat_id, seq: 4 })
      yield* until(() => states(a).length === mine.length + 2)
      assert.deepStrictEqual(states(a).at(-1), [key, { read_seq: 4 }])
      yield* messages.send(ada, chat_id, { text: "Mine" })
      assert.isTrue((yield* chats.get(bob, chat_id)).members[0]?.last_read_seq === 5)
      yield* put(ada, "settings", {})
      yield* sent
      yield* a.ask({ type: "read", chat_id, seq: 6 })
      yield* settled
      assert.deepStrictEqual(
        reads(b)
          .map(({ seq, type }) => [type, seq])
          .find(([type]) => type === "read"),
        ["read", 6],
      )
    }).pipe(Effect.provide(layer())),
  )

  it.effect("stays read when others may see the reading again, in each way of reading", () =>
    Effect.gen(function* () {
      const [chats, messages, state] = [yield* Chats, yield* Messages, yield* OwnState]
      const [ada, bob] = (yield* addUsers(2)) as [UserId, UserId]
      const { chat } = yield* chats.openPrivate(ada, bob)
      const chat_id = chat.id
      const [a, b] = [yield* connect(ada), yield* connect(bob)]
      const rpc = yield* openRpc(ada, { device: 3 })
      yield* put(ada, "settings", { read_receipts: false })
      const sent = Effect.map(messages.send(bob, chat_id, { text: "Hello" }), ({ message }) => message.id)
      const ids = [yield* sent, yield* sent, yield* sent, yield* sent]
      assert.strictEqual((yield* a.ask({ type: "read", chat_id, seq: 4 })).seq, 4)
      yield* put(ada, "settings", { read_receipts: true })
      assert.strictEqual((yield* a.ask({ type: "read", chat_id, seq: 1 })).seq, 4)
      assert.deepStrictEqual(yield* messages.markRead(ada, ids[1]!), { chat_id, last_read_seq: 4 })
      assert.include(JSON.stringify(yield* askRpc(rpc, "MarkRead", { message_id: ids[2] })), `"last_read_seq":4`)
      yield* settled
      // Others see what was read since, and no more.
      assert.deepStrictEqual(
        reads(b).flatMap(({ seq, type }) => (type === "read" ? [seq] : [])),
        [1, 2, 3],
      )
      const afterStart = Effect.gen(function* () {
        const anew = yield* OwnState
        yield* settled
        assert.isFalse(anew.mayReadPrivately(bob))
        assert.deepStrictEqual(yield* anew.read(ada, chat_id, 1), { last_read_seq: 4 })
      })
      yield* Effect.provide(afterStart, Layer.fresh(OwnState.layer))
      assert.isTrue(state.mayReadPrivately(ada))
    }).pipe(Effect.scoped, Effect.provide(layer())),
  )

  it.effect("in groups is told as ever, and other users' chats stay unknown", () =>
    Effect.gen(function* () {
      const [chats, messages] = [yield* Chats, yield* Messages]
      const [ada, bob, eve] = (yield* addUsers(3)) as [UserId, UserId, UserId]
      const { id: group } = yield* chats.createGroup(ada, "A", [bob])
      const { chat } = yield* chats.openPrivate(bob, eve)
      const [a, b] = [yield* connect(ada), yield* connect(bob)]
      yield* put(ada, "settings", { read_receipts: false })
      const { message } = yield* messages.send(bob, group, { text: "Hello" })
      yield* messages.send(eve, chat.id, { text: "Secret" })
      assert.strictEqual((yield* a.ask({ type: "read", chat_id: group, seq: 1 })).seq, 1)
      yield* settled
      assert.deepStrictEqual(
        b.ofType("read").map(({ message_id }) => message_id),
        [message.id],
      )
      assert.strictEqual((yield* a.ask({ type: "read", chat_id: chat.id, seq: 1 })).code, "not_found")
      assert.strictEqual((yield* a.ask({ type: "read", chat_id: 987_654, seq: 1 })).code, "not_found")
      const first = yield* put(ada, `chat:${group}`, { read_seq: 9 })
      assert.deepStrictEqual(first.value, {})
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is known of settings of before the start, of another node, and of a time without signals", () =>
    Effect.gen(function* () {
      const [ada, bob] = (yield* addUsers(2)) as [UserId, UserId]
      const [state, store, hub] = [yield* OwnState, yield* StateStore, yield* Hub]
      yield* settled
      assert.isFalse(state.mayReadPrivately(ada))
      hub.state.handle([{ _tag: "ReadsPrivately", user_id: ada }])
      assert.deepStrictEqual([state.mayReadPrivately(ada), state.mayReadPrivately(bob)], [true, false])
      yield* store.write({ user_id: bob, key: "settings", value: '{"read_receipts":false}', chat_id: null })
      hub.state.handle([{ _tag: "SignalsLost" }])
      assert.isTrue(state.mayReadPrivately(bob))
      yield* settled
      assert.isTrue(state.mayReadPrivately(bob))
      const started = Effect.gen(function* () {
        const anew = yield* OwnState
        assert.isTrue(anew.mayReadPrivately(ada), "nothing is known yet")
        yield* settled
        assert.deepStrictEqual([anew.mayReadPrivately(ada), anew.mayReadPrivately(bob)], [false, true])
      })
      yield* Effect.provide(started, Layer.fresh(OwnState.layer))
    }).pipe(Effect.scoped, Effect.provide(layer())),
  )
})
