import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { simulate } from "./simulate.ts"

const runs = Number(process.env.SIMULATION_RUNS ?? 200)
const first = Number(process.env.SIMULATION_SEED ?? 1)

describe("the whole server under chosen faults", () => {
  it.live(
    `keeps every promise in ${runs} lives from seed ${first} on`,
    () =>
      Effect.gen(function* () {
        let messages = 0
        let faults = 0
        for (let seed = first; seed < first + runs; seed++) {
          const run = yield* simulate(seed)
          messages += run.messages
          faults += run.faults
          assert.deepStrictEqual(
            run.violations,
            [],
            `seed ${seed}; replay it with SIMULATION_SEED=${seed} SIMULATION_RUNS=1`,
          )
        }
        // A simulation in which nothing happens would find nothing.
        assert.isAbove(messages, runs * 20)
        assert.isAbove(faults, runs)
      }),
    20 * 60_000,
  )

  it.live("is the same life again for the same seed", () =>
    Effect.gen(function* () {
      for (const seed of [3, 14, 15]) {
        const once = yield* simulate(seed)
        const again = yield* simulate(seed)
        assert.strictEqual(once.trace, again.trace)
      }
    }),
  )
})
