import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as Deadlines from "../../src/sql/database/Deadlines.ts"

describe("deadlines", () => {
  it.effect("ends no wait early, and none more than a sixteenth late", () =>
    Effect.gen(function* () {
      const { begin } = yield* Deadlines.make(1_600)
      const ended: Array<string> = []
      begin(() => ended.push("first"))
      yield* TestClock.adjust(450)
      begin(() => ended.push("second"))
      yield* TestClock.adjust(1_149)
      assert.deepStrictEqual(ended, [])
      yield* TestClock.adjust(101)
      assert.deepStrictEqual(ended, ["first"])
      yield* TestClock.adjust(349)
      assert.deepStrictEqual(ended, ["first"])
      yield* TestClock.adjust(101)
      assert.deepStrictEqual(ended, ["first", "second"])
    }),
  )

  it.effect("do not end answered waits, and continue after an idle time", () =>
    Effect.gen(function* () {
      const { begin, end } = yield* Deadlines.make(1_600)
      const ended: Array<string> = []
      end(begin(() => ended.push("answered")))
      yield* TestClock.adjust(5_000)
      begin(() => ended.push("later"))
      const answered = begin(() => ended.push("answered"))
      yield* TestClock.adjust(800)
      end(answered)
      yield* TestClock.adjust(5_000)
      assert.deepStrictEqual(ended, ["later"])
    }),
  )

  it.effect("end with their scope", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { begin } = yield* Effect.provideService(Deadlines.make(1_600), Scope.Scope, scope)
      const ended: Array<string> = []
      begin(() => ended.push("first"))
      yield* Scope.close(scope, Exit.void)
      yield* TestClock.adjust(5_000)
      assert.deepStrictEqual(ended, [])
    }),
  )
})
