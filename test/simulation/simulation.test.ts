import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { simulate } from "./simulate.ts"

const runs = Number(process.env.SIMULATION_RUNS ?? 100)
const first = Number(process.env.SIMULATION_SEED ?? 1)

const lives = Effect.fnUntraced(function* (nodes: number, count: number) {
  let messages = 0
  let faults = 0
  let checks = 0
  let blocks = 0
  for (let seed = first; seed < first + count; seed++) {
    const run = yield* simulate(seed, nodes)
    messages += run.messages
    faults += run.faults
    checks += run.checks
    blocks += run.blocks
    assert.deepStrictEqual(
      run.violations,
      [],
      `seed ${seed} on ${nodes === 1 ? "one node" : `${nodes} nodes`}; replay it with SIMULATION_SEED=${seed} SIMULATION_RUNS=1`,
    )
  }
  // A simulation in which nothing happens would find nothing. One life may be short of something.
  if (count < 10) return
  assert.isAbove(messages, count * 20)
  assert.isAtLeast(faults, count)
  assert.isAbove(checks, count * 20)
  assert.isAbove(blocks, count / 2)
})

describe("the whole server under chosen faults", () => {
  it.live(`keeps every promise in ${runs} lives from seed ${first} on`, () => lives(1, runs), 60 * 60_000)

  // A life of three nodes takes as long as three of one.
  const shared = Math.ceil(runs / 3)
  it.live(
    `keeps every promise in ${shared} lives of three nodes that lose each other's signals, from seed ${first} on`,
    () => lives(3, shared),
    60 * 60_000,
  )

  it.live(
    "keeps every promise in lives of three nodes in which a guest comes back before their introduction is read",
    () =>
      Effect.gen(function* () {
        for (const seed of [639, 785]) assert.deepStrictEqual((yield* simulate(seed, 3)).violations, [], `seed ${seed}`)
      }),
  )

  it.live("is the same life again for the same seed", () =>
    Effect.gen(function* () {
      for (const [seed, nodes] of [
        [3, 1],
        [14, 1],
        [15, 3],
      ] as const) {
        const once = yield* simulate(seed, nodes)
        const again = yield* simulate(seed, nodes)
        assert.strictEqual(once.trace, again.trace)
      }
    }),
  )
})
