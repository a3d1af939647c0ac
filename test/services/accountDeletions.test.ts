import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Result } from "effect"
import { TestClock } from "effect/testing"
import { ChatActors } from "../../src/actors/ChatActors.ts"
import { AccountDeletions } from "../../src/services/AccountDeletions.ts"
import { Accounts } from "../../src/services/Accounts.ts"
import { Auth } from "../../src/services/auth/Auth.ts"
import { Chats } from "../../src/services/Chats.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { DeletionStore } from "../../src/sql/deletions/DeletionStore.ts"
import { peer } from "../support/accounts.ts"
import * as Http from "../support/http.ts"

const password = "correct horse"
const somebody = Effect.fnUntraced(function* (username: string) {
  const accounts = yield* Accounts
  const auth = yield* Auth
  const me = yield* accounts.signUp({ username, email: `${username}@example.org`, password }, peer)
  const { access_token } = yield* auth.logIn(username, password, peer)
  return { id: me.id, access_token }
})

/** Counts how many chats are processed at once for a deletion. */
class AtOnce extends Context.Service<AtOnce, { now: number; most: number; told: number }>()("confab/test/AtOnce") {
  static readonly layer = Layer.sync(AtOnce, () => ({ now: 0, most: 0, told: 0 }))
}

describe("Departures", () => {
  it.effect("two chats are processed at a time, also for several deletions", () =>
    Effect.gen(function* () {
      const count = yield* AtOnce
      const rows = yield* DeletionStore
      const chats = yield* ChatStore
      const user = yield* Effect.forEach(["gone", "also", "stays"], somebody)
      const [gone, also, stays] = user as [(typeof user)[0], (typeof user)[0], (typeof user)[0]]
      for (let i = 0; i < 20; i++) {
        const group = { type: "group", name: "Ours", created_by: stays.id, member_ids: [gone.id, also.id] } as const
        yield* chats.create({ ...group, created_at: 0 })
      }
      const actors = yield* ChatActors
      const slow = ChatActors.of({
        ...actors,
        ask: (chat_id, command) =>
          Effect.suspend(() => {
            count.now++
            count.told++
            count.most = Math.max(count.most, count.now)
            return Effect.ensuring(
              Effect.andThen(Effect.yieldNow, actors.ask(chat_id, command)),
              Effect.sync(() => count.now--),
            )
          }),
      })
      const departures = Context.get(
        yield* Layer.build(Layer.fresh(AccountDeletions.layer).pipe(Layer.provide(Layer.succeed(ChatActors, slow)))),
        AccountDeletions,
      )
      for (const { id } of [gone, also]) yield* rows.mark(id, 0)
      const all = [gone.id, also.id, gone.id].map((id) => departures.proceed(id))
      yield* Effect.all(all, { concurrency: "unbounded" })
      assert.strictEqual(count.most, 2)
      assert.isAtLeast(count.told, 40)
    }).pipe(Effect.provide(Layer.merge(Http.services(), AtOnce.layer))),
  )

  it.effect("whatever a crash left is done later, and what was under way as well, until it is over", () =>
    Effect.gen(function* () {
      const chats = yield* Chats
      const chatRows = yield* ChatStore
      const rows = yield* DeletionStore
      const departures = yield* AccountDeletions
      const [gone, other] = [yield* somebody("gone"), yield* somebody("other")]
      const group = yield* chats.createGroup(gone.id, "Ours", [other.id])
      const { chat } = yield* chats.openPrivate(gone.id, other.id)

      // The process is killed right after the mark.
      yield* TestClock.adjust("1 hour")
      const now = 60 * 60_000
      yield* rows.mark(gone.id, now)
      assert.strictEqual(yield* departures.proceed(gone.id), now + 5 * 60_000)
      assert.strictEqual((yield* chats.get(other.id, group.id)).role, "owner")
      assert.strictEqual((yield* chats.get(other.id, chat.id)).peer?.display_name, "Deleted account")
      assert.strictEqual(yield* rows.pending(gone.id), now)

      // An invitation that had found them before they went.
      const invited = { type: "group", name: "Late", created_by: other.id, member_ids: [gone.id] } as const
      const late = yield* chatRows.create({ ...invited, created_at: now })
      yield* TestClock.adjust("4 minutes")
      assert.strictEqual(yield* departures.proceed(gone.id), now + 5 * 60_000)
      assert.isFalse(yield* chatRows.isMember(late.chat_id, gone.id))
      const { version } = (yield* chatRows.positions(other.id, [chat.id]))[0]!

      yield* TestClock.adjust("2 minutes")
      assert.isNull(yield* departures.proceed(gone.id))
      assert.isUndefined(yield* rows.pending(gone.id))
      assert.isNull(yield* departures.proceed(gone.id))
      assert.strictEqual((yield* chatRows.positions(other.id, [chat.id]))[0]!.version, version, "the peer is told once")
    }).pipe(Effect.provide(Http.services())),
  )

  it.effect("a log-in that was under way is ended with the rest", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      const rows = yield* DeletionStore
      const departures = yield* AccountDeletions
      const gone = yield* somebody("gone")
      const user = yield* auth.authenticate(gone.access_token)
      const again = yield* auth.logIn("gone", password, peer)
      const other = yield* auth.authenticate(again.access_token)
      yield* departures.remove(user, password)
      for (const token of [gone.access_token, again.access_token]) {
        assert.isTrue(Result.isFailure(yield* Effect.result(auth.authenticate(token))))
      }
      assert.isTrue(auth.hasEnded(other.session_id))
      assert.isTrue(Result.isFailure(yield* Effect.result(auth.refresh(again.refresh_token))))
      // Twice at once: the second finds nothing left to do.
      assert.isUndefined(yield* rows.mark(user.user_id, 1))
    }).pipe(Effect.provide(Http.services())),
  )
})
