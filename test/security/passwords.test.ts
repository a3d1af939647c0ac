// What a flood of log-ins may cost: so much at once, so many in line, and the rest is sent away at once.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Passwords } from "../../src/services/Passwords.ts"

it.effect("of a thousand log-ins at once 514 are taken on, the others are told when to come back", () =>
  Effect.gen(function* () {
    const passwords = yield* Passwords
    const hash = yield* passwords.hash("correct horse")
    const outcomes = yield* Effect.forEach(
      Array.from({ length: 1_000 }),
      () =>
        passwords.verify(hash, "correct horse").pipe(
          Effect.map(() => "verified"),
          Effect.catch(({ _tag, retry_after_ms }) => Effect.succeed(`${_tag} ${retry_after_ms}`)),
        ),
      { concurrency: "unbounded" },
    )
    assert.strictEqual(outcomes.filter((outcome) => outcome === "verified").length, 514)
    assert.strictEqual(outcomes.filter((outcome) => outcome === "Unavailable 5000").length, 486)
    assert.isTrue(yield* passwords.verify(hash, "correct horse"))
  }).pipe(Effect.provide(Passwords.layerTest)),
)

/** The shortest of some tries: what it costs when nothing else goes on. */
const cost = Effect.fnUntraced(function* (hash: string | undefined) {
  const passwords = yield* Passwords
  const times: Array<number> = []
  for (let i = 0; i < 5; i++) {
    const before = performance.now()
    assert.isFalse(yield* passwords.verify(hash, "wrong"))
    times.push(performance.now() - before)
  }
  return Math.min(...times)
})

it.effect("nobody's password costs what somebody's costs, so that no clock tells who is there", () =>
  Effect.gen(function* () {
    const passwords = yield* Passwords
    const hash = yield* passwords.hash("correct horse")
    for (const part of ["$argon2id$v=19$", "m=19456", "t=2", "p=1"]) assert.include(hash, part)
    const ratio = (yield* cost(undefined)) / (yield* cost(hash))
    assert.isAbove(ratio, 1 / 3)
    assert.isBelow(ratio, 3)
  }).pipe(Effect.provide(Passwords.layer)),
)
