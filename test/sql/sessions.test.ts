import { randomBytes, randomUUID } from "node:crypto"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { SessionId, UserId } from "../../src/domain/Ids.ts"
import { Sessions } from "../../src/sql/Sessions.ts"
import { databases, newUser, now } from "../support/sql.ts"

const day = 86_400_000
const grace_ms = 10_000

const token = (): Uint8Array => new Uint8Array(randomBytes(32))

const signIn = Effect.fnUntraced(function* (user_id: UserId, created_at = now) {
  const sessions = yield* Sessions
  const id = randomUUID() as SessionId
  const refresh_hash = token()
  yield* sessions.create({
    id,
    user_id,
    user_agent: "Firefox",
    refresh_hash,
    created_at,
    expires_at: created_at + 30 * day,
  })
  return { id, refresh_hash }
})

/** Uses a token at `at`. */
const use = Effect.fnUntraced(function* (refresh_hash: Uint8Array, at: number, next_hash = token()) {
  const sessions = yield* Sessions
  const result = yield* sessions.rotate({ refresh_hash, next_hash, now: at, expires_at: at + 30 * day, grace_ms })
  return { result, next: next_hash }
})

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`Sessions ${database.name}`, (it) => {
    it.effect("a refresh token is used once and gives the next of the same session", () =>
      Effect.gen(function* () {
        const user_id = yield* newUser()
        const session = yield* signIn(user_id)
        const first = yield* use(session.refresh_hash, now + 1000)
        assert.deepStrictEqual(first.result, { _tag: "Rotated", session_id: session.id, user_id })
        const second = yield* use(first.next, now + 2000)
        assert.strictEqual(second.result._tag, "Rotated")
        const sessions = yield* Sessions
        assert.deepStrictEqual(yield* sessions.list(user_id, now + 3000), [
          { id: session.id, user_agent: "Firefox", created_at: now, last_used_at: now + 2000 },
        ])
      }),
    )

    it.effect("a token tells whose it is, used or not, for as long as its session lives, and is not used by that", () =>
      Effect.gen(function* () {
        const sessions = yield* Sessions
        const user_id = yield* newUser()
        const session = yield* signIn(user_id)
        const owner = { session_id: session.id, user_id }
        assert.deepStrictEqual(yield* sessions.ofToken(session.refresh_hash, now + 1000), owner)
        const { next } = yield* use(session.refresh_hash, now + 1000)
        assert.deepStrictEqual(yield* sessions.ofToken(session.refresh_hash, now + 20_000), owner)
        assert.deepStrictEqual(yield* sessions.ofToken(next, now + 20_000), owner)
        assert.strictEqual((yield* use(next, now + 30_000)).result._tag, "Rotated")
        assert.isUndefined(yield* sessions.ofToken(token(), now))
        assert.isUndefined(yield* sessions.ofToken(session.refresh_hash, now + 30 * day))
        yield* sessions.end(user_id, {}, now + 40_000)
        assert.isUndefined(yield* sessions.ofToken(next, now + 40_000))
      }),
    )

    it.effect("a token that is used again within the grace gives new tokens, and all of them work", () =>
      Effect.gen(function* () {
        const session = yield* signIn(yield* newUser())
        const first = yield* use(session.refresh_hash, now + 1000)
        const again = yield* use(session.refresh_hash, now + 1000 + grace_ms)
        assert.strictEqual(again.result._tag, "Rotated")
        assert.strictEqual((yield* use(first.next, now + 20_000)).result._tag, "Rotated")
        assert.strictEqual((yield* use(again.next, now + 20_000)).result._tag, "Rotated")
      }),
    )

    it.effect("the grace counts from the first use, not from the last", () =>
      Effect.gen(function* () {
        const session = yield* signIn(yield* newUser())
        yield* use(session.refresh_hash, now)
        assert.strictEqual((yield* use(session.refresh_hash, now + 9000)).result._tag, "Rotated")
        assert.strictEqual((yield* use(session.refresh_hash, now + 12_000)).result._tag, "Reused")
      }),
    )

    it.effect("any earlier token that comes back late ends the session, also the newest token", () =>
      Effect.gen(function* () {
        const user_id = yield* newUser()
        const session = yield* signIn(user_id)
        const second = yield* use(session.refresh_hash, now + 1000)
        const third = yield* use(second.next, now + 60_000)
        const late = yield* use(session.refresh_hash, now + 120_000)
        assert.deepStrictEqual(late.result, { _tag: "Reused", session_id: session.id, user_id })
        assert.strictEqual((yield* use(third.next, now + 120_001)).result._tag, "Unknown")
        assert.strictEqual((yield* use(session.refresh_hash, now + 120_002)).result._tag, "Unknown")
        const sessions = yield* Sessions
        assert.deepStrictEqual(yield* sessions.list(user_id, now + 120_003), [])
        assert.deepInclude(yield* sessions.endedSince(now + 120_000), { id: session.id, ended_at: now + 120_000 })
      }),
    )

    it.effect("a token nobody was given, or that is too old, is unknown", () =>
      Effect.gen(function* () {
        const session = yield* signIn(yield* newUser())
        assert.strictEqual((yield* use(token(), now)).result._tag, "Unknown")
        assert.strictEqual((yield* use(session.refresh_hash, now + 30 * day)).result._tag, "Unknown")
      }),
    )

    it.effect("tabs that use one token at once all get tokens of the one session", () =>
      Effect.gen(function* () {
        const user_id = yield* newUser()
        const session = yield* signIn(user_id)
        const uses = yield* Effect.all(
          Array.from({ length: 6 }, () => use(session.refresh_hash, now + 1000)),
          { concurrency: "unbounded" },
        )
        for (const { result } of uses) {
          assert.deepStrictEqual(result, { _tag: "Rotated", session_id: session.id, user_id })
        }
        for (const { next } of uses) assert.strictEqual((yield* use(next, now + 2000)).result._tag, "Rotated")
      }),
    )

    it.effect("of thieves who come late at once, one ends the session", () =>
      Effect.gen(function* () {
        const user_id = yield* newUser()
        const stolen = yield* Effect.forEach(Array.from({ length: 20 }), () => signIn(user_id))
        for (const { refresh_hash } of stolen) yield* use(refresh_hash, now)
        const thieves = stolen.map(({ refresh_hash }) =>
          Effect.all(
            Array.from({ length: 4 }, () => use(refresh_hash, now + 60_000)),
            { concurrency: "unbounded" },
          ),
        )
        for (const uses of yield* Effect.all(thieves, { concurrency: 2 })) {
          const tags = uses.map(({ result }) => result._tag).sort()
          assert.deepStrictEqual(tags, ["Reused", "Unknown", "Unknown", "Unknown"])
        }
      }),
    )

    it.effect("ending takes one, all, or all others; never another user's; and each once", () =>
      Effect.gen(function* () {
        const sessions = yield* Sessions
        const [mine, other] = [yield* newUser(), yield* newUser()]
        const [a, b, c] = [yield* signIn(mine, now), yield* signIn(mine, now + 1), yield* signIn(mine, now + 2)]
        const theirs = yield* signIn(other)
        assert.deepStrictEqual(yield* sessions.end(mine, { only: theirs.id }, now), [])
        assert.deepStrictEqual(yield* sessions.end(mine, { only: a.id }, now), [a.id])
        assert.deepStrictEqual(yield* sessions.end(mine, { only: a.id }, now), [])
        assert.deepStrictEqual(yield* sessions.end(mine, { except: b.id }, now), [c.id])
        assert.deepStrictEqual(
          (yield* sessions.list(mine, now + 3)).map((session) => session.id),
          [b.id],
        )
        assert.deepStrictEqual(yield* sessions.end(mine, {}, now), [b.id])
        assert.strictEqual((yield* sessions.list(other, now)).length, 1)
      }),
    )

    it.effect("the list has the newest use first and leaves out what has expired", () =>
      Effect.gen(function* () {
        const sessions = yield* Sessions
        const user_id = yield* newUser()
        const old = yield* signIn(user_id, now - 40 * day)
        const [a, b] = [yield* signIn(user_id, now), yield* signIn(user_id, now + 1)]
        yield* use(a.refresh_hash, now + 5000)
        const listed = (yield* sessions.list(user_id, now + 6000)).map((session) => session.id)
        assert.deepStrictEqual(listed, [a.id, b.id])
        assert.notInclude(listed, old.id)
      }),
    )

    it.effect("purging forgets what ended or expired before, and nothing else", () =>
      Effect.gen(function* () {
        const sessions = yield* Sessions
        const user_id = yield* newUser()
        yield* sessions.purge(now - 100 * day)
        const expired = yield* signIn(user_id, now - 200 * day)
        const ended = yield* signIn(user_id, now - 180 * day)
        yield* sessions.end(user_id, { only: ended.id }, now - 175 * day)
        const kept = yield* signIn(user_id, now)
        assert.strictEqual(yield* sessions.purge(now - 100 * day), 2)
        assert.strictEqual(yield* sessions.purge(now - 100 * day), 0)
        assert.strictEqual((yield* use(kept.refresh_hash, now + 1)).result._tag, "Rotated")
        assert.strictEqual((yield* use(expired.refresh_hash, now - 190 * day)).result._tag, "Unknown")
        const known = (yield* sessions.endedSince(0)).map((session) => session.id)
        assert.notInclude(known, ended.id)
      }),
    )
  })
}
