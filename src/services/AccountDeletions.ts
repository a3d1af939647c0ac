// Owns how somebody goes for good: the account is marked as deleted, with its sessions, in one step; then each of its chats is
// told through its actor. Whatever gets in between, housekeeping goes on with it, on any node, until every chat has heard.
import { Clock, Context, Effect, Fiber, Layer, type Scope, Semaphore } from "effect"
import { ChatActors } from "../actors/ChatActors.ts"
import type { CurrentUser } from "../contract/CurrentUser.ts"
import type { NoPassword, TooManyRequests, Unavailable, WrongPassword } from "../domain/errors.ts"
import type { ChatId, UserId } from "../domain/Ids.ts"
import { DeletionStore, type Departing } from "../sql/deletions/DeletionStore.ts"
import { SessionStore } from "../sql/sessions/SessionStore.ts"
import { Audit } from "./Audit.ts"
import { Auth } from "./auth/Auth.ts"
import { Revocations } from "./auth/Revocations.ts"

/** Chats that are looked up at once. */
const page = 200
/** Chats that are told at once, whoever goes: people who talk meanwhile do not notice. */
const atOnce = 2
/** Somebody who goes waits so long for their chats to hear of it; the rest happens without them. */
const timeout = "3 seconds"
/** What was under way when the account was deleted (an invitation, a log-in) has come to its end after so long. */
const linger = 5 * 60_000
const accountsAtOnce = 1_000

export class AccountDeletions extends Context.Service<
  AccountDeletions,
  {
    /** Deletes the account. Once this succeeds it is gone, whatever happens to this process. */
    remove(
      user: CurrentUser["Service"],
      password: string,
    ): Effect.Effect<void, WrongPassword | NoPassword | TooManyRequests | Unavailable>
    /** Goes on where a crash or an absent database left off. */
    readonly proceed: Effect.Effect<void, Unavailable>
  }
>()("confab/services/AccountDeletions") {
  static readonly layer: Layer.Layer<
    AccountDeletions,
    never,
    Audit | Auth | ChatActors | DeletionStore | Revocations | SessionStore
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
  const scope: Scope.Scope = yield* Effect.scope

  const turns = Semaphore.makeUnsafe(atOnce)

  /** A chat that cannot hear now keeps the others from nothing; it is asked for again, since it still counts as not told. */
  const tell = (chat_id: ChatId, by: UserId) =>
    actors.ask(chat_id, { _tag: "Depart", by }).pipe(
      Effect.catchTag("ChatNotFound", () => Effect.void),
      Effect.catchTag("Unavailable", () => Effect.logDebug("A chat hears of a departure later")),
      turns.withPermit,
    )

  const depart = Effect.fn("Departures.depart")(function* (user_id: UserId) {
    // Of a log-in that was under way.
    yield* revocations.announce(yield* sessions.end(user_id, {}, yield* Clock.currentTimeMillis))
    let after = 0
    for (;;) {
      const chats = yield* rows.chats(user_id, after, page)
      yield* Effect.forEach(chats, (chat_id) => tell(chat_id, user_id), {
        concurrency: atOnce,
        discard: true,
      })
      const last = chats.at(-1)
      if (last === undefined) return
      after = last
    }
  })

  const settle = Effect.fnUntraced(function* ({ deleted_at, user_id }: Departing) {
    yield* depart(user_id)
    const now = yield* Clock.currentTimeMillis
    if (now - deleted_at < linger || (yield* rows.chats(user_id, 0, 1)).length > 0) return
    yield* rows.finish(user_id, now)
  })

  const later = Effect.catch(() => Effect.logDebug("A departure waits for the database"))

  return AccountDeletions.of({
    remove: Effect.fn("Departures.remove")(function* (user, password) {
      const { session_id, user_id } = user
      yield* auth.confirm(user, password)
      const departing = yield* Effect.uninterruptible(
        Effect.gen(function* () {
          const ended = yield* rows.mark(user_id, yield* Clock.currentTimeMillis)
          // Somebody else with the same password was faster.
          if (ended === undefined) return undefined
          yield* revocations.announce(ended)
          yield* audit.record({ event: "account_deleted", user_id, session_id })
          yield* audit.flush
          return yield* Effect.forkIn(later(depart(user_id)), scope)
        }),
      )
      if (departing !== undefined) yield* Effect.timeoutOption(Fiber.await(departing), timeout)
    }),
    proceed: Effect.flatMap(rows.pending(accountsAtOnce), (pending) =>
      Effect.forEach(
        pending,
        (departing) =>
          Effect.catchDefect(settle(departing), (defect) => Effect.logError("A departure failed by a bug", defect)),
        { discard: true },
      ),
    ),
  })
})
