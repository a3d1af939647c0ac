import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer } from "effect"
import { TestClock } from "effect/testing"
import { type Committed, GroupCommit } from "../../src/actors/GroupCommit.ts"
import type { ChatId } from "../../src/domain/Ids.ts"
import { Journal } from "../../src/sql/Journal.ts"
import * as chat from "../support/chat.ts"
import { sending } from "../support/sql.ts"

describe("group commit", () => {
  it.effect("whoever waits behind a database that is silent hears it with those whom it has not answered", () =>
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
})
