import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { UserId } from "../../src/domain/Ids.ts"
import { Accounts } from "../../src/services/Accounts.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"
import { ada, layer, peer } from "../support/accounts.ts"

describe("Accounts", () => {
  it.effect("a new user is shown by the user name until they choose another name", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const me = yield* accounts.signUp(ada, peer)
      assert.strictEqual(me.display_name, "Ada")
      assert.strictEqual(me.email, "Ada@Example.org")
      assert.strictEqual((yield* accounts.change(me.id, { display_name: "Countess" })).display_name, "Countess")
      assert.strictEqual((yield* accounts.me(me.id)).display_name, "Countess")
      const users = yield* UserStore
      assert.deepStrictEqual(yield* users.byIds([me.id]), [
        { id: me.id, username: "Ada", display_name: "Countess", created_at: "1970-01-01T00:00:00.000Z" },
      ])
      const bob = yield* accounts.signUp({ ...ada, username: "bob", email: "b@example.org", display_name: "Bob" }, peer)
      assert.strictEqual(bob.display_name, "Bob")
    }).pipe(Effect.provide(layer())),
  )

  it.effect("a user name or e-mail is taken whatever the case", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      yield* accounts.signUp(ada, peer)
      const sameName = yield* Effect.flip(
        accounts.signUp({ ...ada, username: "aDA", email: "other@example.org" }, peer),
      )
      assert.strictEqual(sameName._tag, "UsernameTaken")
      const sameEmail = yield* Effect.flip(
        accounts.signUp({ ...ada, username: "other", email: "ADA@EXAMPLE.ORG" }, peer),
      )
      assert.strictEqual(sameEmail._tag, "EmailTaken")
    }).pipe(Effect.provide(layer())),
  )

  it.effect("an address with too many sign-ups receives the time to wait; others are not delayed", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const signUp = (n: number, address: string) =>
        accounts.signUp({ ...ada, username: `user${n}`, email: `user${n}@example.org` }, { ...peer, address })
      yield* signUp(1, "192.0.2.1")
      yield* signUp(2, "192.0.2.1")
      const refused = yield* Effect.flip(signUp(3, "192.0.2.1"))
      assert.strictEqual(refused._tag, "TooManyRequests")
      if (refused._tag === "TooManyRequests") assert.strictEqual(refused.retry_after_ms, 60_000)
      yield* signUp(3, "192.0.2.2")
    }).pipe(Effect.provide(layer({ signupsPerMinute: 2 }))),
  )

  it.effect("a user who does not exist is not signed in", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      assert.strictEqual((yield* Effect.flip(accounts.me(UserId.make(404))))._tag, "Unauthorized")
    }).pipe(Effect.provide(layer())),
  )
})
