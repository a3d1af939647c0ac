// Sessions at rest, and what the use of a refresh token comes to over each database.
import { createHash, randomBytes, randomUUID } from "node:crypto"
import { NodeCrypto } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Clock, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { SessionId, type UserId } from "../../src/domain/Ids.ts"
import { refreshTokens } from "../../src/services/auth/RefreshTokens.ts"
import { Database } from "../../src/sql/database/Database.ts"
import { SchemaHistory } from "../../src/sql/database/SchemaHistory.ts"
import { SessionStore } from "../../src/sql/sessions/SessionStore.ts"
import { at } from "../support/clock.ts"
import { databases, embedded, newUser, now, postgres, repositories } from "../support/sql.ts"

const unlimited = { demand: () => Effect.void }

const day = 86_400_000

const tokens = Effect.gen(function* () {
  return refreshTokens(yield* SessionStore, yield* SecureRandom.SecureRandom, unlimited, 365)
}).pipe(Effect.provide(NodeCrypto.layerSecureRandom))

/** Signs a device in; gives its session and its first token. */
const signIn = Effect.fnUntraced(function* (user_id: UserId, created_at = now) {
  const { refresh_token, session_id } = yield* Effect.flatMap(tokens, (it) => it.open(user_id, "Firefox")).pipe(
    at(created_at),
  )
  return { id: session_id, token: refresh_token }
})

/** Uses a token at `millis`; gives how that ended, and the token that follows. */
const use = (token: string, millis: number) =>
  Effect.flatMap(tokens, (it) => it.use(token)).pipe(
    Effect.map((used) => ({ used, next: used._tag === "Issued" ? used.refresh_token : "none" })),
    at(millis),
  )
const tagOf = (token: string, millis: number) => Effect.map(use(token, millis), ({ used }) => used._tag)
const ownerOf = (token: string, millis: number) => Effect.flatMap(tokens, (it) => it.ownerOf(token)).pipe(at(millis))

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`SessionStore ${database.name}`, (it) => {
    it.effect("a refresh token is used once and gives the next of the same session", () =>
      Effect.gen(function* () {
        const user_id = yield* newUser()
        const session = yield* signIn(user_id)
        const first = yield* use(session.token, now + 1000)
        assert.deepInclude(first.used, { _tag: "Issued", session_id: session.id, user_id })
        const second = yield* use(first.next, now + 2000)
        assert.strictEqual(new Set([session.token, first.next, second.next]).size, 3)
        const sessions = yield* SessionStore
        assert.deepStrictEqual(yield* sessions.list(user_id, now + 3000), [
          { id: session.id, user_agent: "Firefox", created_at: now, last_used_at: now + 2000 },
        ])
      }),
    )

    it.effect(
      "a token identifies its user, used or not, for as long as its session lives, and is not used by that",
      () =>
        Effect.gen(function* () {
          const sessions = yield* SessionStore
          const user_id = yield* newUser()
          const session = yield* signIn(user_id)
          const owner = { session_id: session.id, user_id }
          assert.deepStrictEqual(yield* ownerOf(session.token, now + 1000), owner)
          const { next } = yield* use(session.token, now + 1000)
          assert.deepStrictEqual(yield* ownerOf(session.token, now + 20_000), owner)
          assert.deepStrictEqual(yield* ownerOf(next, now + 20_000), owner)
          assert.strictEqual(yield* tagOf(next, now + 30_000), "Issued")
          assert.isUndefined(yield* ownerOf("nonsense", now))
          assert.isUndefined(yield* ownerOf(session.token, now + 31 * day))
          yield* sessions.end(user_id, {}, now + 40_000)
          assert.isUndefined(yield* ownerOf(next, now + 40_000))
        }),
    )

    it.effect("any earlier token that is used late ends the session's tokens, however old it is", () =>
      Effect.gen(function* () {
        const sessions = yield* SessionStore
        const user_id = yield* newUser()
        const session = yield* signIn(user_id)
        let token = session.token
        for (let i = 1; i <= 20; i++) token = (yield* use(token, now + i * 60_000)).next
        const late = yield* use(session.token, now + 30 * 60_000)
        assert.deepStrictEqual(late.used, { _tag: "Reused", session_id: session.id, user_id })
        yield* sessions.end(user_id, { only: session.id }, now + 30 * 60_000)
        assert.strictEqual(yield* tagOf(token, now + 30 * 60_000), "Unknown")
        assert.strictEqual(yield* tagOf(session.token, now + 30 * 60_000), "Unknown")
      }),
    )

    it.effect("a token that was never issued, or that is too old, is unknown", () =>
      Effect.gen(function* () {
        const session = yield* signIn(yield* newUser())
        for (let i = 0; i < 20; i++) {
          assert.strictEqual(yield* tagOf(randomBytes(68).toString("base64url"), now), "Unknown")
        }
        assert.strictEqual(yield* tagOf(randomBytes(32).toString("base64url"), now), "Unknown")
        assert.strictEqual(yield* tagOf(session.token, now + 30 * day), "Unknown")
      }),
    )

    it.effect("tabs that use one token at once all get the one that follows, and it works", () =>
      Effect.gen(function* () {
        const user_id = yield* newUser()
        const session = yield* signIn(user_id)
        const uses = yield* Effect.all(
          Array.from({ length: 6 }, () => use(session.token, now + 1000)),
          { concurrency: "unbounded" },
        )
        for (const { used } of uses) assert.deepInclude(used, { _tag: "Issued", session_id: session.id, user_id })
        const next = new Set(uses.map((each) => each.next))
        assert.strictEqual(next.size, 1)
        for (const token of next) assert.strictEqual(yield* tagOf(token, now + 2000), "Issued")
      }),
    )

    it.effect("of many that move a session on at once one does", () =>
      Effect.gen(function* () {
        const sessions = yield* SessionStore
        const session = yield* signIn(yield* newUser())
        const advance = (n: number) =>
          sessions.advance({
            id: session.id,
            generation: 1,
            refresh_hash: new Uint8Array(32).fill(n),
            refresh_key: new Uint8Array(32),
            refreshed_at: [now - 1, now],
            now,
            expires_at: now + day,
          })
        const won = yield* Effect.forEach([1, 2, 3, 4, 5, 6], advance, { concurrency: "unbounded" })
        assert.deepStrictEqual(
          won.filter((it) => it),
          [true],
        )
        const state = yield* sessions.refreshState(session.id, now)
        assert.deepInclude(state, { generation: 2, created_at: now, refreshed_at: [now - 1, now] })
        assert.deepStrictEqual(
          Buffer.from(state?.refresh_hash ?? []),
          Buffer.from(new Uint8Array(32).fill(won.indexOf(true) + 1)),
        )
        assert.isUndefined(yield* sessions.refreshState(session.id, now + day))
        assert.isUndefined(yield* sessions.refreshState(SessionId.make(randomUUID()), now))
      }),
    )

    it.effect("ending takes one, all, or all others; never another user's; and each once", () =>
      Effect.gen(function* () {
        const sessions = yield* SessionStore
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
        assert.deepInclude(yield* sessions.endedSince(now), { id: a.id, ended_at: now })
      }),
    )

    it.effect("the list has the newest use first and leaves out what has expired", () =>
      Effect.gen(function* () {
        const sessions = yield* SessionStore
        const user_id = yield* newUser()
        const old = yield* signIn(user_id, now - 40 * day)
        const [a, b] = [yield* signIn(user_id, now), yield* signIn(user_id, now + 1)]
        yield* use(a.token, now + 5000)
        const listed = (yield* sessions.list(user_id, now + 6000)).map((session) => session.id)
        assert.deepStrictEqual(listed, [a.id, b.id])
        assert.notInclude(listed, old.id)
      }),
    )

    it.effect("purging forgets what ended or expired before, and nothing else", () =>
      Effect.gen(function* () {
        const sessions = yield* SessionStore
        const user_id = yield* newUser()
        yield* sessions.purge(now - 100 * day)
        const expired = yield* signIn(user_id, now - 200 * day)
        const ended = yield* signIn(user_id, now - 180 * day)
        yield* sessions.end(user_id, { only: ended.id }, now - 175 * day)
        const kept = yield* signIn(user_id, now)
        assert.strictEqual(yield* sessions.purge(now - 100 * day), 2)
        assert.strictEqual(yield* sessions.purge(now - 100 * day), 0)
        assert.strictEqual(yield* tagOf(kept.token, now + 1), "Issued")
        assert.strictEqual(yield* tagOf(expired.token, now - 190 * day), "Unknown")
        const known = (yield* sessions.endedSince(0)).map((session) => session.id)
        assert.notInclude(known, ended.id)
      }),
    )
  })
}

for (const [name, database] of [
  ["PGlite", embedded],
  ["PostgreSQL", postgres],
] as const) {
  layer(repositories.pipe(Layer.provideMerge(database)), { excludeTestServices: true })(
    `A session from before tokens were counted, on ${name}`,
    (it) => {
      /** As it was kept then: a row of its own for each token, with the hash of its text. */
      const signedInBefore = Effect.fnUntraced(function* (used_at: number | null) {
        const { query } = yield* Database
        const user_id = yield* newUser()
        const [id, token] = [randomUUID(), randomBytes(32).toString("base64url")]
        const [created, expires] = [new Date(now).toISOString(), new Date(now + 30 * day).toISOString()]
        yield* query(
          `insert into sessions (id, user_id, created_at, last_used_at, expires_at)
           values ('${id}', ${user_id}, '${created}', '${created}', '${expires}')`,
          [],
        )
        const used = used_at === null ? "null" : `'${new Date(used_at).toISOString()}'`
        yield* query(
          `insert into refresh_tokens (hash, session_id, expires_at, used_at) values ($1, '${id}', '${expires}', ${used})`,
          [new Uint8Array(createHash("sha256").update(token).digest())],
        )
        return { id: SessionId.make(id), user_id, token }
      })

      it.effect("continues with its token, which has one successor and is known as used afterwards", () =>
        Effect.gen(function* () {
          const { id, token, user_id } = yield* signedInBefore(null)
          assert.deepStrictEqual(yield* ownerOf(token, now), { session_id: id, user_id })
          const uses = yield* Effect.all(
            Array.from({ length: 4 }, () => use(token, now + 1000)),
            { concurrency: "unbounded" },
          )
          for (const { used } of uses) assert.deepInclude(used, { _tag: "Issued", session_id: id, user_id })
          assert.strictEqual(new Set(uses.map(({ next }) => next)).size, 1)
          const { next } = yield* use(token, now + 11_000)
          assert.strictEqual(next, uses[0]?.next)
          assert.strictEqual(yield* tagOf(next, now + 12_000), "Issued")
          assert.deepStrictEqual(yield* ownerOf(token, now + 13_000), { session_id: id, user_id })
          assert.strictEqual(yield* tagOf(token, now + 13_000), "Reused")
        }),
      )

      it.effect("is distinguished from a new one by the time when the database began to count", () =>
        Effect.gen(function* () {
          const { ranAt } = yield* Effect.provide(SchemaHistory, SchemaHistory.layer)
          assert.isAbove(ranAt("session_generations"), Date.parse("2026-01-01"))
          assert.isAtMost(ranAt("session_generations"), yield* Clock.currentTimeMillis)
          assert.strictEqual(ranAt("no such thing"), 0)
        }),
      )

      it.effect("ends by a token that was used then", () =>
        Effect.gen(function* () {
          const lately = yield* signedInBefore(now)
          assert.strictEqual(yield* tagOf(lately.token, now + 10_000), "Issued")
          const { token } = yield* signedInBefore(now)
          assert.strictEqual(yield* tagOf(token, now + 10_001), "Reused")
        }),
      )

      it.effect("ends when its token has expired", () =>
        Effect.gen(function* () {
          const { token } = yield* signedInBefore(null)
          assert.strictEqual(yield* tagOf(token, now + 30 * day), "Unknown")
          assert.isUndefined(yield* ownerOf(token, now + 30 * day))
        }),
      )
    },
  )
}
