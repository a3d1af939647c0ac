import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Origin } from "../../src/services/Audit.ts"
import { makeSlowRefusals } from "../../src/services/passwords/slowRefusals.ts"

it.effect("an address with many refusals receives them a second later, the others at once", () =>
  Effect.gen(function* () {
    const refuse = yield* makeSlowRefusals
    const heard: Array<string> = []
    const ask = (times: number, address: string) =>
      Effect.forkChild(
        Effect.forEach(
          Array.from({ length: times }),
          () => Effect.map(Effect.flip(refuse(address)), (error) => void heard.push(error)),
          { concurrency: "unbounded" },
        ).pipe(Effect.provideService(Origin, { address, user_agent: null, request_id: null })),
      )
    const heardBy = (address: string) => heard.filter((it) => it === address).length
    const settle = Effect.forEach(Array.from({ length: 10 }), () => Effect.yieldNow)

    yield* ask(600, "192.0.2.1")
    yield* ask(20, "192.0.2.2")
    yield* settle
    assert.deepStrictEqual([heardBy("192.0.2.1"), heardBy("192.0.2.2")], [20, 20])
    yield* TestClock.adjust(999)
    assert.strictEqual(heardBy("192.0.2.1"), 20)
    yield* TestClock.adjust(1)
    assert.strictEqual(heardBy("192.0.2.1"), 600)

    // No more than a thousand are held.
    yield* ask(1_500, "192.0.2.3")
    yield* settle
    assert.strictEqual(heardBy("192.0.2.3"), 500)
    yield* TestClock.adjust("1 second")
    assert.strictEqual(heardBy("192.0.2.3"), 1_500)
  }),
)
