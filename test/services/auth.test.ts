import { assert, describe, it } from "@effect/vitest"
import argon2 from "argon2"
import { Effect, Fiber, PubSub, Result } from "effect"
import { TestClock } from "effect/testing"
import { Broadcast } from "../../src/broadcast/Broadcast.ts"
import { SessionId } from "../../src/domain/Ids.ts"
import { Accounts } from "../../src/services/Accounts.ts"
import { Origin } from "../../src/services/Audit.ts"
import { Auth } from "../../src/services/auth/Auth.ts"
import { Revocations } from "../../src/services/auth/Revocations.ts"
import { Tables } from "../../src/sql/memory/Tables.ts"
import { SessionStore } from "../../src/sql/sessions/SessionStore.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"
import { ada, adaLoggedIn, layer, peer } from "../support/accounts.ts"

const tag = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (error) => error._tag)

describe("Auth", () => {
  describe("logging in", () => {
    it.effect("takes the user name or the e-mail, whatever the case, and gives a device of its own", () =>
      Effect.gen(function* () {
        const auth = yield* Auth
        const first = yield* adaLoggedIn
        const second = yield* auth.logIn("aDa", ada.password, peer)
        const third = yield* auth.logIn("ada@EXAMPLE.org", ada.password, peer)
        const users = yield* Effect.forEach([first, second, third], ({ access_token }) =>
          auth.authenticate(access_token),
        )
        assert.strictEqual(new Set(users.map(({ user_id }) => user_id)).size, 1)
        assert.strictEqual(new Set(users.map(({ session_id }) => session_id)).size, 3)
        assert.strictEqual(first.expires_in, 900)
        assert.match(first.refresh_token, /^[\w-]{91}$/)
        assert.strictEqual(first.me.email, "Ada@Example.org")
      }).pipe(Effect.provide(layer())),
    )

    it.effect("tells only those who know the password that the account is suspended", () =>
      Effect.gen(function* () {
        const auth = yield* Auth
        const { me } = yield* adaLoggedIn
        const { users } = yield* Tables
        users.set(me.id, { ...users.get(me.id)!, suspended_at: 0 })
        assert.strictEqual(yield* tag(auth.logIn("Ada", ada.password, peer)), "AccountSuspended")
        assert.strictEqual(yield* tag(auth.logIn("Ada", "wrong", peer)), "InvalidCredentials")
        assert.strictEqual((yield* (yield* SessionStore).list(me.id, 0)).length, 1)
      }).pipe(Effect.provide(layer())),
    )

    it.effect("says the same about a wrong password, an unknown name and a name that cannot be", () =>
      Effect.gen(function* () {
        const auth = yield* Auth
        yield* adaLoggedIn
        for (const [login, password] of [
          ["Ada", "wrong"],
          ["nobody", ada.password],
          ["Ada\0", ada.password],
          ["\ud800", ada.password],
          ["Ada", ada.password.toUpperCase()],
        ] as const) {
          assert.strictEqual(yield* tag(auth.logIn(login, password, peer)), "InvalidCredentials")
        }
      }).pipe(Effect.provide(layer())),
    )

    it.effect(
      "is blocked after too many failures, also with the right password, there and for that account alone",
      () =>
        Effect.gen(function* () {
          const auth = yield* Auth
          const accounts = yield* Accounts
          yield* adaLoggedIn
          yield* accounts.signUp({ ...ada, username: "bob", email: "bob@example.org" }, peer)
          for (const name of ["ada", "Ada", "ADA"]) {
            assert.strictEqual(yield* tag(auth.logIn(name, "wrong", peer)), "InvalidCredentials")
          }
          assert.strictEqual(yield* tag(auth.logIn("Ada", ada.password, peer)), "TooManyRequests")
          yield* auth.logIn("bob", ada.password, peer)
          yield* auth.logIn("Ada", ada.password, { ...peer, address: "192.0.2.9" })
          yield* TestClock.adjust("1 minute")
          yield* auth.logIn("Ada", ada.password, peer)
        }).pipe(Effect.provide(layer({ failedLoginsPerMinute: 3 }))),
    )

    it.effect(
      "cannot be guessed twice as often by name and by e-mail, and no answer reveals that they belong to one account",
      () =>
        Effect.gen(function* () {
          const auth = yield* Auth
          const accounts = yield* Accounts
          yield* adaLoggedIn
          yield* accounts.signUp({ ...ada, username: "bob", email: "bob@example.org" }, peer)
          /** The results of these attempts, one after the other. */
          const seen = (logins: ReadonlyArray<string>, address: string) =>
            Effect.forEach(logins, (login) =>
              Effect.map(Effect.flip(auth.logIn(login, "wrong", { ...peer, address })), (error) => ({ ...error })),
            )
          const pattern = (one: string, other: string) => [one, one, one, other, one, other, other, other]
          const mine = yield* seen(pattern("ada", "ada@example.org"), "192.0.2.2")
          assert.deepStrictEqual(mine, yield* seen(pattern("ada", "bob@example.org"), "192.0.2.3"))
          assert.deepStrictEqual(mine, yield* seen(pattern("nobody", "nobody@example.org"), "192.0.2.4"))
          assert.deepStrictEqual(
            mine.map(({ status }) => status),
            [401, 401, 401, 401, 429, 401, 401, 429],
          )

          yield* seen(["ada", "ada", "ada@example.org"], peer.address)
          assert.strictEqual(yield* tag(auth.logIn("ada", ada.password, peer)), "InvalidCredentials")
          assert.strictEqual(yield* tag(auth.logIn("ada@example.org", ada.password, peer)), "InvalidCredentials")
          yield* auth.logIn("ada", ada.password, { ...peer, address: "192.0.2.9" })
          yield* TestClock.adjust("1 minute")
          yield* auth.logIn("ada", ada.password, peer)
        }).pipe(Effect.provide(layer({ failedLoginsPerMinute: 3 }))),
    )

    it.effect("of a hundred guesses at once no more than the limit are answered", () =>
      Effect.gen(function* () {
        const auth = yield* Auth
        yield* adaLoggedIn
        const tags: Array<string> = []
        const guesses = yield* Effect.forkChild(
          Effect.forEach(
            Array.from({ length: 100 }, (_, i) => i),
            (i) => Effect.map(tag(auth.logIn("ada", `guess ${i}`, peer)), (it) => void tags.push(it)),
            { concurrency: "unbounded" },
          ),
        )
        // 20 refusals are answered at once, the others a second later.
        while (tags.length < 3 + 20) yield* Effect.yieldNow
        while (tags.length < 100) yield* TestClock.adjust("1 second")
        yield* Fiber.join(guesses)
        assert.strictEqual(tags.filter((it) => it === "InvalidCredentials").length, 3)
        assert.strictEqual(tags.filter((it) => it === "TooManyRequests").length, 97)
      }).pipe(Effect.provide(layer({ failedLoginsPerMinute: 3 }))),
    )

    it.effect(
      "from one address may fail so often whatever the names, then waits a minute, with a right password too",
      () =>
        Effect.gen(function* () {
          const auth = yield* Auth
          yield* adaLoggedIn
          const from = (address: string) => ({ ...peer, address })
          for (const name of ["ada", "ghost-1", "ghost-2", "ghost-3"]) {
            assert.strictEqual(yield* tag(auth.logIn(name, "wrong", from("2001:db8::1"))), "InvalidCredentials")
          }
          for (const [name, password] of [
            ["ghost-4", "wrong"],
            ["ada", ada.password],
          ] as const) {
            const refused = yield* Effect.flip(auth.logIn(name, password, from("2001:db8::ffff")))
            assert.deepInclude({ ...refused }, { _tag: "TooManyRequests", retry_after_ms: 60_000 })
          }
          yield* auth.logIn("ada", ada.password, from("2001:db8:0:1::1"))
          yield* TestClock.adjust("1 minute")
          yield* auth.logIn("ada", ada.password, from("2001:db8::1"))
        }).pipe(Effect.provide(layer({ failedLoginsPerAddress: 4 }))),
    )

    it.effect(
      "of 600 made-up names at once the limit is answered, the rest is not looked up, and a right log-in elsewhere waits for few",
      () =>
        Effect.gen(function* () {
          const users = yield* UserStore
          yield* adaLoggedIn
          let lookUps = 0
          const counting = UserStore.of({
            ...users,
            byLogin: (login) =>
              Effect.suspend(() => {
                lookUps++
                return users.byLogin(login)
              }),
          })
          const auth = yield* Auth.pipe(
            Effect.provide(Auth.layer, { local: true }),
            Effect.provideService(UserStore, counting),
          )
          const tags: Array<string> = []
          const flood = { address: "192.0.2.6", user_agent: null, request_id: null }
          const guess = (i: number) =>
            Effect.map(tag(auth.logIn(`ghost-${i}`, "wrong", flood)), (it) => void tags.push(it))
          const ghosts = yield* Effect.forkChild(
            Effect.provideService(
              Effect.forEach(
                Array.from({ length: 600 }, (_, i) => i),
                guess,
                { concurrency: "unbounded" },
              ),
              Origin,
              flood,
            ),
          )
          yield* Effect.yieldNow
          yield* Effect.provideService(auth.logIn("ada", ada.password, peer), Origin, { ...flood, ...peer })
          assert.isBelow(tags.filter((it) => it === "InvalidCredentials").length, 10)
          // 20 refusals of each kind are answered at once, the others a second later.
          while (tags.length < 100 + 20 + 20) yield* Effect.yieldNow
          assert.isBelow(tags.length, 600)
          while (tags.length < 600) yield* TestClock.adjust("1 second")
          yield* Fiber.join(ghosts)
          // One place went to Ada.
          const count = (which: string) => tags.filter((it) => it === which).length
          assert.deepStrictEqual(["InvalidCredentials", "TooManyRequests", "Unavailable"].map(count), [100, 413, 87])
          assert.isAtMost(lookUps, 103)
        }).pipe(Effect.provide(layer({ failedLoginsPerAddress: 100 }))),
    )

    it.effect("renews a hash that was made with other parameters", () =>
      Effect.gen(function* () {
        const auth = yield* Auth
        const users = yield* UserStore
        const { me } = yield* adaLoggedIn
        const old = { type: argon2.argon2id, memoryCost: 16, timeCost: 1, parallelism: 1 } as const
        const now = (yield* users.credentials(me.id))?.password_hash ?? ""
        yield* users.replacePassword(me.id, now, yield* Effect.promise(() => argon2.hash(ada.password, old)))
        yield* auth.logIn("ada", ada.password, peer)
        assert.include((yield* users.credentials(me.id))?.password_hash, "m=8,p=1,t=1")
        yield* auth.logIn("ada", ada.password, peer)
      }).pipe(Effect.provide(layer())),
    )
  })

  describe("two things at once", () => {
    const old = { type: argon2.argon2id, memoryCost: 16, timeCost: 1, parallelism: 1 } as const
    const outdated = Effect.gen(function* () {
      const users = yield* UserStore
      const { access_token, me } = yield* adaLoggedIn
      const now = (yield* users.credentials(me.id))?.password_hash ?? ""
      yield* users.replacePassword(me.id, now, yield* Effect.promise(() => argon2.hash(ada.password, old)))
      return { me, user: yield* Effect.flatMap(Auth, (auth) => auth.authenticate(access_token)) }
    })

    it.effect("log-ins that renew one hash all go well", () =>
      Effect.gen(function* () {
        const auth = yield* Auth
        yield* outdated
        const logIn = auth.logIn("ada", ada.password, peer)
        const all = yield* Effect.forEach([1, 2, 3, 4, 5], () => logIn, { concurrency: "unbounded" })
        yield* Effect.forEach(all, ({ access_token }) => auth.authenticate(access_token))
      }).pipe(Effect.provide(layer())),
    )

    it.effect("a log-in that renews the hash does not bring a changed password back", () =>
      Effect.gen(function* () {
        const auth = yield* Auth
        const users = yield* UserStore
        const { me, user } = yield* outdated
        const changed = yield* Effect.promise(() => argon2.hash("another good one", old))
        /** Another change comes between the read of the hash and its renewal. */
        const meanwhile = UserStore.of({
          ...users,
          replacePassword: (id, from, to) =>
            Effect.andThen(users.replacePassword(me.id, from, changed), users.replacePassword(id, from, to)),
        })
        const racing = Effect.flatMap(Auth, (it) => it.logIn("ada", ada.password, peer)).pipe(
          Effect.provide(Auth.layer, { local: true }),
          Effect.provideService(UserStore, meanwhile),
        )
        assert.strictEqual(yield* tag(racing), "InvalidCredentials")
        assert.strictEqual((yield* users.credentials(me.id))?.password_hash, changed)
        assert.strictEqual((yield* auth.sessions(user)).length, 1)
      }).pipe(Effect.provide(layer())),
    )

    it.effect("of two changes of a password the second needs the first's", () =>
      Effect.gen(function* () {
        const auth = yield* Auth
        const { user } = yield* outdated
        const results = yield* Effect.forEach(
          ["one good password", "two good passwords"],
          (next) => Effect.result(auth.changePassword(user, ada.password, next)),
          { concurrency: "unbounded" },
        )
        assert.sameMembers(
          results.map((result) => (Result.isSuccess(result) ? "changed" : result.failure._tag)),
          ["changed", "WrongPassword"],
        )
      }).pipe(Effect.provide(layer())),
    )
  })

  describe("an access token", () => {
    it.effect("is good for fifteen minutes", () =>
      Effect.gen(function* () {
        const auth = yield* Auth
        const { access_token } = yield* adaLoggedIn
        const { expires_at } = yield* auth.authenticate(access_token)
        assert.strictEqual(expires_at, 900_000)
        yield* TestClock.adjust(899_999)
        yield* auth.authenticate(access_token)
        yield* TestClock.adjust(1)
        assert.strictEqual(yield* tag(auth.authenticate(access_token)), "Unauthorized")
      }).pipe(Effect.provide(layer())),
    )

    it.effect("is invalid once its session has ended, and all nodes receive that", () =>
      Effect.gen(function* () {
        const auth = yield* Auth
        const broadcast = yield* Broadcast
        const subscription = yield* broadcast.subscribe
        const { access_token, refresh_token } = yield* adaLoggedIn
        const user = yield* auth.authenticate(access_token)
        yield* auth.logOut(user)
        assert.strictEqual(yield* tag(auth.authenticate(access_token)), "Unauthorized")
        assert.strictEqual(yield* tag(auth.refresh(refresh_token)), "InvalidRefreshToken")
        assert.isTrue(auth.hasEnded(user.session_id))
        assert.deepStrictEqual(yield* PubSub.take(subscription), {
          _tag: "SessionsEnded",
          session_ids: [user.session_id],
        })
      }).pipe(Effect.scoped, Effect.provide(layer())),
    )

    it.effect("is no good when another node has ended its session, or when the server has started since", () =>
      Effect.gen(function* () {
        const auth = yield* Auth
        const sessions = yield* SessionStore
        const broadcast = yield* Broadcast
        const one = yield* auth.authenticate((yield* adaLoggedIn).access_token)
        const two = yield* auth.authenticate((yield* auth.logIn("ada", ada.password, peer)).access_token)

        yield* broadcast.publish({ _tag: "SessionsEnded", session_ids: [one.session_id] })
        yield* Effect.yieldNow
        assert.isTrue(auth.hasEnded(one.session_id))

        // Its signal was lost.
        yield* sessions.end(two.user_id, { only: two.session_id }, 0)
        assert.isFalse(auth.hasEnded(two.session_id))
        const restarted = yield* Effect.provide(Revocations, Revocations.layer, { local: true })
        assert.isTrue(restarted.has(two.session_id))
        yield* TestClock.adjust("1 minute")
        assert.isTrue(auth.hasEnded(two.session_id))
      }).pipe(Effect.scoped, Effect.provide(layer())),
    )
  })

  describe("a refresh token", () => {
    it.effect("is used once, and gives new tokens of the same session", () =>
      Effect.gen(function* () {
        const auth = yield* Auth
        const before = yield* adaLoggedIn
        yield* TestClock.adjust("20 minutes")
        const after = yield* auth.refresh(before.refresh_token)
        assert.notStrictEqual(after.refresh_token, before.refresh_token)
        assert.strictEqual(after.me.username, "Ada")
        const [session] = yield* auth.sessions(yield* auth.authenticate(after.access_token))
        assert.strictEqual(session?.current, true)
        assert.strictEqual(session?.created_at, "1970-01-01T00:00:00.000Z")
        assert.strictEqual(session?.last_used_at, "1970-01-01T00:20:00.000Z")
      }).pipe(Effect.provide(layer())),
    )

    it.effect("used again within ten seconds gives the same successor, and another access token", () =>
      Effect.gen(function* () {
        const auth = yield* Auth
        const { refresh_token } = yield* adaLoggedIn
        const first = yield* auth.refresh(refresh_token)
        yield* TestClock.adjust("10 seconds")
        const second = yield* auth.refresh(refresh_token)
        assert.strictEqual(first.refresh_token, second.refresh_token)
        assert.notStrictEqual(first.access_token, second.access_token)
        const sessions = yield* Effect.forEach([first, second], (it) => auth.authenticate(it.access_token))
        assert.strictEqual(sessions[0]?.session_id, sessions[1]?.session_id)
        yield* auth.refresh(second.refresh_token)
      }).pipe(Effect.provide(layer())),
    )

    it.effect("ends with its session, and so does the access token that it gives", () =>
      Effect.gen(function* () {
        const auth = yield* Auth
        const first = yield* adaLoggedIn
        assert.deepInclude(first, { expires_in: 900, refresh_expires_in: 86_400 })
        yield* TestClock.adjust("23 hours")
        yield* TestClock.adjust("50 minutes")
        const last = yield* auth.refresh(first.refresh_token)
        assert.deepInclude(last, { expires_in: 600, refresh_expires_in: 600 })
        yield* auth.authenticate(last.access_token)
        yield* TestClock.adjust("10 minutes")
        assert.strictEqual(yield* tag(auth.authenticate(last.access_token)), "Unauthorized")
        assert.strictEqual(yield* tag(auth.refresh(last.refresh_token)), "InvalidRefreshToken")
      }).pipe(Effect.provide(layer({ sessionMaxDays: 1 }))),
    )

    it.effect("used again later ends the session, the thief's tokens with the owner's", () =>
      Effect.gen(function* () {
        const auth = yield* Auth
        const { refresh_token } = yield* adaLoggedIn
        const thief = yield* auth.refresh(refresh_token)
        const { session_id } = yield* auth.authenticate(thief.access_token)
        yield* TestClock.adjust(10_001)
        assert.strictEqual(yield* tag(auth.refresh(refresh_token)), "InvalidRefreshToken")
        assert.strictEqual(yield* tag(auth.refresh(thief.refresh_token)), "InvalidRefreshToken")
        assert.strictEqual(yield* tag(auth.authenticate(thief.access_token)), "Unauthorized")
        assert.isTrue(auth.hasEnded(session_id))
      }).pipe(Effect.provide(layer())),
    )

    it.effect("that was never one is none", () =>
      Effect.gen(function* () {
        const auth = yield* Auth
        const { refresh_token } = yield* adaLoggedIn
        for (const token of ["", `${refresh_token}=`, "A".repeat(91), "A".repeat(43), "é".repeat(91)]) {
          assert.strictEqual(yield* tag(auth.refresh(token)), "InvalidRefreshToken")
        }
        yield* auth.refresh(refresh_token)
      }).pipe(Effect.provide(layer())),
    )
  })

  describe("a password change", () => {
    it.effect("ends every other session, and only the new password is good from then on", () =>
      Effect.gen(function* () {
        const auth = yield* Auth
        const here = yield* adaLoggedIn
        const there = yield* auth.logIn("ada", ada.password, peer)
        const user = yield* auth.authenticate(here.access_token)
        yield* auth.changePassword(user, ada.password, "another good one")
        yield* auth.authenticate(here.access_token)
        assert.strictEqual(yield* tag(auth.authenticate(there.access_token)), "Unauthorized")
        assert.strictEqual(yield* tag(auth.refresh(there.refresh_token)), "InvalidRefreshToken")
        assert.strictEqual(yield* tag(auth.logIn("ada", ada.password, peer)), "InvalidCredentials")
        yield* auth.logIn("ada", "another good one", peer)
        yield* auth.refresh(here.refresh_token)
      }).pipe(Effect.provide(layer())),
    )

    it.effect("needs the current password, and guesses are counted", () =>
      Effect.gen(function* () {
        const auth = yield* Auth
        const user = yield* auth.authenticate((yield* adaLoggedIn).access_token)
        for (let i = 0; i < 3; i++) {
          assert.strictEqual(yield* tag(auth.changePassword(user, "wrong", "another good one")), "WrongPassword")
        }
        assert.strictEqual(yield* tag(auth.changePassword(user, ada.password, "another good one")), "TooManyRequests")
      }).pipe(Effect.provide(layer({ failedLoginsPerMinute: 3 }))),
    )
  })

  it.effect("a device can be signed out from another one of the same user, and of no other", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      const accounts = yield* Accounts
      const here = yield* auth.authenticate((yield* adaLoggedIn).access_token)
      const other = yield* auth.logIn("ada", ada.password, { ...peer, user_agent: `${"x".repeat(254)}\ud83d\ude00` })
      const there = yield* auth.authenticate(other.access_token)
      yield* accounts.signUp({ ...ada, username: "eve", email: "eve@example.org" }, peer)
      const eve = yield* auth.authenticate((yield* auth.logIn("eve", ada.password, peer)).access_token)

      assert.strictEqual(yield* tag(auth.endSession(eve, there.session_id)), "SessionNotFound")
      assert.strictEqual((yield* auth.sessions(here)).length, 2)
      yield* auth.endSession(here, there.session_id)
      assert.strictEqual(yield* tag(auth.authenticate(other.access_token)), "Unauthorized")
      assert.deepStrictEqual(
        (yield* auth.sessions(here)).map(({ id, current }) => ({ id, current })),
        [{ id: here.session_id, current: true }],
      )
      assert.strictEqual(yield* tag(auth.endSession(here, there.session_id)), "SessionNotFound")
      const unknown = SessionId.make("00000000-0000-4000-8000-000000000000")
      assert.strictEqual(yield* tag(auth.endSession(here, unknown)), "SessionNotFound")
    }).pipe(Effect.provide(layer())),
  )
})
