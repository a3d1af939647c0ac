// A changed profile on the devices of all whom it concerns, and in RPC Events.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { UserId } from "../../src/domain/Ids.ts"
import { Hub } from "../../src/hub/Hub.ts"
import { Accounts } from "../../src/services/Accounts.ts"
import { Chats } from "../../src/services/Chats.ts"
import { DeletionStore } from "../../src/sql/deletions/DeletionStore.ts"
import { addGroup, addUsers } from "../support/chat.ts"
import { callRpc, connect, type FakeWire, layer, openRpc, settled, until } from "../support/sockets.ts"

const heard = (wire: FakeWire) => wire.ofType("user_updated").map(({ user }) => user)

describe("user_updated", () => {
  it.effect("reaches each device of everyone who shares a chat once, and the user's own; no one else", () =>
    Effect.gen(function* () {
      const [accounts, chats] = [yield* Accounts, yield* Chats]
      const { chat_id, ids } = yield* addGroup(3)
      const [ada, bob, eve] = ids as [UserId, UserId, UserId]
      const [stranger] = (yield* addUsers(1)) as [UserId]
      const { chat } = yield* chats.openPrivate(ada, bob)
      const [a, b, b2] = [yield* connect(ada), yield* connect(bob), yield* connect(bob, { device: 2 })]
      const only = yield* connect(bob, { only: chat.id, device: 3 })
      const [s, e] = [yield* connect(stranger), yield* connect(eve)]
      const me = yield* accounts.change(ada, { display_name: "Countess", custom: { pronouns: "she" } })
      yield* until(() => heard(e).length > 0)
      yield* settled
      const { email, ...user } = me
      assert.deepStrictEqual(
        [a, b, b2, only, e, s].map((wire) => heard(wire)),
        [[user], [user], [user], [user], [user], []],
      )
      assert.notInclude(JSON.stringify(b.frames), email)
      yield* chats.removeMember(eve, chat_id, eve)
      yield* settled
      yield* accounts.change(ada, { custom: null })
      yield* until(() => heard(b).length === 2)
      yield* settled
      const { custom: _, ...without } = user
      assert.deepStrictEqual([heard(b)[1], heard(e).length], [without, 1])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("comes for changes alone, and of many at a time tells the last", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const { ids } = yield* addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      yield* accounts.change(ada, { custom: { b: 1, a: 2 } })
      yield* settled
      const b = yield* connect(bob)
      yield* accounts.change(ada, {})
      yield* accounts.change(ada, { custom: { a: 2, b: 1 }, display_name: (yield* accounts.me(ada)).display_name })
      yield* settled
      assert.deepStrictEqual(heard(b), [])
      const { state } = yield* Hub
      for (let i = 0; i < 20; i++) {
        yield* accounts.change(ada, { display_name: `Ada ${i}` })
        state.handle([{ _tag: "UserUpdated", user_id: ada }])
      }
      yield* settled
      assert.isBelow(heard(b).length, 41)
      assert.strictEqual((heard(b).at(-1) as { display_name: string }).display_name, "Ada 19")
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is left out for a device whose queue is half full, as presence is", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const { ids } = yield* addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      const b = yield* connect(bob)
      b.stalled = true
      b.device?.push(Buffer.alloc(600_000, "x"), 1)
      yield* settled
      yield* accounts.change(ada, { display_name: "Countess" })
      yield* settled
      assert.isUndefined(b.closed)
      b.drain()
      yield* settled
      assert.deepStrictEqual(heard(b), [])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is in the stream of RPC Events", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const { ids } = yield* addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      const rpc = yield* openRpc(bob)
      const requestId = callRpc(rpc, "Events", {})
      const values = () => JSON.stringify(rpc.frames)
      yield* until(() => values().includes('"hello"'))
      rpc.say({ _tag: "Ack", requestId })
      yield* accounts.change(ada, { custom: { n: 7 } })
      yield* until(() => values().includes('"type":"user_updated"'))
      assert.include(values(), '"custom":{"n":7}')
    }).pipe(Effect.provide(layer())),
  )

  it.effect("tells the deleted account when that was faster than the change", () =>
    Effect.gen(function* () {
      const [accounts, deletions] = [yield* Accounts, yield* DeletionStore]
      const { ids } = yield* addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      yield* accounts.change(ada, { custom: { secret: 1 } })
      yield* settled
      const b = yield* connect(bob)
      yield* deletions.mark(ada, 0)
      const { state } = yield* Hub
      state.handle([{ _tag: "UserUpdated", user_id: ada }])
      yield* until(() => heard(b).length === 1)
      assert.notProperty(heard(b)[0], "custom")
      assert.strictEqual((yield* Effect.flip(accounts.change(ada, { custom: { late: 1 } })))._tag, "Unauthorized")
    }).pipe(Effect.provide(layer())),
  )
})
