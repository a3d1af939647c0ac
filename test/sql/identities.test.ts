import { createHash, randomUUID } from "node:crypto"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { SessionId, type UserId } from "../../src/domain/Ids.ts"
import { DeletionStore } from "../../src/sql/deletions/DeletionStore.ts"
import { type Identity, IdentityStore } from "../../src/sql/identities/IdentityStore.ts"
import { SessionStore } from "../../src/sql/sessions/SessionStore.ts"
import { noPassword, UserStore } from "../../src/sql/users/UserStore.ts"
import { databases, now } from "../support/sql.ts"

const issuer = "https://login.example/"
const day = 86_400_000
let people = 0
const somebody = (): Identity => ({ issuer, subject: `subject ${++people}` })

const account = (username = `foreign${people}`, email = `${username}@example.org`) => ({
  username,
  email,
  display_name: username,
  password_hash: noPassword,
  created_at: now,
})

const keyOf = (text: string) => createHash("sha256").update(text).digest()

/** A token of `key` that was made at `issued_at` and is seen at `at`. */
const arrive = Effect.fnUntraced(function* (user_id: UserId, key: string, issued_at = now, at = issued_at + 5) {
  const identities = yield* IdentityStore
  const session = yield* identities.arrive({
    key: keyOf(key),
    id: SessionId.make(randomUUID()),
    user_id,
    user_agent: "web",
    issued_at,
    now: at,
    expires_at: issued_at + 300_000,
    opened_after: at - 365 * day,
  })
  return session?.id
})

const newPerson = Effect.fnUntraced(function* () {
  const identities = yield* IdentityStore
  const identity = somebody()
  const user_id = yield* identities.create(identity, account())
  if (user_id === undefined) return yield* Effect.die(new Error("Somebody has this identity"))
  return { identity, user_id, key: `key of ${identity.subject}` }
})

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`IdentityStore ${database.name}`, (it) => {
    it.effect("an identity has one account: a second creation fails and leaves nothing behind", () =>
      Effect.gen(function* () {
        const identities = yield* IdentityStore
        const users = yield* UserStore
        const { identity, user_id } = yield* newPerson()
        assert.strictEqual(yield* identities.find(identity), user_id)
        assert.isUndefined(yield* identities.create(identity, account(`second${people}`)))
        assert.isUndefined(yield* users.byLogin(`second${people}`))
        assert.isUndefined(yield* identities.find({ ...identity, issuer: "https://other.example/" }))
        assert.isUndefined(yield* identities.find({ ...identity, subject: identity.subject.toUpperCase() }))
        assert.strictEqual((yield* users.credentials(user_id))?.password_hash, noPassword)
      }),
    )

    it.effect("of ten at once one makes the account", () =>
      Effect.gen(function* () {
        const identities = yield* IdentityStore
        const identity = somebody()
        const made = yield* Effect.forEach(
          Array.from({ length: 10 }, (_, i) => `racer${people}-${i}`),
          (name) => identities.create(identity, account(name)),
          { concurrency: "unbounded" },
        )
        const found = yield* identities.find(identity)
        assert.deepStrictEqual(
          made.filter((id) => id !== undefined),
          [found],
        )
        const users = yield* UserStore
        assert.strictEqual((yield* users.search(`racer${people}-`, 20)).length, 1)
      }),
    )

    it.effect("a taken name or address is reported, and nothing is created", () =>
      Effect.gen(function* () {
        const identities = yield* IdentityStore
        yield* newPerson()
        const name = `foreign${people}`
        const other = somebody()
        const byName = yield* Effect.flip(identities.create(other, account(name.toUpperCase(), "free@example.org")))
        const byEmail = yield* Effect.flip(identities.create(other, account("free-name", `${name}@EXAMPLE.org`)))
        assert.deepStrictEqual([byName._tag, byEmail._tag], ["UsernameTaken", "EmailTaken"])
        assert.isUndefined(yield* identities.find(other))
      }),
    )

    it.effect("tokens with one key are of one session, which lives as long as the last of them", () =>
      Effect.gen(function* () {
        const sessions = yield* SessionStore
        const { key, user_id } = yield* newPerson()
        const first = yield* arrive(user_id, key)
        const racers = yield* Effect.forEach([1, 2, 3, 4, 5], (i) => arrive(user_id, `${key} raced`, now + i), {
          concurrency: "unbounded",
        })
        assert.strictEqual(new Set(racers).size, 1)
        assert.isDefined(racers[0])
        assert.notStrictEqual(racers[0], first)
        assert.strictEqual(yield* arrive(user_id, key, now + 60_000), first)
        assert.strictEqual(yield* arrive(user_id, key, now + 1_000), first)
        const rows = yield* sessions.list(user_id, now + 359_999)
        assert.deepStrictEqual(rows, [
          { id: SessionId.make(first ?? ""), user_agent: "web", created_at: now + 5, last_used_at: now + 60_005 },
        ])
        assert.deepStrictEqual(yield* sessions.list(user_id, now + 360_000), [])
        assert.strictEqual(yield* arrive(user_id, key, now + 900_000), first)
      }),
    )

    it.effect("an ended session has no token from before its end, and the next token begins another", () =>
      Effect.gen(function* () {
        const identities = yield* IdentityStore
        const sessions = yield* SessionStore
        const { key, user_id } = yield* newPerson()
        const first = yield* arrive(user_id, key)
        assert.isFalse(yield* identities.hasEnded(keyOf(key), now))
        yield* sessions.end(user_id, {}, now + 10_000)
        assert.isUndefined(yield* arrive(user_id, key, now + 1_000, now + 20_000))
        assert.isUndefined(yield* arrive(user_id, key, now + 10_000, now + 20_000))
        assert.isTrue(yield* identities.hasEnded(keyOf(key), now + 10_000))
        assert.isFalse(yield* identities.hasEnded(keyOf(key), now + 10_001))
        const next = yield* arrive(user_id, key, now + 10_001)
        assert.isDefined(next)
        assert.notStrictEqual(next, first)
        // The token of the first session is of no other one.
        yield* sessions.end(user_id, {}, now + 30_000)
        assert.isUndefined(yield* arrive(user_id, key, now + 1_000, now + 40_000))
      }),
    )

    it.effect("a session that has lived for its days ends, and a token from after that opens another", () =>
      Effect.gen(function* () {
        const sessions = yield* SessionStore
        const { key, user_id } = yield* newPerson()
        const first = yield* arrive(user_id, key, now - 5)
        const last = now + 365 * day
        assert.strictEqual(yield* arrive(user_id, key, last - 10, last - 1), first)
        assert.isUndefined(yield* arrive(user_id, key, last - 10, last))
        assert.deepInclude(yield* sessions.endedSince(last), { id: SessionId.make(first ?? ""), ended_at: last })
        assert.isUndefined(yield* arrive(user_id, key, last - 10, last + 1))
        const next = yield* arrive(user_id, key, last + 1)
        assert.isDefined(next)
        assert.notStrictEqual(next, first)
      }),
    )

    it.effect("a deleted account has no identity and no session any more", () =>
      Effect.gen(function* () {
        const identities = yield* IdentityStore
        const { identity, key, user_id } = yield* newPerson()
        const session = yield* arrive(user_id, key)
        const departures = yield* DeletionStore
        assert.deepStrictEqual(yield* departures.mark(user_id, now + 10_000), [SessionId.make(session ?? "")])
        assert.isUndefined(yield* identities.find(identity))
        assert.isUndefined(yield* arrive(user_id, `${key} other`, now + 20_000))
        assert.isUndefined(yield* arrive(user_id, key, now))
      }),
    )
  })
}
