import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer } from "effect"
import { TestClock } from "effect/testing"
import { type Committed, GroupCommit } from "../../src/actors/GroupCommit.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { Journal } from "../../src/sql/journal/Journal.ts"
import * as chat from "../support/chat.ts"
import { sending } from "../support/sql.ts"

describe("group commit", () => {
  it.effect("callers that wait behind a silent database fail together with those whose commit is unanswered", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      let asked = 0
      let silent = true
      const sometimes = Journal.of({
        ...journal,
        commit: (changes) =>
          Effect.suspend(() => {
            asked++
            return silent ? Effect.never : journal.commit(changes)
          }),
      })
      yield* Effect.gen(function* () {
        const commits = yield* GroupCommit
        const { owner, chat_id } = yield* chat.addGroup(1)
        const heard: Array<Committed> = []
        const change = (id: ChatId) => sending(id, { version: 1, last_seq: 0 }, owner, ["text"])
        // Two fly and the others wait on the ground.
        for (let i = 0; i < 4; i++) {
          commits.submit(change((1_000 + i) as ChatId), (result) => heard.push(result))
          yield* Effect.yieldNow
        }
        yield* TestClock.adjust("2999 millis")
        assert.deepStrictEqual(heard, [])
        yield* TestClock.adjust("200 millis")
        assert.strictEqual(heard.filter(Exit.hasFails).length, 4)
        assert.strictEqual(asked, 2)
        silent = false
        const result = yield* Effect.callback<Committed>((resume) =>
          commits.submit(change(chat_id), (committed) => resume(Effect.succeed(committed))),
        )
        assert.strictEqual(Exit.isSuccess(result) && result.value._tag, "Committed")
      }).pipe(Effect.provide(Layer.fresh(GroupCommit.layer).pipe(Layer.provide(Layer.succeed(Journal, sometimes)))))
    }).pipe(Effect.provide(chat.layer())),
  )

  it.effect("a second transaction leaves beside a small one, and waits for a large one", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const batches: Array<number> = []
      const arrivals: Array<() => void> = []
      const slow = Journal.of({
        ...journal,
        commit: (changes) =>
          Effect.callback((resume) => {
            batches.push(changes.length)
            arrivals.push(() => resume(Effect.succeed(changes.map(() => ({ _tag: "Committed", ids: [] })))))
          }),
      })
      yield* Effect.gen(function* () {
        const commits = yield* GroupCommit
        let next = 1_000
        let done = 0
        const submit = (messages: number) => {
          const texts = Array.from({ length: messages }, (_, i) => `text ${i}`)
          commits.submit(sending(next++ as ChatId, { version: 1, last_seq: 0 }, 1 as UserId, texts), () => done++)
          return Effect.yieldNow
        }
        for (let i = 0; i < 4; i++) yield* submit(1)
        assert.deepStrictEqual(batches, [1, 1])
        arrivals[0]?.()
        yield* Effect.yieldNow
        assert.deepStrictEqual(batches, [1, 1, 2])
        for (const arrive of arrivals.slice(1)) arrive()
        yield* Effect.yieldNow
        assert.strictEqual(done, 4)

        yield* submit(32)
        for (let i = 0; i < 3; i++) yield* submit(1)
        assert.deepStrictEqual(batches, [1, 1, 2, 1])
        arrivals[3]?.()
        yield* Effect.yieldNow
        assert.deepStrictEqual(batches, [1, 1, 2, 1, 3])
        arrivals[4]?.()
        yield* Effect.yieldNow
        assert.strictEqual(done, 8)
      }).pipe(Effect.provide(Layer.fresh(GroupCommit.layer).pipe(Layer.provide(Layer.succeed(Journal, slow)))))
    }).pipe(Effect.provide(chat.layer())),
  )
})
