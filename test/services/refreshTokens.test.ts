// The result of each use of a refresh token, after any history.
import { NodeCrypto } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { TestClock } from "effect/testing"
import { UserId } from "../../src/domain/Ids.ts"
import { refreshTokens } from "../../src/services/auth/RefreshTokens.ts"
import { writeToken } from "../../src/services/auth/refreshToken.ts"
import { Tables } from "../../src/sql/memory/Tables.ts"
import { SessionStore } from "../../src/sql/sessions/SessionStore.ts"
import { sequence } from "../support/sequence.ts"

const unlimited = { demand: () => Effect.void }

const ada = UserId.make(1)
const tables = Layer.mergeAll(
  SessionStore.layerMemory.pipe(Layer.provideMerge(Tables.layer)),
  NodeCrypto.layerSecureRandom,
)

const make = (maxDays = 365) =>
  Effect.gen(function* () {
    return refreshTokens(yield* SessionStore, yield* SecureRandom.SecureRandom, unlimited, maxDays)
  })

const nextOf = Effect.fnUntraced(function* (tokens: ReturnType<typeof refreshTokens>, token: string) {
  const used = yield* tokens.use(token)
  return used._tag === "Issued" ? used.refresh_token : used._tag
})

/** Which token is used (counted from the newest), and how many milliseconds after the one before. */
const Uses = sequence(
  Schema.Struct({
    back: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4 })),
    pause: Schema.Literals([0, 1, 1_000, 4_000, 9_999, 10_000, 10_001, 60_000]),
  }),
  20,
  40,
)

describe("refresh tokens", () => {
  it.effect.prop(
    "have one successor each, which a use within ten seconds of the first gives again; a later one ends the session",
    [Uses],
    ([uses]) =>
      Effect.gen(function* () {
        const tokens = yield* make()
        const issued = [(yield* tokens.open(ada, null)).refresh_token]
        const firstUses: Array<number> = []
        let now = 0
        for (const { back, pause } of uses) {
          now += pause
          yield* TestClock.adjust(pause)
          const which = Math.max(0, issued.length - 1 - back)
          const next = yield* nextOf(tokens, issued[which] ?? "")
          const firstUse = firstUses[which]
          if (firstUse === undefined) {
            assert.notInclude([...issued, "Reused", "Unknown"], next)
            issued.push(next)
            firstUses.push(now)
          } else if (now - firstUse <= 10_000) {
            assert.strictEqual(next, issued[which + 1])
          } else {
            assert.strictEqual(next, "Reused")
            return
          }
        }
      }).pipe(Effect.provide(tables)),
  )

  it.effect("are used by a thief and the owner for ten seconds at most, in any order", () =>
    Effect.gen(function* () {
      const tokens = yield* make()
      const { refresh_token: stolen } = yield* tokens.open(ada, null)
      const [thief, owner] = [yield* nextOf(tokens, stolen), yield* nextOf(tokens, stolen)]
      assert.strictEqual(thief, owner)
      const thiefs = yield* nextOf(tokens, thief)
      yield* TestClock.adjust(10_001)
      assert.notStrictEqual(thiefs, "Reused")
      assert.strictEqual(yield* nextOf(tokens, owner), "Reused")
    }).pipe(Effect.provide(tables)),
  )

  it.effect("cannot be made, changed or counted on by hand", () =>
    Effect.gen(function* () {
      const tokens = yield* make()
      const first = (yield* tokens.open(ada, null)).refresh_token
      const second = yield* nextOf(tokens, first)
      const other = (yield* tokens.open(ada, null)).refresh_token
      yield* TestClock.adjust(60_000)
      for (const token of [first, second]) {
        const bytes = Buffer.from(token, "base64url")
        for (let at = 0; at < bytes.length; at++) {
          const changed = Buffer.from(bytes)
          changed[at] = (changed[at] ?? 0) ^ 1
          // The tag of the current token is not looked at: its secret is what counts.
          if (token === second && at >= 52) continue
          assert.strictEqual(yield* nextOf(tokens, changed.toString("base64url")), "Unknown", `byte ${at}`)
        }
        assert.strictEqual(yield* nextOf(tokens, `${token}A`), "Unknown")
        assert.strictEqual(yield* nextOf(tokens, `${token}=`), "Unknown")
        assert.strictEqual(yield* nextOf(tokens, ` ${token}`), "Unknown")
      }
      // The session of one, all else of another.
      const mixed = Buffer.concat([
        Buffer.from(second, "base64url").subarray(0, 16),
        Buffer.from(other, "base64url").subarray(16),
      ])
      assert.strictEqual(yield* nextOf(tokens, mixed.toString("base64url")), "Unknown")
      assert.notStrictEqual(yield* nextOf(tokens, second), "Unknown")
    }).pipe(Effect.provide(tables)),
  )

  it.effect("cannot be made from the content of the database", () =>
    Effect.gen(function* () {
      const tokens = yield* make()
      const { refresh_token, session_id } = yield* tokens.open(ada, null)
      const second = yield* nextOf(tokens, refresh_token)
      const state = yield* Effect.flatMap(SessionStore, (sessions) => sessions.refreshState(session_id, 0))
      const key = state?.refresh_key ?? new Uint8Array()
      const forged = (generation: number, secret: Uint8Array) => writeToken({ session_id, generation, secret }, key)
      const guesses = [new Uint8Array(32), key, state?.refresh_hash ?? key]
      for (const secret of guesses) {
        assert.strictEqual(yield* nextOf(tokens, forged(2, secret)), "Unknown")
        assert.strictEqual(yield* nextOf(tokens, forged(3, secret)), "Unknown")
        assert.strictEqual(yield* nextOf(tokens, forged(1, secret)), "Reused")
      }
      assert.notInclude(["Unknown", "Reused"], yield* nextOf(tokens, second))
    }).pipe(Effect.provide(tables)),
  )

  it.effect("end with the days of their session, however often they are used", () =>
    Effect.gen(function* () {
      const day = 24 * 60 * 60_000
      const tokens = yield* make(40)
      let issued = yield* tokens.open(ada, null)
      assert.deepStrictEqual([issued.expires_at, issued.session_ends_at], [30 * day, 40 * day])
      yield* TestClock.adjust("25 days")
      const used = yield* tokens.use(issued.refresh_token)
      assert.deepInclude(used, { _tag: "Issued", expires_at: 40 * day, session_ends_at: 40 * day })
      if (used._tag === "Issued") issued = used
      yield* TestClock.adjust(15 * day - 1_001)
      const last = yield* tokens.use(issued.refresh_token)
      assert.strictEqual(last._tag, "Issued")
      if (last._tag === "Issued") issued = last
      yield* TestClock.adjust(2)
      assert.strictEqual((yield* tokens.use(issued.refresh_token))._tag, "Unknown")
      assert.isUndefined(yield* tokens.ownerOf(issued.refresh_token))
      // A server with a shorter life for sessions holds those from before to it.
      const fresh = yield* tokens.open(ada, null)
      yield* TestClock.adjust("7 days")
      assert.strictEqual((yield* (yield* make(7)).use(fresh.refresh_token))._tag, "Unknown")
    }).pipe(Effect.provide(tables)),
  )
})
