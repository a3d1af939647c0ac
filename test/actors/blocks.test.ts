// A private chat refuses what its blocked user writes, from the moment in which it reads the block.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { ChatActors } from "../../src/actors/ChatActors.ts"
import type { UserId } from "../../src/domain/Ids.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { Journal } from "../../src/sql/journal/Journal.ts"
import { StateStore } from "../../src/sql/state/StateStore.ts"
import { actors as actorsAlone, addGroup, addUsers, Faults, layer, send } from "../support/chat.ts"

const here = () => StateStore.layerMemory.pipe(Layer.provideMerge(layer()))

const newPair = Effect.gen(function* () {
  const chats = yield* ChatStore
  const [a, b] = (yield* addUsers(2)) as [UserId, UserId]
  const private_ = { type: "private", name: null, created_by: a, member_ids: [b], created_at: 0 } as const
  return { a, b, chat_id: (yield* chats.create(private_)).chat_id }
})
const block = Effect.fnUntraced(function* (user_id: UserId, blocked_id: UserId, on = true) {
  yield* (yield* StateStore).block({ user_id, blocked_id, on, at: 0 })
})
/** With the fence of their chat, as `PUT` does before it is answered. */
const fencedBlock = (user_id: UserId, blocked_id: UserId, on = true) =>
  Effect.andThen(
    block(user_id, blocked_id, on),
    Effect.flatMap(ChatStore, (chats) => chats.fence(user_id, blocked_id)),
  )

describe("A blocked user", () => {
  it.effect("is refused what reaches the other one, who may still write; and keeps their first answers", () =>
    Effect.gen(function* () {
      const actors = yield* ChatActors
      const { a, b, chat_id } = yield* newPair
      const refused = (ask: Effect.Effect<unknown, { readonly _tag: string }>) =>
        Effect.map(Effect.flip(ask), ({ _tag }) => _tag)
      const { message } = yield* actors.ask(chat_id, send(b, "Hello", "key"))
      const message_id = message.id
      yield* block(a, b)
      // Until it is told, the chat does not know.
      yield* actors.ask(chat_id, send(b, "Between"))
      yield* actors.ask(chat_id, { _tag: "ReadBlocks", by: a })
      const error = yield* Effect.flip(actors.ask(chat_id, send(b, "Once more")))
      assert.deepInclude(error, { _tag: "Blocked", status: 403, user_ids: [a] })
      const pin = { _tag: "Record", kind: "pin", message_id, ask: {} } as const
      const reaction = { _tag: "Record", kind: "reaction", message_id, ask: { emoji: "👍" } } as const
      const edit = { _tag: "Edit", by: b, message_id, text: "Hello!" } as const
      assert.strictEqual(yield* refused(actors.ask(chat_id, edit)), "Blocked")
      assert.strictEqual(yield* refused(actors.ask(chat_id, { ...pin, by: b, on: true })), "Blocked")
      assert.strictEqual(yield* refused(actors.ask(chat_id, { ...reaction, by: b, on: true })), "Blocked")
      yield* actors.ask(chat_id, { ...reaction, by: b, on: false })
      yield* actors.ask(chat_id, { ...reaction, by: a, on: true })
      assert.isTrue((yield* actors.ask(chat_id, send(b, "Hello", "key"))).duplicate)
      assert.strictEqual(yield* refused(actors.ask(chat_id, send(b, "Other", "key"))), "DedupKeyReused")
      yield* actors.ask(chat_id, send(a, "I may"))
      assert.strictEqual((yield* actors.ask(chat_id, { _tag: "Read", by: b, seq: 3 })).last_read_seq, 3)
      yield* actors.ask(chat_id, { _tag: "Delete", by: b, message_id })
      yield* block(a, b, false)
      yield* actors.ask(chat_id, { _tag: "ReadBlocks", by: a })
      yield* actors.ask(chat_id, send(b, "Again"))
    }).pipe(Effect.provide(here())),
  )

  it.effect("is refused by an actor that starts afterwards, as after a crash or on another node", () =>
    Effect.gen(function* () {
      const { a, b, chat_id } = yield* newPair
      yield* (yield* ChatActors).ask(chat_id, send(b, "Hello"))
      yield* block(a, b)
      const anew = Effect.flatMap(ChatActors, (actors) => Effect.flip(actors.ask(chat_id, send(b, "Once more"))))
      const error = yield* Effect.provide(anew, Layer.fresh(actorsAlone))
      assert.strictEqual(error._tag, "Blocked")
    }).pipe(Effect.provide(here())),
  )

  it.effect("is refused by an actor that nobody has told, as of a node that was frozen; and no longer afterwards", () =>
    Effect.gen(function* () {
      const [actors, journal] = [yield* ChatActors, yield* Journal]
      const { a, b, chat_id } = yield* newPair
      const { message } = yield* actors.ask(chat_id, send(b, "Hello", "key"))
      yield* fencedBlock(a, b)
      for (const command of [
        send(b, "Thawed"),
        { _tag: "Edit", by: b, message_id: message.id, text: "Hello!" } as const,
        { _tag: "Record", kind: "pin", by: b, message_id: message.id, ask: {}, on: true } as const,
      ]) {
        assert.strictEqual((yield* Effect.flip(actors.ask(chat_id, command)))._tag, "Blocked")
      }
      assert.isTrue((yield* actors.ask(chat_id, send(b, "Hello", "key"))).duplicate)
      assert.deepInclude(yield* journal.load(chat_id), { version: 2, last_seq: 1 })
      yield* fencedBlock(a, b, false)
      yield* actors.ask(chat_id, send(b, "Again"))
    }).pipe(Effect.provide(here())),
  )

  it.effect("is refused all that was asked after the block, in the order of the mailbox, also when commits fail", () =>
    Effect.gen(function* () {
      const [actors, faults, journal] = [yield* ChatActors, yield* Faults, yield* Journal]
      const { a, b, chat_id } = yield* newPair
      yield* actors.ask(chat_id, send(a, "Hello"))
      yield* block(a, b)
      faults.next.push("after")
      const outcomes: Array<string> = []
      const tell = (text: string, command: Parameters<typeof actors.tell>[1]) =>
        actors.tell(chat_id, command, (exit) => outcomes.push(`${text} ${exit._tag}`))
      tell("before", send(b, "Before"))
      tell("block", { _tag: "ReadBlocks", by: a })
      tell("after", send(b, "After"))
      while (outcomes.length < 3) yield* Effect.yieldNow
      // The first one's outcome is unknown to its caller; it is there.
      assert.deepStrictEqual(outcomes, ["before Failure", "block Success", "after Failure"])
      assert.strictEqual((yield* journal.load(chat_id))?.last_seq, 2)
    }).pipe(Effect.provide(here())),
  )

  it.effect("is not refused in a group, and who is no member cannot ask for it", () =>
    Effect.gen(function* () {
      const actors = yield* ChatActors
      const { chat_id, ids } = yield* addGroup(2)
      const [a, b] = ids as [UserId, UserId]
      const [stranger] = (yield* addUsers(1)) as [UserId]
      yield* block(a, b)
      yield* actors.ask(chat_id, { _tag: "ReadBlocks", by: a })
      yield* actors.ask(chat_id, send(b, "To all"))
      const error = yield* Effect.flip(actors.ask(chat_id, { _tag: "ReadBlocks", by: stranger }))
      assert.strictEqual(error._tag, "ChatNotFound")
    }).pipe(Effect.provide(here())),
  )
})
