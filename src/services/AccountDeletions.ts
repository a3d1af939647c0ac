// Owns the deletion of accounts: the account and its sessions are marked as deleted in one transaction; then each of
// its chats removes the member through its actor. A job continues after any interruption, on any node, until every chat
// is done.
import { Clock, Context, Effect, Fiber, Layer, type Scope, Semaphore } from "effect"
import { ChatActors } from "../actors/ChatActors.ts"
import type { CurrentUser } from "../contract/CurrentUser.ts"
import type { NoPassword, TooManyRequests, Unavailable, WrongPassword } from "../domain/errors.ts"
import type { ChatId, UserId } from "../domain/Ids.ts"
import { DeletionStore } from "../sql/deletions/DeletionStore.ts"
import { SessionStore } from "../sql/sessions/SessionStore.ts"
import { Audit } from "./Audit.ts"
import { Auth } from "./auth/Auth.ts"
import { Revocations } from "./auth/Revocations.ts"
import { OwnState } from "./OwnState.ts"

/** Chats that one query returns. */
const page = 200
/** Chats that are processed concurrently for all deletions; low enough not to delay messages. */
const atOnce = 2
/** How long the caller waits for the chats; the rest continues in the background. */
const timeout = "3 seconds"
/** Operations under way at the deletion (an invitation, a log-in) have ended after this time. */
const linger = 5 * 60_000
/** How long a chat that was unavailable waits for the next attempt, milliseconds. */
const retryAfter = 60_000

export class AccountDeletions extends Context.Service<
  AccountDeletions,
  {
    /** Deletes the account. Once this succeeds the deletion is durable, whatever happens to this process. */
    remove(
      user: CurrentUser["Service"],
      password: string,
    ): Effect.Effect<void, WrongPassword | NoPassword | TooManyRequests | Unavailable>
    /** The job of a deletion: processes the remaining chats. Succeeds with when to continue; null: it is complete. */
    proceed(user_id: UserId): Effect.Effect<number | null, Unavailable>
  }
>()("confab/services/AccountDeletions") {
  static readonly layer: Layer.Layer<
    AccountDeletions,
    never,
    Audit | Auth | ChatActors | DeletionStore | OwnState | Revocations | SessionStore
  > = Layer.effect(
    AccountDeletions,
    Effect.suspend(() => make),
  )
}

const make = Effect.gen(function* () {
  const rows = yield* DeletionStore
  const sessions = yield* SessionStore
  const actors = yield* ChatActors
  const auth = yield* Auth
  const revocations = yield* Revocations
  const audit = yield* Audit
  const state = yield* OwnState
  const scope: Scope.Scope = yield* Effect.scope

  const turns = Semaphore.makeUnsafe(atOnce)

  /** A chat that is unavailable does not block the others; it is retried, since it still counts as pending. */
  const removeFromChat = (chat_id: ChatId, by: UserId) =>
    actors.ask(chat_id, { _tag: "Depart", by }).pipe(
      Effect.catchTag("ChatNotFound", () => Effect.void),
      Effect.catchTag("Unavailable", () => Effect.logDebug("A chat is unavailable; its member is removed later")),
      turns.withPermit,
    )

  const removeFromChats = Effect.fn("AccountDeletions.removeFromChats")(function* (user_id: UserId) {
    // Ends sessions of a log-in that was under way.
    yield* revocations.announce(yield* sessions.end(user_id, {}, yield* Clock.currentTimeMillis))
    yield* state.forgetUser(user_id)
    let after = 0
    for (;;) {
      const chats = yield* rows.chats(user_id, after, page)
      yield* Effect.forEach(chats, (chat_id) => removeFromChat(chat_id, user_id), {
        concurrency: atOnce,
        discard: true,
      })
      const last = chats.at(-1)
      if (last === undefined) return
      after = last
    }
  })

  const later = Effect.catch(() => Effect.logDebug("An account deletion waits for the database"))

  return AccountDeletions.of({
    remove: Effect.fn("AccountDeletions.remove")(function* (user, password) {
      const { session_id, user_id } = user
      yield* auth.confirm(user, password)
      const deletion = yield* Effect.uninterruptible(
        Effect.gen(function* () {
          const ended = yield* rows.mark(user_id, yield* Clock.currentTimeMillis)
          // A concurrent request with the same password was faster.
          if (ended === undefined) return undefined
          yield* revocations.announce(ended)
          yield* audit.record({ event: "account_deleted", user_id, session_id })
          yield* audit.flush
          return yield* Effect.forkIn(later(removeFromChats(user_id)), scope)
        }),
      )
      if (deletion !== undefined) yield* Effect.timeoutOption(Fiber.await(deletion), timeout)
    }),
    proceed: Effect.fn("AccountDeletions.proceed")(function* (user_id) {
      const deleted_at = yield* rows.pending(user_id)
      if (deleted_at === undefined) return null
      yield* removeFromChats(user_id)
      const now = yield* Clock.currentTimeMillis
      if ((yield* rows.chats(user_id, 0, 1)).length > 0) return now + retryAfter
      if (now - deleted_at < linger) return deleted_at + linger
      yield* rows.finish(user_id, now)
      return null
    }),
  })
})
