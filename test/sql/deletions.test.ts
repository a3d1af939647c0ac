import { assert, layer } from "@effect/vitest"
import { Effect, Result } from "effect"
import { isDeletedAccount } from "../../src/domain/deletedAccount.ts"
import { SessionId } from "../../src/domain/Ids.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { DeletionStore } from "../../src/sql/deletions/DeletionStore.ts"
import { Journal } from "../../src/sql/journal/Journal.ts"
import { SessionStore } from "../../src/sql/sessions/SessionStore.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"
import { change, commit, databases, newGroup, newUser, now, standing } from "../support/sql.ts"

const session = (user_id: Parameters<SessionStore["Service"]["create"]>[0]["user_id"], n: number) => ({
  id: SessionId.make(crypto.randomUUID()),
  user_id,
  user_agent: "A telling browser",
  refresh_hash: new Uint8Array(32).fill(n),
  refresh_key: new Uint8Array(32),
  created_at: now,
  expires_at: now + 1_000_000,
})

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`DeletionStore ${database.name}`, (it) => {
    it.effect("a deleted account is seen by its id alone, and its name and e-mail are free", () =>
      Effect.gen(function* () {
        const users = yield* UserStore
        const departures = yield* DeletionStore
        const account = {
          username: "Gone.Soon",
          email: "Gone@example.org",
          display_name: "Gone",
          password_hash: "h",
          created_at: now,
        }
        const { id } = yield* users.create(account)
        yield* users.change(id, { display_name: "Gone", info: { custom: { secret: 1 } } })
        assert.deepStrictEqual(yield* departures.mark(id, now + 5), [])
        const [shown] = yield* users.byIds([id])
        assert.deepStrictEqual(shown, {
          id,
          username: `deleted:${id}`,
          display_name: "Deleted account",
          created_at: "2026-11-21T09:30:00.123Z",
        })
        assert.isTrue(shown !== undefined && isDeletedAccount(shown))
        assert.isUndefined(yield* users.credentials(id))
        for (const login of ["gone.soon", "gone@example.org", `deleted:${id}`]) {
          assert.isUndefined(yield* users.byLogin(login))
        }
        for (const query of ["gone", "del", "Deleted account", `deleted:${id}`]) {
          assert.deepStrictEqual(yield* users.search(query, 10), [])
        }
        assert.isFalse((yield* users.search("", 1_000)).some((user) => user.id === id))
        assert.isUndefined(yield* users.change(id, { display_name: "Back again", info: {} }))
        assert.isFalse(yield* users.replacePassword(id, account.password_hash, "another"))
        assert.isUndefined(yield* users.credentials(id))
        const again = yield* Effect.result(users.create(account))
        assert.isTrue(Result.isSuccess(again) && again.success.id !== id)
        assert.isUndefined(yield* departures.mark(id, now + 9), "only once")
      }),
    )

    it.effect("its sessions end with it, and no other", () =>
      Effect.gen(function* () {
        const sessions = yield* SessionStore
        const departures = yield* DeletionStore
        const [id, other] = [yield* newUser(), yield* newUser()]
        const [first, second, others] = [session(id, 1), session(id, 2), session(other, 3)]
        for (const each of [first, second, others]) yield* sessions.create(each)
        const ended = yield* departures.mark(id, now + 5)
        assert.deepStrictEqual([...(ended ?? [])].sort(), [first.id, second.id].sort())
        assert.deepStrictEqual(yield* sessions.list(id, now + 6), [])
        assert.strictEqual((yield* sessions.list(other, now + 6)).length, 1)
        assert.isUndefined(yield* sessions.refreshState(first.id, now + 6))
        const advance = { ...first, generation: 1, refreshed_at: [now + 6], now: now + 6, expires_at: now + 10 }
        assert.isFalse(yield* sessions.advance(advance))
      }),
    )

    it.effect("it is pending until it is finished, with the chats that are not processed", () =>
      Effect.gen(function* () {
        const chats = yield* ChatStore
        const departures = yield* DeletionStore
        const group = yield* newGroup(2)
        const [owner, member] = group.members
        const made = {
          type: "private",
          name: null,
          created_by: owner!,
          member_ids: [member!],
          created_at: now,
        } as const
        const pair = yield* chats.create(made)
        yield* departures.mark(owner!, now + 5)
        assert.strictEqual(yield* departures.pending(owner!), now + 5)
        assert.isUndefined(yield* departures.pending(member!))
        assert.deepStrictEqual(yield* departures.chats(owner!, 0, 10), [group.chat_id, pair.chat_id])
        assert.deepStrictEqual(yield* departures.chats(owner!, 0, 1), [group.chat_id])
        assert.deepStrictEqual(yield* departures.chats(owner!, group.chat_id, 10), [pair.chat_id])

        const row = { user_id: owner!, role: "member", last_read_seq: 0, joined_at: now, version: 2 } as const
        const at = { version: 1, last_seq: 0 }
        yield* commit(
          change(group.chat_id, at, { members: [{ ...row, removed: true }] }),
          change(pair.chat_id, at, { members: [{ ...row, removed: false }] }),
        )
        assert.deepStrictEqual(yield* departures.chats(owner!, 0, 10), [])
        assert.strictEqual((yield* standing(pair.chat_id)).departed, owner)
        assert.isNull((yield* standing(group.chat_id)).departed)
        const journal = yield* Journal
        assert.strictEqual((yield* journal.load(pair.chat_id))?.members.length, 2)
        assert.strictEqual((yield* chats.get(pair.chat_id, member!))?.peer?.display_name, "Deleted account")

        yield* departures.finish(owner!, now + 9)
        assert.isUndefined(yield* departures.pending(owner!))
      }),
    )
  })
}
