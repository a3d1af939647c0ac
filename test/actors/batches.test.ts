// Which commands travel together: throughput hangs on it, since a batch of eight costs the database little more than one.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Layer } from "effect"
import { ChatActors } from "../../src/actors/ChatActors.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { Journal } from "../../src/sql/journal/Journal.ts"
import { Tables } from "../../src/sql/memory/Tables.ts"
import * as chat from "../support/chat.ts"

/** The next turn of the event loop, after everything that is due in this one. */
const nextTurn = Effect.callback<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** Callers that send again as soon as they are answered, `rounds` times each; done when all are. */
const talk = (
  actors: ChatActors["Service"],
  chat_id: ChatId,
  by: UserId,
  options: { readonly people: number; readonly rounds: number },
) =>
  Effect.callback<void, unknown>((resume) => {
    let left = options.people
    const say = (round: number) =>
      actors.tell(chat_id, chat.send(by, `round ${round}`), (exit) => {
        if (Exit.isFailure(exit)) resume(exit)
        else if (round < options.rounds) setImmediate(() => say(round + 1))
        else if (--left === 0) resume(Effect.void)
      })
    for (let i = 0; i < options.people; i++) say(1)
  })

/** How many messages each commit of the chat carried. */
const sizes = (heard: Effect.Success<ReturnType<typeof chat.listen>>) =>
  heard.signals.flatMap((signal) => (signal._tag === "ChatEvents" ? [signal.events.length] : []))

describe("batches", () => {
  it.effect("a message has the version of the newest of its records, in whatever order they are kept", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* chat.addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      const actors = yield* ChatActors
      const tables = yield* Tables
      const heard = yield* chat.listen(chat_id)
      const { message } = yield* actors.ask(chat_id, chat.send(ada, "text"))
      const react = (by: UserId, on: boolean) =>
        actors.ask(chat_id, {
          ...{ _tag: "Record", by, kind: "reaction", message_id: message.id, on },
          ask: { emoji: "👍" },
        } as const)
      yield* Effect.all([react(ada, true), react(bob, true), react(ada, false)], { concurrency: "unbounded" })
      yield* nextTurn
      assert.deepStrictEqual(sizes(heard), [1, 3])
      assert.strictEqual(tables.chats.get(chat_id)?.messages[0]?.records_version, message.version + 3)
    }).pipe(Effect.provide(chat.layer())),
  )

  it.effect("callers who came at different moments travel together from their second message on", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const slow = Journal.of({
        ...journal,
        commit: (changes) => Effect.andThen(Effect.replicateEffect(nextTurn, 6), journal.commit(changes)),
      })
      yield* Effect.gen(function* () {
        const { chat_id, owner } = yield* chat.addGroup(2)
        const heard = yield* chat.listen(chat_id)
        const actors = yield* ChatActors
        const early = yield* Effect.forkChild(talk(actors, chat_id, owner, { people: 1, rounds: 10 }))
        for (let i = 0; i < 3; i++) yield* nextTurn
        yield* talk(actors, chat_id, owner, { people: 7, rounds: 10 })
        while (early.pollUnsafe() === undefined || heard.events().length < 80) yield* nextTurn
        assert.deepStrictEqual(sizes(heard), [1, ...Array.from({ length: 9 }, () => 8), 7])
      }).pipe(Effect.provide(Layer.fresh(chat.actors).pipe(Layer.provide(Layer.succeed(Journal, slow)))))
    }).pipe(Effect.provide(chat.layer())),
  )

  it.effect("commands that arrive while a chat is loaded from the database join its first batch", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const reading = yield* Deferred.make<void>()
      const slow = Journal.of({
        ...journal,
        load: (id) => Effect.andThen(Deferred.await(reading), journal.load(id)),
      })
      yield* Effect.gen(function* () {
        const { chat_id, owner } = yield* chat.addGroup(2)
        const heard = yield* chat.listen(chat_id)
        const actors = yield* ChatActors
        const first = yield* Effect.forkChild(talk(actors, chat_id, owner, { people: 1, rounds: 1 }))
        for (let i = 0; i < 5; i++) yield* nextTurn
        const others = yield* Effect.forkChild(talk(actors, chat_id, owner, { people: 7, rounds: 1 }))
        for (let i = 0; i < 5; i++) yield* nextTurn
        yield* Deferred.succeed(reading, undefined)
        while (first.pollUnsafe() === undefined || others.pollUnsafe() === undefined) yield* nextTurn
        while (heard.events().length < 8) yield* nextTurn
        assert.deepStrictEqual(sizes(heard), [8])
      }).pipe(Effect.provide(Layer.fresh(chat.actors).pipe(Layer.provide(Layer.succeed(Journal, slow)))))
    }).pipe(Effect.provide(chat.layer())),
  )

  it.effect("the first callers of a large commit are answered, and can send again, before the last", () =>
    Effect.gen(function* () {
      const groups = yield* Effect.forEach(Array.from({ length: 60 }), () => chat.addGroup(1))
      const actors = yield* ChatActors
      let told = 0
      let toldWhenFirstCouldSend: number | undefined
      yield* Effect.callback<void>((resume) => {
        for (const { chat_id, owner: by } of groups) {
          for (let i = 0; i < 5; i++) {
            actors.tell(chat_id, chat.send(by, "all at once"), () => {
              if (++told === 1) {
                setImmediate(() => {
                  toldWhenFirstCouldSend = told
                })
              }
              if (told === 300) resume(Effect.void)
            })
          }
        }
      })
      assert.isBelow(toldWhenFirstCouldSend ?? 300, 300)
    }).pipe(Effect.provide(chat.layer())),
  )
})
