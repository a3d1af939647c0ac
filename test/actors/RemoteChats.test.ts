// Commands to chats of another node, over a network whose failures the test controls.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { ChatActors } from "../../src/actors/ChatActors.ts"
import type { Command } from "../../src/actors/rules/Command.ts"
import type { ChatId } from "../../src/domain/Ids.ts"
import { Journal } from "../../src/sql/journal/Journal.ts"
import * as chat from "../support/chat.ts"
import { layer, Network, There } from "../support/otherNode.ts"

/** Asks, and lets time go by until there is an answer. */
const ask = Effect.fnUntraced(function* <C extends Command>(chat_id: ChatId, command: C) {
  const actors = yield* ChatActors
  const asking = yield* Effect.forkChild(Effect.exit(actors.ask(chat_id, command)))
  for (let i = 0; i < 100 && asking.pollUnsafe() === undefined; i++) yield* TestClock.adjust("100 millis")
  return yield* Fiber.join(asking)
})

/** A group that the other node has, whose network works. */
const group = Effect.fnUntraced(function* (size: number) {
  yield* TestClock.adjust("3 seconds")
  const network = yield* Network
  const made = yield* chat.addGroup(size)
  return { ...made, network }
})

const lastSeq = (chat_id: ChatId) =>
  Effect.flatMap(Journal, (journal) => Effect.map(journal.load(chat_id), (snapshot) => snapshot?.last_seq))

const tagOf = (exit: Exit.Exit<unknown, { readonly _tag: string }>): string =>
  Exit.match(exit, {
    onSuccess: () => "answered",
    onFailure: (cause) =>
      cause.reasons.map((reason) => (reason._tag === "Fail" ? reason.error._tag : reason._tag)).join(),
  })

describe("a chat on another node", () => {
  it.effect("answers and refuses as it does at home", () =>
    Effect.gen(function* () {
      const { chat_id, ids, network, owner } = yield* group(3)
      const [, second, third] = ids as [typeof owner, typeof owner, typeof owner]
      const sent = yield* yield* ask(chat_id, chat.send(owner, "hello", "key"))
      assert.deepInclude(sent.message, { seq: 1, text: "hello", dedup_key: "key", is_read: false })
      const again = yield* yield* ask(chat_id, chat.send(owner, "hello", "key"))
      assert.deepStrictEqual([again.duplicate, again.message.id], [true, sent.message.id])
      assert.strictEqual(tagOf(yield* ask(chat_id, chat.send(owner, "other", "key"))), "DedupKeyReused")
      const message_id = sent.message.id
      assert.strictEqual(tagOf(yield* ask(chat_id, { _tag: "Edit", by: second, message_id, text: "x" })), "NotAllowed")
      const edited = yield* yield* ask(chat_id, { _tag: "Edit", by: owner, message_id, text: "edited" })
      assert.strictEqual(edited.text, "edited")
      const read = yield* yield* ask(chat_id, { _tag: "Read", by: second, seq: 7 })
      assert.deepStrictEqual(read, { last_read_seq: 1 })
      const renamed = yield* yield* ask(chat_id, {
        _tag: "SetInfo",
        by: owner,
        patch: { name: "New name", description: "New" },
      })
      assert.deepInclude(renamed, { name: "New name", description: "New", member_count: 3 })
      const promoted = yield* yield* ask(chat_id, { _tag: "SetRole", by: owner, user_id: second, role: "admin" })
      assert.deepInclude(promoted, { role: "admin", last_read_seq: 1 })
      const added = yield* yield* ask(chat_id, { _tag: "AddMembers", by: second, user_ids: ids })
      assert.deepStrictEqual(
        added.map(({ user }) => user.id),
        ids,
      )
      assert.isUndefined(yield* yield* ask(chat_id, { _tag: "RemoveMember", by: second, user_id: third }))
      assert.strictEqual(tagOf(yield* ask(chat_id, chat.send(third, "I am out"))), "ChatNotFound")
      assert.isUndefined(yield* yield* ask(chat_id, { _tag: "Delete", by: owner, message_id }))
      assert.isUndefined(yield* yield* ask(chat_id, { _tag: "DeleteChat", by: owner }))
      assert.strictEqual(network.sent.length, 13)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is asked by one request at a time, which has all that waited for it, in order", () =>
    Effect.gen(function* () {
      const { chat_id, ids, network } = yield* group(4)
      const actors = yield* ChatActors
      const answers: Array<number> = []
      for (let i = 0; i < 1_200; i++) {
        actors.tell(chat_id, chat.send(ids[i % 4]!, `${i}`), (exit) => {
          if (Exit.isSuccess(exit)) answers.push(exit.value.message.seq)
        })
      }
      for (let i = 0; i < 50 && answers.length < 1_200; i++) yield* TestClock.adjust("10 millis")
      assert.deepStrictEqual(
        answers,
        Array.from({ length: 1_200 }, (_, i) => i + 1),
      )
      assert.deepStrictEqual(network.sent, [500, 500, 200])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is asked again when the wire broke after it took a message with a key, and has it once", () =>
    Effect.gen(function* () {
      const { chat_id, owner, network } = yield* group(2)
      network.fates.push("cut", "lost", "cut")
      const { message } = yield* yield* ask(chat_id, chat.send(owner, "once", "key"))
      assert.strictEqual(message.seq, 1)
      assert.strictEqual(network.sent.length, 4)
      assert.strictEqual(yield* lastSeq(chat_id), 1)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is not repeated when a command without a key may have taken effect: the caller receives Unavailable", () =>
    Effect.gen(function* () {
      const { chat_id, ids, network, owner } = yield* group(2)
      const { message } = yield* yield* ask(chat_id, chat.send(owner, "first", "key"))
      const commands: ReadonlyArray<Command> = [
        chat.send(owner, "without a key"),
        { _tag: "Edit", by: owner, message_id: message.id, text: "edited" },
        { _tag: "SetInfo", by: owner, patch: { name: "Another" } },
        { _tag: "SetRole", by: owner, user_id: ids[1]!, role: "admin" },
        { _tag: "AddMembers", by: owner, user_ids: ids },
      ]
      for (const command of commands) {
        for (const fate of ["cut", "lost"] as const) {
          network.sent.length = 0
          network.fates.push(fate)
          assert.strictEqual(tagOf(yield* ask(chat_id, command)), "Unavailable", `${command._tag}, ${fate}`)
          assert.strictEqual(network.sent.length, 1)
        }
      }
      assert.strictEqual(yield* lastSeq(chat_id), 2)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is asked again, whatever it is, when it surely has not taken it", () =>
    Effect.gen(function* () {
      const { chat_id, network, owner } = yield* group(2)
      network.fates.push("refused", "full", "refused")
      const { message } = yield* yield* ask(chat_id, chat.send(owner, "without a key"))
      assert.strictEqual(message.seq, 1)
      // A node that is known to be gone is not sent what must not be lost, until it is there again.
      network.fates.push("lost")
      assert.strictEqual(tagOf(yield* ask(chat_id, chat.send(owner, "lost"))), "Unavailable")
      network.isThere = false
      const actors = yield* ChatActors
      const asking = yield* Effect.forkChild(actors.ask(chat_id, chat.send(owner, "waits for it")))
      for (let i = 0; i < 20; i++) yield* TestClock.adjust("100 millis")
      assert.isUndefined(asking.pollUnsafe())
      network.isThere = true
      for (let i = 0; i < 10; i++) yield* TestClock.adjust("100 millis")
      assert.strictEqual((yield* Fiber.join(asking)).message.seq, 2)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("that never answers is given up after five seconds, and the next command is not held up by it", () =>
    Effect.gen(function* () {
      const { chat_id, network, owner } = yield* group(2)
      network.fates.push("silence", "silence", "silence", "silence", "silence")
      assert.strictEqual(tagOf(yield* ask(chat_id, chat.send(owner, "not received", "key"))), "Unavailable")
      network.fates.length = 0
      const { message } = yield* yield* ask(chat_id, chat.send(owner, "somebody does", "another"))
      assert.strictEqual(message.seq, 1)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("that stood still with a command does not begin it when it wakes", () =>
    Effect.gen(function* () {
      const { chat_id, network, owner } = yield* group(2)
      const { message } = yield* yield* ask(chat_id, chat.send(owner, "text", "key"))
      network.fates.push("late", "silence", "silence", "silence")
      const old = { _tag: "Edit", by: owner, message_id: message.id, text: "old" } as const
      assert.strictEqual(tagOf(yield* ask(chat_id, old)), "Unavailable")
      network.fates.length = 0
      yield* yield* ask(chat_id, { _tag: "Edit", by: owner, message_id: message.id, text: "new" })
      yield* TestClock.adjust("2 minutes")
      const [stored] = yield* (yield* Journal).messages(chat_id, [message.id])
      assert.strictEqual(stored?.text, "new")
    }).pipe(Effect.provide(layer())),
  )

  it.effect("fails only the command that meets a bug, and continues", () =>
    Effect.gen(function* () {
      const { chat_id, owner } = yield* group(2)
      const faults = yield* chat.Faults
      faults.next.push("defect")
      assert.strictEqual(tagOf(yield* ask(chat_id, chat.send(owner, "bug", "key"))), "Die")
      assert.strictEqual((yield* yield* ask(chat_id, chat.send(owner, "fine"))).message.seq, 1)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("knows its own chats without the network", () =>
    Effect.gen(function* () {
      const { chat_id, network, owner } = yield* group(2)
      const { actors } = yield* There
      const { message } = yield* actors.ask(chat_id, chat.send(owner, "at home"))
      assert.deepStrictEqual([message.seq, network.sent.length], [1, 0])
    }).pipe(Effect.provide(layer())),
  )
})
