// What an account that was deleted leaves behind in its chats.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Result } from "effect"
import { ChatActors } from "../../src/actors/ChatActors.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { DeletionStore } from "../../src/sql/deletions/DeletionStore.ts"
import { Journal } from "../../src/sql/journal/Journal.ts"
import { actors as actorsAlone, addGroup, addUsers, layer, listen, send } from "../support/chat.ts"

/** Callers are answered before listeners receive the events. */
const settled = Effect.gen(function* () {
  for (let i = 0; i < 50; i++) yield* Effect.yieldNow
})

const seen = (events: ReadonlyArray<{ readonly _tag: string; readonly version: number }>) =>
  events.map(({ _tag, version }) => `${_tag} ${version}`)

describe("departure", () => {
  it.effect("a group receives the new name, the leaving and the next owner", () =>
    Effect.gen(function* () {
      const actors = yield* ChatActors
      const { chat_id, ids, owner } = yield* addGroup(3)
      const [, admin] = ids
      yield* actors.ask(chat_id, { _tag: "SetRole", by: owner, user_id: admin!, role: "admin" })
      yield* actors.ask(chat_id, send(owner, "Mine stays"))
      yield* (yield* DeletionStore).mark(owner, 1)
      yield* settled
      const chat = yield* listen(chat_id)
      yield* actors.ask(chat_id, { _tag: "Depart", by: owner })
      yield* settled
      assert.deepStrictEqual(seen(chat.events()), ["MemberUpdated 4", "MemberRemoved 5", "MemberUpdated 6"])
      const [first, , last] = chat.events()
      assert.isTrue(first?._tag === "MemberUpdated" && first.member.user.display_name === "Deleted account")
      assert.isTrue(last?._tag === "MemberUpdated" && last.member.user.id === admin && last.member.role === "owner")
      const again = yield* Effect.result(actors.ask(chat_id, { _tag: "Depart", by: owner }))
      assert.isTrue(Result.isFailure(again) && again.failure._tag === "ChatNotFound")
    }).pipe(Effect.provide(layer())),
  )

  it.effect("a group without members is deleted", () =>
    Effect.gen(function* () {
      const actors = yield* ChatActors
      const { chat_id, owner } = yield* addGroup(1)
      yield* (yield* DeletionStore).mark(owner, 1)
      yield* actors.ask(chat_id, { _tag: "Depart", by: owner })
      assert.isUndefined(yield* (yield* Journal).load(chat_id))
    }).pipe(Effect.provide(layer())),
  )

  it.effect("a saved chat ends with its owner", () =>
    Effect.gen(function* () {
      const [actors, chats, deletions] = [yield* ChatActors, yield* ChatStore, yield* DeletionStore]
      const [owner] = yield* addUsers(1)
      const saved = { type: "saved", name: null, created_by: owner!, member_ids: [], created_at: 0 } as const
      const { chat_id } = yield* chats.create(saved)
      yield* actors.ask(chat_id, send(owner!, "Mine alone"))
      yield* deletions.mark(owner!, 1)
      assert.deepStrictEqual(yield* deletions.chats(owner!, 0, 10), [chat_id])
      yield* actors.ask(chat_id, { _tag: "Depart", by: owner! })
      assert.isUndefined(yield* (yield* Journal).load(chat_id))
      assert.deepStrictEqual(yield* deletions.chats(owner!, 0, 10), [])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("a private chat stays to its peer, who can read, answer themselves and send nothing", () =>
    Effect.gen(function* () {
      const actors = yield* ChatActors
      const [gone, peer] = yield* addUsers(2)
      const chats = yield* ChatStore
      const { chat_id } = yield* chats.create({
        type: "private",
        name: null,
        created_by: gone!,
        member_ids: [peer!],
        created_at: 0,
      })
      const first = yield* actors.ask(chat_id, send(peer!, "Before", "key"))
      const departures = yield* DeletionStore
      yield* departures.mark(gone!, 1)
      yield* settled
      const chat = yield* listen(chat_id)
      yield* actors.ask(chat_id, { _tag: "Depart", by: gone! })
      yield* actors.ask(chat_id, { _tag: "Depart", by: gone! })
      yield* settled
      assert.deepStrictEqual(seen(chat.events()), ["MemberUpdated 3"], "told once")
      const refused = yield* Effect.result(actors.ask(chat_id, send(peer!, "After")))
      assert.isTrue(Result.isFailure(refused) && refused.failure._tag === "RecipientDeleted")
      const repeated = yield* actors.ask(chat_id, send(peer!, "Before", "key"))
      assert.deepStrictEqual(repeated, { ...first, duplicate: true })
      const anew = Effect.flatMap(ChatActors, (fresh) => fresh.ask(chat_id, send(peer!, "Before", "key")))
      assert.deepStrictEqual(yield* Effect.provide(anew, Layer.fresh(actorsAlone)), repeated)
      const edit = { _tag: "Edit", by: peer!, message_id: first.message.id, text: "Still mine" } as const
      assert.strictEqual((yield* actors.ask(chat_id, edit)).is_read, false)
      const shown = yield* chats.get(chat_id, peer!)
      assert.strictEqual(shown?.peer?.display_name, "Deleted account")
      assert.strictEqual(shown?.member_count, 2)

      // When the other account is deleted as well, the chat has no members.
      yield* departures.mark(peer!, 2)
      assert.deepStrictEqual(yield* departures.chats(peer!, 0, 10), [chat_id])
      yield* actors.ask(chat_id, { _tag: "Depart", by: peer! })
      assert.isUndefined(yield* (yield* Journal).load(chat_id))
    }).pipe(Effect.provide(layer())),
  )
})
