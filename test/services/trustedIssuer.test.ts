// Users of an application that embeds Confab: its tokens sign them in, and no other issuer's do.
import { createSign, generateKeyPairSync } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { Effect, PubSub, Result, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { exportJWK, exportSPKI, UnsecuredJWT } from "jose"
import { Broadcast } from "../../src/broadcast/Broadcast.ts"
import type { Settings } from "../../src/config/Settings.ts"
import { Accounts } from "../../src/services/Accounts.ts"
import { Auth } from "../../src/services/auth/Auth.ts"
import { Tokens } from "../../src/services/auth/Tokens.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"
import { ada, adaLoggedIn, layer, peer } from "../support/accounts.ts"
import { type Claims, Issuer, newKey } from "../support/issuer.ts"

const tag = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (error) => error._tag)

/** A server that trusts the issuer, at a time that is not the beginning of all times. */
const trusting = <A, E>(
  test: (issuer: Issuer) => Effect.Effect<A, E, Auth | Accounts | UserStore | Broadcast | Tokens | Scope.Scope>,
  settings: Partial<Settings["Service"]> = {},
) =>
  Effect.gen(function* () {
    const issuer = yield* Issuer.open
    yield* TestClock.setTime(Date.parse("2026-11-21T09:30:00Z"))
    return yield* Effect.provide(test(issuer), layer({ ...issuer.settings, ...settings }), { local: true })
  }).pipe(Effect.scoped)

const signIn = (token: string) => Effect.flatMap(Auth, (auth) => auth.authenticate(token))
const refusal = (token: string) => tag(signIn(token))

describe("a trusted issuer's token", () => {
  it.effect("makes an account the first time, and is of it ever after", () =>
    trusting(
      Effect.fnUntraced(function* (issuer) {
        const accounts = yield* Accounts
        const claims = { preferred_username: "Grace.H", name: "Grace Hopper", email: "grace@example.org" }
        const first = yield* signIn(yield* issuer.token("g-1", claims))
        const me = yield* accounts.me(first.user_id)
        assert.deepInclude(me, { username: "Grace.H", display_name: "Grace Hopper", email: "grace@example.org" })
        assert.strictEqual(first.expires_at, Date.parse("2026-11-21T09:35:00Z"))
        // The issuer provides the first names; afterwards users choose their own.
        const again = yield* signIn(yield* issuer.token("g-1", { preferred_username: "other" }))
        assert.strictEqual(again.user_id, first.user_id)
        assert.strictEqual((yield* accounts.me(again.user_id)).username, "Grace.H")
        assert.notStrictEqual((yield* signIn(yield* issuer.token("g-2"))).user_id, first.user_id)
      }),
    ),
  )

  it.effect("takes no other user's name or address: then the account has others", () =>
    trusting(
      Effect.fnUntraced(function* (issuer) {
        const accounts = yield* Accounts
        const { me: own } = yield* adaLoggedIn
        const taking = { preferred_username: "ADA", email: "ada@example.ORG" }
        const { user_id } = yield* signIn(yield* issuer.token("a-1", taking))
        const me = yield* accounts.me(user_id)
        assert.notStrictEqual(user_id, own.id)
        assert.match(me.username, /^ADA-[0-9a-f]{8}$/)
        assert.match(me.email, /^[0-9a-f]{32}@users\.invalid$/)
        const unverified = { preferred_username: "carl", email: "carl@example.org", email_verified: false }
        const carl = yield* signIn(yield* issuer.token("c-1", unverified))
        assert.match((yield* accounts.me(carl.user_id)).email, /@users\.invalid$/)
      }),
    ),
  )

  it.effect("is good no longer than its session, which ends after its days; the next token begins another", () =>
    trusting(
      Effect.fnUntraced(function* (issuer) {
        const begin = Date.parse("2026-11-21T09:30:00Z")
        const token = (hours: number) => {
          const iat = begin / 1000 + hours * 3600
          return issuer.token("g-1", { iat, exp: iat + 24 * 3600 })
        }
        const first = yield* signIn(yield* token(0))
        assert.strictEqual(first.expires_at, begin + 24 * 3_600_000)
        yield* TestClock.adjust("20 hours")
        const late = yield* token(20)
        assert.deepStrictEqual(yield* signIn(late), { ...first, issued_at: begin + 20 * 3_600_000 })
        yield* TestClock.adjust("4 hours")
        assert.strictEqual(yield* refusal(late), "Unauthorized")
        yield* TestClock.adjust("1 second")
        const next = yield* signIn(yield* token(24.0003))
        assert.notStrictEqual(next.session_id, first.session_id)
        assert.strictEqual(next.user_id, first.user_id)
      }),
      { sessionMaxDays: 1 },
    ),
  )

  it.effect("makes one account of ten first requests at once", () =>
    trusting(
      Effect.fnUntraced(function* (issuer) {
        const tokens = yield* Effect.forEach(Array.from({ length: 10 }), () =>
          issuer.token("g-1", { preferred_username: "grace", email: "grace@example.org" }),
        )
        const found = yield* Effect.forEach(tokens, signIn, { concurrency: "unbounded" })
        assert.strictEqual(new Set(found.map(({ user_id }) => user_id)).size, 1)
        assert.strictEqual(new Set(found.map(({ session_id }) => session_id)).size, 1)
        const users = yield* UserStore
        assert.strictEqual((yield* users.search("grace", 10)).length, 1)
      }),
    ),
  )

  const odd: ReadonlyArray<readonly [string, Claims, RegExp]> = [
    ["no name at all", {}, /^user-[0-9a-f]{8}$/],
    ["an address for a name", { preferred_username: "grace.hopper@navy.example" }, /^grace\.hopper$/],
    ["a name with marks and blanks", { name: "  Zoë van  Dünn " }, /^Zoe-van-Dunn$/],
    ["a name in other letters", { name: "Грейс" }, /^user-[0-9a-f]{8}$/],
    ["a name of a deleted account's kind", { preferred_username: "deleted:1" }, /^deleted-1$/],
    ["a name that is too long", { preferred_username: "x".repeat(99) }, /^x{32}$/],
    ["names that are none", { preferred_username: 5, name: { a: 1 }, email: ["a@b.c"] }, /^user-[0-9a-f]{8}$/],
    ["NUL and half characters", { preferred_username: "a\0b", name: "\ud800", email: "a\0@b.c" }, /^a-b$/],
  ]
  for (const [what, claims, username] of odd) {
    it.effect(`with ${what} gets a user name that fits`, () =>
      trusting(
        Effect.fnUntraced(function* (issuer) {
          const { user_id } = yield* signIn(yield* issuer.token("x", claims))
          const me = yield* Effect.flatMap(Accounts, (accounts) => accounts.me(user_id))
          assert.match(me.username, username)
          assert.isTrue(me.display_name.isWellFormed() && me.email.isWellFormed())
        }),
      ),
    )
  }

  it.effect("is refused for another audience, from another issuer, when too old, or without its age", () =>
    trusting(
      Effect.fnUntraced(function* (issuer) {
        const now = Date.parse("2026-11-21T09:30:00Z") / 1000
        const wrong: Record<string, Claims> = {
          audience: { aud: "another" },
          "no audience": { aud: undefined },
          "another issuer": { iss: "https://evil.example/" },
          "our own name": { iss: "confab" },
          "nearly the issuer": { iss: issuer.name.slice(0, -1) },
          expired: { exp: now },
          "expired within the tolerance": { exp: now - 1 },
          "no end": { exp: undefined },
          "no beginning": { iat: undefined },
          "a beginning in the future": { iat: now + 60 },
          "not yet": { nbf: now + 60 },
          "older than a day": { iat: now - 24 * 60 * 60 - 60 },
          "nobody in particular": { sub: undefined },
          "an empty subject": { sub: "" },
          "a subject that cannot be stored": { sub: "a\0" },
          "a subject without end": { sub: "x".repeat(256) },
          "an ID token": { at_hash: "x" },
          "what Keycloak calls a refresh token": { typ: "Refresh" },
        }
        for (const [name, claims] of Object.entries(wrong)) {
          assert.strictEqual(yield* refusal(yield* issuer.token("x", claims)), "Unauthorized", name)
        }
        assert.strictEqual(yield* refusal(yield* issuer.token("x", {}, { typ: "dpop+jwt" })), "Unauthorized")
        for (const typ of ["JWT", "at+jwt", "application/at+jwt"]) yield* signIn(yield* issuer.token("x", {}, { typ }))
        yield* signIn(yield* issuer.token("x", { aud: ["other", "chat"], typ: "Bearer" }))
        const users = yield* UserStore
        assert.strictEqual((yield* users.search("", 10)).length, 1)
      }),
    ),
  )

  it.effect("is refused without a signature, by a secret, and by a public key that is taken for one", () =>
    trusting(
      Effect.fnUntraced(function* (issuer) {
        const [key] = issuer.keys
        if (key === undefined) return assert.fail()
        const good = yield* issuer.token("x")
        const [header = "", payload = ""] = good.split(".")
        const claims = JSON.parse(Buffer.from(payload, "base64url").toString())
        assert.strictEqual(yield* refusal(new UnsecuredJWT(claims).encode()), "Unauthorized")
        assert.strictEqual(yield* refusal(`${header}.${payload}.`), "Unauthorized")
        const none = Buffer.from('{"alg":"none","kid":"first"}').toString("base64url")
        assert.strictEqual(yield* refusal(`${none}.${payload}.`), "Unauthorized")
        const spki = yield* Effect.promise(() => exportSPKI(key.publicKey))
        const jwk = yield* Effect.promise(() => exportJWK(key.publicKey))
        for (const guise of [spki, spki.trim(), JSON.stringify(jwk), JSON.stringify(key.jwk), `${jwk.x}`]) {
          for (const alg of ["HS256", "HS384", "HS512"]) {
            const forged = yield* issuer.token("x", {}, { alg }, Buffer.from(guise.padEnd(64)))
            assert.strictEqual(yield* refusal(forged), "Unauthorized")
          }
        }
        const stranger = yield* Effect.promise(() => newKey("first"))
        assert.strictEqual(yield* refusal(yield* issuer.token("x", {}, {}, stranger.privateKey)), "Unauthorized")
        const tampered = Buffer.from(JSON.stringify({ ...claims, sub: "root" })).toString("base64url")
        assert.strictEqual(yield* refusal(good.replace(payload, tampered)), "Unauthorized")
      }),
    ),
  )

  it.effect("is no key to what our own tokens open, nor the other way round", () =>
    trusting(
      Effect.fnUntraced(function* (issuer) {
        const tokens = yield* Tokens
        const { access_token, me } = yield* adaLoggedIn
        const { session_id } = yield* signIn(access_token)
        const asOurs = { iss: "confab", aud: "confab", sub: String(me.id), sid: session_id, jti: "1" }
        assert.strictEqual(yield* refusal(yield* issuer.token("x", asOurs, { typ: "at+jwt" })), "Unauthorized")
        // Its subject is a name of theirs, not an id of ours.
        const { user_id } = yield* signIn(yield* issuer.token(String(me.id), { sid: session_id }))
        assert.notStrictEqual(user_id, me.id)
        assert.strictEqual(yield* tag(tokens.verify(yield* issuer.token("x"))), "Unauthorized")
      }),
    ),
  )

  it.effect("of any asymmetric algorithm is good", () =>
    trusting(
      Effect.fnUntraced(function* (issuer) {
        for (const alg of ["RS256", "PS256", "ES256", "ES384", "EdDSA"]) {
          issuer.keys = [yield* Effect.promise(() => newKey(`of ${alg}`, alg))]
          yield* TestClock.adjust("31 seconds")
          yield* signIn(yield* issuer.token("x"))
        }
      }),
    ),
  )

  it.effect("is worth nothing to a server without a trusted issuer", () =>
    Effect.gen(function* () {
      const issuer = yield* Issuer.open
      assert.strictEqual(yield* refusal(yield* issuer.token("x")), "Unauthorized")
      assert.strictEqual(issuer.asked, 0)
    }).pipe(Effect.scoped, Effect.provide(layer())),
  )
})

describe("the issuer's keys", () => {
  it.effect("are asked for once, and again for a key that is new, but not for every made-up one", () =>
    trusting(
      Effect.fnUntraced(function* (issuer) {
        yield* signIn(yield* issuer.token("x"))
        yield* signIn(yield* issuer.token("y"))
        assert.strictEqual(issuer.asked, 1)
        const next = yield* Effect.promise(() => newKey("next"))
        issuer.keys = [next, ...issuer.keys]
        const fresh = yield* issuer.token("x")
        assert.strictEqual(yield* refusal(fresh), "Unauthorized")
        yield* TestClock.adjust("31 seconds")
        yield* signIn(fresh)
        assert.strictEqual(issuer.asked, 2)
        for (let i = 0; i < 20; i++) {
          const madeUp = yield* issuer.token("x", {}, { kid: `made up ${i}` })
          assert.strictEqual(yield* refusal(madeUp), "Unauthorized")
        }
        assert.strictEqual(issuer.asked, 2)
      }),
    ),
  )

  it.effect(
    "stay valid while their address does not answer; without any, validity is unknown, and they are fetched again soon",
    () =>
      trusting(
        Effect.fnUntraced(function* (issuer) {
          issuer.broken = { status: 503, body: "later" }
          const token = yield* issuer.token("x", { exp: Date.parse("2026-11-22T00:00:00Z") / 1000 })
          assert.strictEqual(yield* refusal(token), "Unavailable")
          const asked = issuer.asked
          assert.strictEqual(yield* refusal(token), "Unavailable")
          assert.strictEqual(issuer.asked, asked)
          for (const body of ["{", "{}", '{"keys":5}', `{"keys":[],"x":"${"x".repeat(2_000_000)}"}`]) {
            issuer.broken = { status: 200, body }
            yield* TestClock.adjust("6 seconds")
            assert.strictEqual(yield* refusal(token), "Unavailable", body.slice(0, 20))
          }
          issuer.broken = undefined
          yield* TestClock.adjust("6 seconds")
          yield* signIn(token)

          issuer.broken = { status: 500, body: "" }
          yield* TestClock.adjust("11 minutes")
          yield* signIn(yield* issuer.token("y"))
          const [old] = issuer.keys
          const next = yield* Effect.promise(() => newKey("next"))
          issuer.keys = [next]
          yield* TestClock.adjust("6 seconds")
          assert.strictEqual(yield* refusal(yield* issuer.token("y")), "Unavailable")
          yield* TestClock.adjust("24 hours")
          issuer.keys = old === undefined ? [] : [old]
          assert.strictEqual(yield* refusal(yield* issuer.token("z")), "Unavailable")
        }),
      ),
  )

  it.effect("that were taken away count no more once they are fetched anew", () =>
    trusting(
      Effect.fnUntraced(function* (issuer) {
        yield* signIn(yield* issuer.token("x"))
        const [old] = issuer.keys
        issuer.keys = [yield* Effect.promise(() => newKey("next"))]
        yield* TestClock.adjust("11 minutes")
        let late = 0
        const withOld = Effect.suspend(() => issuer.token("x", { jti: `${++late}` }, { kid: "first" }, old?.privateKey))
        // It is too old now: good once more, while the keys are fetched behind its back.
        yield* signIn(yield* withOld)
        while (Result.isSuccess(yield* Effect.result(signIn(yield* withOld)))) {}
        assert.strictEqual(issuer.asked, 2)
        yield* signIn(yield* issuer.token("x"))
        assert.strictEqual(issuer.asked, 2)
      }),
    ),
  )

  it.effect("may be no short RSA key", () =>
    trusting(
      Effect.fnUntraced(function* (issuer) {
        const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 })
        const jwk = { ...publicKey.export({ format: "jwk" }), kid: "short", alg: "RS256" }
        issuer.broken = { status: 200, body: JSON.stringify({ keys: [jwk] }) }
        const [, payload = ""] = (yield* issuer.token("x")).split(".")
        const head = Buffer.from('{"alg":"RS256","kid":"short"}').toString("base64url")
        const signature = createSign("sha256").update(`${head}.${payload}`).sign(privateKey, "base64url")
        assert.strictEqual(yield* refusal(`${head}.${payload}.${signature}`), "Unauthorized")
      }),
    ),
  )
})

describe("a session of a trusted issuer's tokens", () => {
  it.effect("is the issuer's where there is one, else one for each application", () =>
    trusting(
      Effect.fnUntraced(function* (issuer) {
        const session = (claims: Claims) =>
          Effect.map(Effect.flatMap(issuer.token("g", claims), signIn), ({ session_id }) => session_id)
        const web = yield* session({ azp: "web" })
        assert.strictEqual(yield* session({ azp: "web", jti: "2" }), web)
        const phone = yield* session({ client_id: "phone" })
        const one = yield* session({ azp: "web", sid: "one" })
        assert.strictEqual(yield* session({ azp: "phone", sid: "one" }), one)
        const two = yield* session({ azp: "web", sid: "two" })
        const all = [web, phone, one, two]
        assert.strictEqual(new Set(all).size, 4)
        const auth = yield* Auth
        const items = yield* auth.sessions(yield* signIn(yield* issuer.token("g", { azp: "web" })))
        assert.sameMembers(
          items.map(({ id }) => id),
          all,
        )
        assert.sameMembers(
          items.map(({ user_agent }) => user_agent),
          ["web", "phone", "web", "web"],
        )
        assert.deepStrictEqual(
          items.filter(({ current }) => current).map(({ id }) => id),
          [web],
        )
      }),
    ),
  )

  it.effect(
    "ends for all tokens up to then, everywhere at once; a token that the issuer makes later begins another",
    () =>
      trusting(
        Effect.fnUntraced(function* (issuer) {
          const auth = yield* Auth
          const heard = yield* Effect.flatMap(Broadcast, (broadcast) => broadcast.subscribe)
          const token = yield* issuer.token("g")
          const unseen = yield* issuer.token("g", { jti: "unseen" })
          const user = yield* signIn(token)
          yield* auth.logOut(user)
          assert.deepStrictEqual(yield* PubSub.take(heard), { _tag: "SessionsEnded", session_ids: [user.session_id] })
          assert.strictEqual(yield* refusal(token), "Unauthorized")
          assert.strictEqual(yield* refusal(unseen), "Unauthorized")
          yield* TestClock.adjust("1 second")
          const after = yield* signIn(yield* issuer.token("g"))
          assert.strictEqual(after.user_id, user.user_id)
          assert.notStrictEqual(after.session_id, user.session_id)
          assert.strictEqual(yield* refusal(token), "Unauthorized")
        }),
      ),
  )

  it.effect("that has ended stays ended for as long as a token can live, also when nothing is remembered", () =>
    trusting(
      Effect.fnUntraced(function* (issuer) {
        const auth = yield* Auth
        const exp = Date.parse("2026-12-31T00:00:00Z") / 1000
        const token = yield* issuer.token("g", { exp })
        const user = yield* signIn(token)
        assert.strictEqual(user.expires_at, Date.parse("2026-11-22T09:30:00Z"))
        yield* auth.logOut(user)
        yield* TestClock.adjust("23 hours")
        // Ends of sessions are when older ones are forgotten.
        yield* auth.logOut(yield* signIn(yield* issuer.token("another")))
        assert.isTrue(auth.hasEnded(user.session_id))
        assert.strictEqual(yield* refusal(token), "Unauthorized")
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(yield* refusal(token), "Unauthorized")
      }),
    ),
  )

  it.effect("has no password here: none opens the account, and none can be changed", () =>
    trusting(
      Effect.fnUntraced(function* (issuer) {
        const auth = yield* Auth
        const user = yield* signIn(yield* issuer.token("g", { preferred_username: "grace" }))
        for (const password of ["", "x", "$argon2id$"]) {
          assert.strictEqual(yield* tag(auth.logIn("grace", password, peer)), "InvalidCredentials")
          assert.strictEqual(yield* tag(auth.changePassword(user, password, ada.password)), "NoPassword")
        }
      }),
    ),
  )
})
