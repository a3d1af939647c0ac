// Senders receive fully read messages, also when there are very many at once, and no other caller waits for that.
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Latch, Layer } from "effect"
import { TestClock } from "effect/testing"
import { ChatActors } from "../../src/actors/ChatActors.ts"
import { Unavailable } from "../../src/domain/errors.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { Journal } from "../../src/sql/journal/Journal.ts"
import * as chat from "../support/chat.ts"

/** What looks for senders meets. */
class Looking extends Context.Service<
  Looking,
  { readonly ranges: Array<number>; readonly gate: Latch.Latch; failures: number }
>()("confab/test/Looking") {
  static readonly layer = Layer.sync(Looking, () => ({ ranges: [], gate: Latch.makeUnsafe(true), failures: 0 }))
}

const watched = Layer.effect(
  Journal,
  Effect.gen(function* () {
    const journal = yield* Journal
    const looking = yield* Looking
    return Journal.of({
      ...journal,
      newestPerSender: (chat_id, after, upTo) =>
        Effect.andThen(
          looking.gate.await,
          Effect.suspend(() => {
            looking.ranges.push(upTo - after)
            if (looking.failures-- > 0) return Effect.fail(new Unavailable({}))
            return journal.newestPerSender(chat_id, after, upTo)
          }),
        ),
    })
  }),
)

const layer = () =>
  chat.actors.pipe(Layer.provideMerge(watched), Layer.provideMerge(Looking.layer), Layer.provideMerge(chat.tables))

const turns = Effect.repeat(
  Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve))),
  { times: 60 },
)

const sendMany = Effect.fnUntraced(function* (chat_id: ChatId, by: UserId, count: number) {
  const actors = yield* ChatActors
  yield* Effect.forEach(
    Array.from({ length: count }, (_, i) => `message ${i}`),
    (text) => actors.ask(chat_id, chat.send(by, text)),
    { concurrency: "unbounded", discard: true },
  )
})

/** A group in which all but the last have read 4,501 messages: one of the first one's, then the second's. */
const longUnread = Effect.gen(function* () {
  const { chat_id, ids } = yield* chat.addGroup(4)
  const [first, second, third, dormant] = ids as [UserId, UserId, UserId, UserId]
  const actors = yield* ChatActors
  yield* sendMany(chat_id, first, 1)
  yield* sendMany(chat_id, second, 4_500)
  for (const by of [first, third]) yield* actors.ask(chat_id, { _tag: "Read", by, seq: 4_501 })
  const heard = yield* chat.listen(chat_id)
  yield* turns
  return { chat_id, first, second, third, dormant, heard, looking: yield* Looking }
})

const told = (heard: { readonly fullyRead: () => ReadonlyArray<{ user_id: UserId; seq: number }> }) =>
  heard.fullyRead().map(({ seq, user_id }) => [user_id, seq])

describe("Much that all have read at once", () => {
  it.effect("is published to each sender, and searched in steps", () =>
    Effect.gen(function* () {
      const { chat_id, dormant, first, heard, looking, second } = yield* longUnread
      const actors = yield* ChatActors
      yield* actors.ask(chat_id, { _tag: "Read", by: dormant, seq: 4_501 })
      yield* turns
      assert.deepStrictEqual(told(heard), [
        [second, 4_501],
        [first, 1],
      ])
      assert.deepStrictEqual(looking.ranges, [2_000, 2_000, 501])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("delays no caller while it is searched, and an older message is not published after a newer one", () =>
    Effect.gen(function* () {
      const { chat_id, dormant, first, heard, looking, second, third } = yield* longUnread
      const actors = yield* ChatActors
      yield* looking.gate.close
      yield* actors.ask(chat_id, { _tag: "Read", by: dormant, seq: 4_501 })
      yield* turns
      assert.deepInclude(heard.events().at(-1), { _tag: "ReadMarked", user_id: dormant, seq: 4_501 })
      yield* sendMany(chat_id, second, 1)
      for (const by of [first, third, dormant]) yield* actors.ask(chat_id, { _tag: "Read", by, seq: 4_502 })
      yield* turns
      assert.deepStrictEqual(told(heard), [[second, 4_502]])
      yield* looking.gate.open
      yield* turns
      assert.deepStrictEqual(told(heard), [
        [second, 4_502],
        [first, 1],
      ])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is published once the database is back", () =>
    Effect.gen(function* () {
      const { chat_id, dormant, first, heard, looking, second } = yield* longUnread
      const actors = yield* ChatActors
      looking.failures = 5
      yield* actors.ask(chat_id, { _tag: "RemoveMember", by: dormant, user_id: dormant })
      yield* turns
      assert.deepStrictEqual(told(heard), [])
      for (let i = 0; i < 6; i++) {
        yield* TestClock.adjust("1 second")
        yield* turns
      }
      assert.deepStrictEqual(told(heard), [
        [second, 4_501],
        [first, 1],
      ])
    }).pipe(Effect.provide(layer())),
  )
})
