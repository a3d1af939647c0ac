// Invites to sign up, over each database: counted once a use, also by many at once.
import { createHash } from "node:crypto"
import { assert, layer } from "@effect/vitest"
import { Effect, Result } from "effect"
import { InviteStore } from "../../src/sql/invites/InviteStore.ts"
import { databases, now } from "../support/sql.ts"

const hashOf = (code: string) => createHash("sha256").update(code).digest()
const hour = 60 * 60_000

const invite = (code: string, max_uses: number) => ({
  code_hash: hashOf(code),
  created_at: now,
  expires_at: now + hour,
  max_uses,
})

const person = (username: string, created_at = now) => ({
  username,
  email: `${username}@example.org`,
  display_name: username,
  password_hash: "hash",
  created_at,
})

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`InviteStore ${database.name}`, (it) => {
    it.effect("a code of three uses admits three of ten who use it at once", () =>
      Effect.gen(function* () {
        const invites = yield* InviteStore
        yield* invites.create(invite("three", 3))
        const made = yield* Effect.forEach(
          Array.from({ length: 10 }, (_, i) => person(`eager${i}`)),
          (user) => invites.signUp(hashOf("three"), user),
          { concurrency: "unbounded" },
        )
        assert.strictEqual(made.filter((me) => me !== undefined).length, 3)
        assert.strictEqual((yield* invites.list)[0]?.uses, 3)
        assert.isFalse(yield* invites.isGood(hashOf("three"), now))
      }),
    )

    it.effect("a taken name uses up nothing", () =>
      Effect.gen(function* () {
        const invites = yield* InviteStore
        yield* invites.create(invite("once", 1))
        yield* invites.create(invite("another", 1))
        yield* invites.signUp(hashOf("another"), person("taken"))
        const refused = yield* Effect.result(invites.signUp(hashOf("once"), person("TAKEN")))
        assert.isTrue(Result.isFailure(refused) && refused.failure._tag === "UsernameTaken")
        assert.isTrue(yield* invites.isGood(hashOf("once"), now))
        const me = yield* invites.signUp(hashOf("once"), person("free"))
        assert.deepInclude(me, { username: "free", email: "free@example.org" })
      }),
    )

    it.effect("expired, revoked and unknown codes admit nobody", () =>
      Effect.gen(function* () {
        const invites = yield* InviteStore
        yield* invites.create(invite("late", 5))
        assert.isFalse(yield* invites.isGood(hashOf("late"), now + hour))
        assert.isUndefined(yield* invites.signUp(hashOf("late"), person("late", now + hour)))
        const { id } = yield* invites.create(invite("gone", 5))
        assert.isTrue(yield* invites.revoke(id))
        assert.isFalse(yield* invites.revoke(id))
        assert.isUndefined(yield* invites.signUp(hashOf("gone"), person("gone")))
        assert.isUndefined(yield* invites.signUp(hashOf("unknown"), person("unknown")))
        assert.notInclude(
          (yield* invites.list).map((invite) => invite.id),
          id,
        )
      }),
    )

    it.effect("the list has what was made, the newest first", () =>
      Effect.gen(function* () {
        const invites = yield* InviteStore
        const one = yield* invites.create(invite("listed 1", 1))
        const two = yield* invites.create(invite("listed 2", 2))
        assert.deepStrictEqual((yield* invites.list).slice(0, 2), [two, one])
        assert.deepInclude(two, { created_at: now, expires_at: now + hour, max_uses: 2, uses: 0 })
      }),
    )
  })
}
