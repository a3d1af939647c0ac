// Accounts as an operator sees and changes them.
import { createHash, randomUUID } from "node:crypto"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SessionId, UserId } from "../../src/domain/Ids.ts"
import { AccountStore } from "../../src/sql/accounts/AccountStore.ts"
import { Database } from "../../src/sql/database/Database.ts"
import { DeletionStore } from "../../src/sql/deletions/DeletionStore.ts"
import { IdentityStore } from "../../src/sql/identities/IdentityStore.ts"
import { JobStore } from "../../src/sql/jobs/JobStore.ts"
import { SessionStore } from "../../src/sql/sessions/SessionStore.ts"
import { noPassword, UserStore } from "../../src/sql/users/UserStore.ts"
import { embedded, newUser, now, postgres, repositories } from "../support/sql.ts"

const hour = 60 * 60_000

const session = (user_id: UserId, expires_at: number) => ({
  ...{ id: SessionId.make(randomUUID()), user_id, user_agent: null, created_at: now, expires_at },
  ...{ refresh_hash: new Uint8Array(32), refresh_key: new Uint8Array(32) },
})

for (const [name, database] of [
  ["on PGlite", embedded],
  ["on PostgreSQL", postgres],
] as const) {
  const stores = Layer.mergeAll(repositories, AccountStore.layer).pipe(Layer.provideMerge(database))
  layer(stores, { excludeTestServices: true })(`AccountStore ${name}`, (it) => {
    it.effect("lists accounts by id, with the sessions that are alive, and no deleted ones", () =>
      Effect.gen(function* () {
        const accounts = yield* AccountStore
        const sessions = yield* SessionStore
        const [ann, bob, cleo] = [yield* newUser("Ann"), yield* newUser("Bob"), yield* newUser("Cleo")]
        const ended = session(ann, now + hour)
        for (const one of [session(ann, now + hour), session(ann, now - 1), ended]) yield* sessions.create(one)
        yield* sessions.end(ann, { only: ended.id }, now)
        yield* (yield* DeletionStore).mark(bob, now)
        const page = yield* accounts.page(ann - 1, 2, now)
        assert.deepStrictEqual(
          page.map(({ id, sessions, suspended_at }) => [id, sessions, suspended_at]),
          [
            [ann, 1, null],
            [cleo, 0, null],
          ],
        )
        assert.deepInclude(page[0], { display_name: "Ann", created_at: now })
        assert.deepStrictEqual(yield* accounts.page(ann, 1, now), page.slice(1))
        assert.deepStrictEqual(yield* accounts.byIds([cleo, bob, ann], now), page)
      }),
    )

    it.effect("a suspended account opens no session, by an issuer's token neither, until it is resumed", () =>
      Effect.gen(function* () {
        const accounts = yield* AccountStore
        const [users, identities] = [yield* UserStore, yield* IdentityStore]
        const names = { username: "grace", email: "grace@example.org", display_name: "Grace" }
        const identity = { issuer: "issuer", subject: "grace" }
        const id = yield* identities.create(identity, { ...names, password_hash: noPassword, created_at: now })
        const key = createHash("sha256").update("grace").digest()
        const arrive = (issued_at: number) =>
          identities.arrive({
            ...{ key, id: SessionId.make(randomUUID()), user_id: id!, user_agent: null, issued_at },
            ...{ now: issued_at, expires_at: issued_at + hour, opened_after: 0 },
          })
        assert.isTrue(yield* accounts.setSuspended(id!, now + 1))
        assert.isFalse(yield* accounts.setSuspended(id!, now + 2))
        assert.deepInclude((yield* accounts.byIds([id!], now))[0], { suspended_at: now + 1 })
        assert.isTrue((yield* users.byLogin("GRACE"))?.suspended)
        assert.isUndefined(yield* arrive(now + 3))
        assert.isTrue(yield* accounts.setSuspended(id!, null))
        assert.isFalse(yield* accounts.setSuspended(id!, null))
        assert.isFalse((yield* users.credentials(id!))?.suspended)
        assert.isDefined(yield* arrive(now + 4))
        assert.isFalse(yield* accounts.setSuspended(UserId.make(987_654_321), now))
      }),
    )

    it.effect("the role of a server administrator is shown to its account alone, and ends with it", () =>
      Effect.gen(function* () {
        const accounts = yield* AccountStore
        const [users, identities] = [yield* UserStore, yield* IdentityStore]
        const names = { username: "hedy", email: "hedy@example.org", display_name: "Hedy" }
        const identity = { issuer: "issuer", subject: "hedy" }
        const id = (yield* identities.create(identity, { ...names, password_hash: noPassword, created_at: now }))!
        const shown = Effect.gen(function* () {
          const [account] = yield* accounts.byIds([id], now)
          const me = (yield* users.credentials(id))?.me
          return [account?.server_role, me !== undefined && "server_role" in me ? me.server_role : "absent"]
        })
        assert.deepStrictEqual(yield* shown, [null, "absent"])
        assert.isTrue(yield* accounts.setServerRole(id, "admin"))
        assert.isFalse(yield* accounts.setServerRole(id, "admin"))
        assert.deepStrictEqual(yield* shown, ["admin", "admin"])
        assert.strictEqual((yield* users.byLogin("hedy"))?.me.server_role, "admin")
        assert.strictEqual((yield* users.change(id, { display_name: "Lamarr", info: {} }))?.server_role, "admin")
        for (const user of [...(yield* users.byIds([id])), ...(yield* users.search("hedy", 10))]) {
          assert.sameMembers(Object.keys(user), ["id", "username", "display_name", "created_at"])
        }
        yield* accounts.setSuspended(id, now)
        assert.deepStrictEqual(yield* shown, ["admin", "admin"])
        assert.isTrue(yield* accounts.setServerRole(id, null))
        assert.isFalse(yield* accounts.setServerRole(id, null))
        assert.deepStrictEqual(yield* shown, [null, "absent"])

        yield* accounts.setServerRole(id, "admin")
        yield* (yield* DeletionStore).mark(id, now)
        const { query } = yield* Database
        assert.deepStrictEqual(yield* query(`select server_role from users where id = ${id}`, []), [
          { server_role: null },
        ])
        assert.isFalse(yield* accounts.setServerRole(id, "admin"))
      }),
    )

    it.effect("a new password replaces whatever there was", () =>
      Effect.gen(function* () {
        const accounts = yield* AccountStore
        const users = yield* UserStore
        const id = yield* newUser()
        assert.isTrue(yield* accounts.setPassword(id, "new hash"))
        assert.strictEqual((yield* users.credentials(id))?.password_hash, "new hash")
        yield* (yield* DeletionStore).mark(id, now)
        assert.isFalse(yield* accounts.setPassword(id, "another"))
      }),
    )

    it.effect("a request to publish ends is run once more if it comes during a run", () =>
      Effect.gen(function* () {
        const accounts = yield* AccountStore
        const jobs = yield* JobStore
        const id = yield* newUser()
        const later = Date.now() + hour
        const claimed = Effect.map(jobs.claim(later, later + 1, 50), ({ jobs }) =>
          jobs.filter(({ kind, user_id }) => kind === "session_ends" && user_id === id),
        )
        yield* accounts.requestSessionEnds(id)
        yield* accounts.requestSessionEnds(id)
        const [first, ...others] = yield* claimed
        assert.strictEqual(others.length, 0)
        yield* accounts.requestSessionEnds(id)
        yield* jobs.finish(first!.claim)
        const [second] = yield* claimed
        assert.isDefined(second)
        yield* jobs.finish(second!.claim)
        assert.deepStrictEqual(yield* claimed, [])
      }),
    )
  })
}
