import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { ChatActors } from "../../src/actors/ChatActors.ts"
import type { MessageId } from "../../src/domain/Ids.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { Journal } from "../../src/sql/journal/Journal.ts"
import * as chat from "../support/chat.ts"

/** Lets every fiber that can go on go on. */
const settle = Effect.gen(function* () {
  for (let i = 0; i < 50; i++) yield* Effect.yieldNow
})

/** A second set of actors over the same tables, as another node has it. */
const another = Effect.map(Layer.build(Layer.fresh(chat.actors)), (context) => Context.get(context, ChatActors))

/** A group with one message and a listener, whose next commit has this fault. */
const beforeFault = Effect.fnUntraced(function* (fault: chat.Fault) {
  const { chat_id, owner } = yield* chat.addGroup(2)
  const heard = yield* chat.listen(chat_id)
  const actors = yield* ChatActors
  yield* actors.ask(chat_id, chat.send(owner, "first"))
  const { next } = yield* chat.Faults
  next.push(fault)
  return { actors, chat_id, heard, owner }
})

describe("ChatActor", () => {
  it.effect("a thousand concurrent sends get 1..1000, and every listener receives them in that order", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* chat.addGroup(10)
      const heard = yield* chat.listen(chat_id)
      const actors = yield* ChatActors
      const answers = yield* Effect.forEach(
        Array.from({ length: 1000 }, (_, i) => i),
        (i) => actors.ask(chat_id, chat.send(ids[i % 10]!, `message ${i}`)),
        { concurrency: "unbounded" },
      )
      const seqs = answers.map(({ message }) => message.seq).sort((a, b) => a - b)
      assert.deepStrictEqual(
        seqs,
        Array.from({ length: 1000 }, (_, i) => i + 1),
      )
      assert.strictEqual(new Set(answers.map(({ message }) => message.id)).size, 1000)
      yield* settle
      assert.deepStrictEqual(
        heard.events().map(({ version }) => version),
        Array.from({ length: 1000 }, (_, i) => i + 2),
      )
    }).pipe(Effect.provide(chat.layer())),
  )

  it.effect("the same key from fifty fibers makes one message", () =>
    Effect.gen(function* () {
      const { chat_id, owner } = yield* chat.addGroup(2)
      const heard = yield* chat.listen(chat_id)
      const actors = yield* ChatActors
      const answers = yield* Effect.forEach(
        Array.from({ length: 50 }),
        () => actors.ask(chat_id, chat.send(owner, "once", "key")),
        { concurrency: "unbounded" },
      )
      assert.strictEqual(new Set(answers.map(({ message }) => message.id)).size, 1)
      assert.strictEqual(answers.filter(({ duplicate }) => !duplicate).length, 1)
      yield* settle
      assert.strictEqual(heard.events().length, 1)
    }).pipe(Effect.provide(chat.layer())),
  )

  it.effect("an idle actor is unloaded and loaded again with its state, and an earlier key still counts", () =>
    Effect.gen(function* () {
      const { chat_id, owner } = yield* chat.addGroup(2)
      const actors = yield* ChatActors
      const first = yield* actors.ask(chat_id, chat.send(owner, "before", "key"))
      yield* TestClock.adjust("5 minutes")
      const second = yield* actors.ask(chat_id, chat.send(owner, "after"))
      assert.strictEqual(second.message.seq, 2)
      const again = yield* actors.ask(chat_id, chat.send(owner, "before", "key"))
      assert.deepStrictEqual([again.duplicate, again.message.id], [true, first.message.id])
      const other = yield* Effect.flip(actors.ask(chat_id, chat.send(owner, "something else", "key")))
      assert.strictEqual(other._tag, "DedupKeyReused")
    }).pipe(Effect.provide(chat.layer())),
  )

  it.effect("a commit that fails changes nothing and answers every caller", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* chat.addGroup(3)
      const heard = yield* chat.listen(chat_id)
      const actors = yield* ChatActors
      const faults = yield* chat.Faults
      yield* actors.ask(chat_id, chat.send(ids[0]!, "first"))
      faults.next.push("before")
      const exits = yield* Effect.forEach(ids, (id) => Effect.exit(actors.ask(chat_id, chat.send(id, "lost"))), {
        concurrency: "unbounded",
      })
      assert.isTrue(exits.every(Exit.isFailure))
      const next = yield* actors.ask(chat_id, chat.send(ids[1]!, "second"))
      assert.strictEqual(next.message.seq, 2)
      yield* settle
      assert.deepStrictEqual(
        heard.events().map((event) => (event._tag === "MessageSent" ? event.message.text : event._tag)),
        ["first", "second"],
      )
    }).pipe(Effect.provide(chat.layer())),
  )

  it.effect(
    "an answer lost after its commit is settled by the retry's key, and listeners receive what happened once",
    () =>
      Effect.gen(function* () {
        const { chat_id, owner } = yield* chat.addGroup(2)
        const heard = yield* chat.listen(chat_id)
        const actors = yield* ChatActors
        const faults = yield* chat.Faults
        yield* actors.ask(chat_id, chat.send(owner, "first"))
        faults.next.push("after")
        const lost = yield* Effect.flip(actors.ask(chat_id, chat.send(owner, "perhaps", "key")))
        assert.strictEqual(lost._tag, "Unavailable")
        const retry = yield* actors.ask(chat_id, chat.send(owner, "perhaps", "key"))
        assert.deepStrictEqual([retry.duplicate, retry.message.seq], [true, 2])
        yield* settle
        const events = heard.events()
        assert.deepStrictEqual(
          events.map(({ version }) => version),
          [2, 3],
        )
        assert.deepStrictEqual(
          events.flatMap((event) => (event._tag === "MessageSent" ? [event.message.text] : [])),
          ["first", "perhaps"],
        )
      }).pipe(Effect.provide(chat.layer())),
  )

  it.effect("after a concurrent change by another node, listeners receive the chat's version", () =>
    Effect.gen(function* () {
      const { chat_id, ids, owner } = yield* chat.addGroup(2)
      const heard = yield* chat.listen(chat_id)
      const actors = yield* ChatActors
      const twin = yield* another
      const faults = yield* chat.Faults
      yield* actors.ask(chat_id, chat.send(owner, "first"))
      faults.next.push("hang")
      const lost = yield* Effect.forkChild(Effect.flip(actors.ask(chat_id, chat.send(owner, "lost"))))
      yield* settle
      yield* twin.ask(chat_id, chat.send(ids[1]!, "another"))
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual((yield* Fiber.join(lost))._tag, "Unavailable")
      yield* settle
      assert.deepStrictEqual(
        heard.signals.filter(({ _tag }) => _tag === "ChatHead"),
        [{ _tag: "ChatHead", chat_id, version: 3 }],
      )
    }).pipe(Effect.provide(chat.layer())),
  )

  it.effect("an edit that was lost is not published for the one that took its version", () =>
    Effect.gen(function* () {
      const { chat_id, owner } = yield* chat.addGroup(2)
      const heard = yield* chat.listen(chat_id)
      const actors = yield* ChatActors
      const twin = yield* another
      const faults = yield* chat.Faults
      const [one, two] = yield* Effect.forEach(["one", "two"], (text) => actors.ask(chat_id, chat.send(owner, text)))
      faults.next.push("hang")
      const edit = (message_id: MessageId, text: string) => ({ _tag: "Edit", by: owner, message_id, text }) as const
      const lost = yield* Effect.forkChild(Effect.flip(actors.ask(chat_id, edit(one!.message.id, "lost"))))
      yield* settle
      yield* twin.ask(chat_id, edit(two!.message.id, "two, edited"))
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual((yield* Fiber.join(lost))._tag, "Unavailable")
      yield* settle
      assert.deepStrictEqual(
        heard
          .events()
          .flatMap((event) => (event._tag === "MessageUpdated" ? [[event.version, event.message.text]] : [])),
        [[4, "two, edited"]],
      )
      assert.deepStrictEqual(
        heard.signals.filter(({ _tag }) => _tag === "ChatHead"),
        [{ _tag: "ChatHead", chat_id, version: 4 }],
      )
    }).pipe(Effect.provide(chat.layer())),
  )

  it.effect("what is committed and, by a bug, never published reaches listeners as a version to read", () =>
    Effect.gen(function* () {
      const { actors, chat_id, heard, owner } = yield* beforeFault("without ids")
      yield* Effect.exit(actors.ask(chat_id, chat.send(owner, "unseen")))
      yield* actors.ask(chat_id, chat.send(owner, "next"))
      yield* settle
      assert.deepStrictEqual(
        heard.signals.flatMap((signal) => (signal._tag === "ChatHead" ? [signal.version] : [])),
        [3],
      )
      assert.deepStrictEqual(
        heard.events().map(({ version }) => version),
        [2, 4],
      )
    }).pipe(Effect.provide(chat.layer())),
  )

  it.effect("a deletion whose answer was lost reaches listeners as a version to read", () =>
    Effect.gen(function* () {
      const { actors, chat_id, heard, owner } = yield* beforeFault("after")
      yield* Effect.flip(actors.ask(chat_id, { _tag: "DeleteChat", by: owner }))
      yield* settle
      assert.deepStrictEqual(
        heard.signals.filter(({ _tag }) => _tag === "ChatHead"),
        [{ _tag: "ChatHead", chat_id, version: 3 }],
      )
    }).pipe(Effect.provide(chat.layer())),
  )

  it.effect("a bug in a commit fails its callers, and the chat continues", () =>
    Effect.gen(function* () {
      const { chat_id, owner } = yield* chat.addGroup(2)
      const actors = yield* ChatActors
      const faults = yield* chat.Faults
      faults.next.push("defect")
      assert.isTrue(Exit.isFailure(yield* Effect.exit(actors.ask(chat_id, chat.send(owner, "unlucky")))))
      assert.strictEqual((yield* actors.ask(chat_id, chat.send(owner, "next"))).message.seq, 1)
    }).pipe(Effect.provide(chat.layer())),
  )

  it.effect("of two actors of one chat the stale one loads again, and neither number is given twice", () =>
    Effect.gen(function* () {
      const { chat_id, owner } = yield* chat.addGroup(2)
      const one = yield* ChatActors
      const twin = yield* another
      const seqs: Array<number> = []
      for (let i = 0; i < 20; i++) {
        const actors = i % 2 === 0 ? one : twin
        seqs.push((yield* actors.ask(chat_id, chat.send(owner, `${i}`))).message.seq)
      }
      assert.deepStrictEqual(
        seqs,
        Array.from({ length: 20 }, (_, i) => i + 1),
      )
    }).pipe(Effect.provide(chat.layer())),
  )

  it.effect("callers that wait behind an unresponsive database fail within five seconds", () =>
    Effect.gen(function* () {
      const { chat_id, owner } = yield* chat.addGroup(2)
      const actors = yield* ChatActors
      const faults = yield* chat.Faults
      faults.next.push("hang")
      const waiting = yield* Effect.forkChild(Effect.flip(actors.ask(chat_id, chat.send(owner, "waits"))))
      yield* settle
      const behind = yield* Effect.forkChild(Effect.flip(actors.ask(chat_id, chat.send(owner, "behind"))))
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "Unavailable")
      yield* Effect.exit(Fiber.join(behind))
      assert.strictEqual((yield* actors.ask(chat_id, chat.send(owner, "again"))).message.text, "again")
    }).pipe(Effect.provide(chat.layer())),
  )

  it.effect("once every other member has read, the sender receives it once per advance", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* chat.addGroup(3)
      const [a, b, c] = ids as [(typeof ids)[0], (typeof ids)[0], (typeof ids)[0]]
      const heard = yield* chat.listen(chat_id)
      const actors = yield* ChatActors
      for (let i = 0; i < 3; i++) yield* actors.ask(chat_id, chat.send(a, `${i}`))
      yield* actors.ask(chat_id, { _tag: "Read", by: b, seq: 3 })
      yield* settle
      assert.deepStrictEqual(heard.fullyRead(), [])
      yield* actors.ask(chat_id, { _tag: "Read", by: c, seq: 2 })
      yield* actors.ask(chat_id, { _tag: "RemoveMember", by: c, user_id: c })
      yield* settle
      assert.deepStrictEqual(
        heard.fullyRead().map(({ user_id, seq }) => [user_id, seq]),
        [
          [a, 2],
          [a, 3],
        ],
      )
    }).pipe(Effect.provide(chat.layer())),
  )

  it.effect("what is under way when the server stops is still finished", () =>
    Effect.gen(function* () {
      const { chat_id, owner } = yield* chat.addGroup(2)
      const journal = yield* Journal
      const rows = yield* ChatStore
      const answers = yield* Effect.scoped(
        Effect.gen(function* () {
          const actors = yield* another
          const fibers: Array<Fiber.Fiber<unknown, unknown>> = []
          for (let i = 0; i < 100; i++) {
            fibers.push(yield* Effect.forkDetach(actors.ask(chat_id, chat.send(owner, `${i}`))))
          }
          yield* settle
          return fibers
        }),
      )
      for (const fiber of answers) assert.isTrue(Exit.isSuccess(yield* Fiber.await(fiber)))
      assert.strictEqual((yield* journal.load(chat_id))?.last_seq, 100)
      assert.isTrue(yield* rows.isMember(chat_id, owner))
    }).pipe(Effect.provide(chat.layer())),
  )
})
