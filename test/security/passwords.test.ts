// The limits of a flood of log-ins: a few at once, a bounded queue, and the rest is refused at once.
import { assert, it } from "@effect/vitest"
import argon2 from "argon2"
import { Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Password } from "../../src/domain/User.ts"
import { Passwords } from "../../src/services/passwords/Passwords.ts"

it.effect("of a thousand concurrent log-ins 514 are accepted, and the others receive the time to retry", () =>
  Effect.gen(function* () {
    const passwords = yield* Passwords
    const hash = yield* passwords.hash("correct horse")
    let verified = 0
    const fiber = yield* Effect.forkChild(
      Effect.forEach(
        Array.from({ length: 1_000 }),
        () =>
          passwords.verify(Effect.succeed(hash), "correct horse").pipe(
            Effect.map(() => {
              verified++
              return "verified"
            }),
            Effect.catch(({ _tag, retry_after_ms }) => Effect.succeed(`${_tag} ${retry_after_ms}`)),
          ),
        { concurrency: "unbounded" },
      ),
    )
    // Some are refused at once, the others a second later.
    while (verified < 514) yield* Effect.yieldNow
    yield* TestClock.adjust("1 second")
    const outcomes = yield* Fiber.join(fiber)
    assert.strictEqual(outcomes.filter((outcome) => outcome === "verified").length, 514)
    assert.strictEqual(outcomes.filter((outcome) => outcome === "Unavailable 5000").length, 486)
    assert.isTrue(yield* passwords.verify(Effect.succeed(hash), "correct horse"))
  }).pipe(Effect.provide(Passwords.layerTest)),
)

/** The minimum of some attempts, each next to one of the other kind: their cost without other load. */
const costs = Effect.fnUntraced(function* (...hashes: readonly [string, string | undefined]) {
  const passwords = yield* Passwords
  const times = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY] as [number, number]
  for (let i = 0; i < 16; i++) {
    const before = performance.now()
    assert.isFalse(yield* passwords.verify(Effect.succeed(hashes[i % 2]), "wrong"))
    times[i % 2] = Math.min(times[i % 2] ?? 0, performance.now() - before)
  }
  return times
})

it.effect("unknown names cost the same as known ones, so that timing reveals no account", () =>
  Effect.gen(function* () {
    const passwords = yield* Passwords
    const hash = yield* passwords.hash("correct horse")
    for (const part of ["$argon2id$v=19$", "m=19456", "t=2", "p=1"]) assert.include(hash, part)
    const [somebodys, nobodys] = yield* costs(hash, undefined)
    assert.isAbove(nobodys / somebodys, 1 / 3)
    assert.isBelow(nobodys / somebodys, 3)
  }).pipe(Effect.provide(Passwords.layer)),
)

it.effect("a password is the same however a keyboard writes it, also against hashes from before that was so", () =>
  Effect.gen(function* () {
    const passwords = yield* Passwords
    const composed = "caf\u00e9 \ufb01nesse"
    const decomposed = "cafe\u0301 finesse"
    const hash = yield* passwords.hash(composed)
    for (const typed of [composed, decomposed]) {
      assert.isTrue(yield* passwords.verify(Effect.succeed(hash), typed))
    }
    assert.isFalse(yield* passwords.verify(Effect.succeed(hash), "cafe finesse"))
    const former = yield* Effect.promise(() => argon2.hash(composed, { memoryCost: 8, timeCost: 1, parallelism: 1 }))
    assert.isTrue(yield* passwords.verify(Effect.succeed(former), composed))
    assert.isFalse(yield* passwords.verify(Effect.succeed(former), "caf\u00e9"))
    assert.isFalse(yield* passwords.verify(Effect.succeed(undefined), composed))
  }).pipe(Effect.provide(Passwords.layerTest)),
)

it("a common password is as good as any other of its length", () => {
  const isPassword = Schema.is(Password)
  for (const common of ["password", "12345678", "qwertyui"]) assert.isTrue(isPassword(common), common)
  assert.isFalse(isPassword("letmein"))
})
