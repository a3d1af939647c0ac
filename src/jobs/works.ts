// What each kind of job does. A kind without its work does not compile.
import { Clock, Effect } from "effect"
import { Settings } from "../config/Settings.ts"
import type { Unavailable } from "../domain/errors.ts"
import { UserId } from "../domain/Ids.ts"
import { makeFollowing } from "../followers/follow.ts"
import { messageCount } from "../followers/messageCount.ts"
import { AccountDeletions } from "../services/AccountDeletions.ts"
import { Audit } from "../services/Audit.ts"
import { Revocations } from "../services/auth/Revocations.ts"
import { collectFiles } from "../services/files/collectFiles.ts"
import { keyDigests } from "../services/keyDigests.ts"
import { OwnState } from "../services/OwnState.ts"
import { ScheduledDelivery } from "../services/ScheduledDelivery.ts"
import { ChatStore } from "../sql/chats/ChatStore.ts"
import { SessionStore } from "../sql/sessions/SessionStore.ts"
import { UserStore } from "../sql/users/UserStore.ts"
import { done, type JobWork, type Works } from "./JobOutcome.ts"

/** How long ended or expired sessions stay; longer than any access token is valid. */
const keptMillis = 25 * 60 * 60_000
/** Small enough that no other query waits for it. */
const rowsAtOnce = 500
/** Between two batches, milliseconds. */
const pause = 100

/** One batch at a time, until nothing is left. */
const inBatches =
  (batch: Effect.Effect<number, Unavailable>): JobWork =>
  () =>
    Effect.gen(function* () {
      if ((yield* batch) === 0) return done
      return { _tag: "Again", at: (yield* Clock.currentTimeMillis) + pause }
    })

export const works = Effect.gen(function* () {
  const sessions = yield* SessionStore
  const chats = yield* ChatStore
  const users = yield* UserStore
  const audit = yield* Audit
  const revocations = yield* Revocations
  const deletions = yield* AccountDeletions
  const scheduled = yield* ScheduledDelivery
  const state = yield* OwnState
  const digests = yield* keyDigests(rowsAtOnce)
  const { messageCount: counts } = yield* Settings
  const follow = yield* makeFollowing(counts ? [yield* messageCount] : [])
  const unusedFiles = yield* collectFiles(rowsAtOnce)
  return {
    account_deletion: ({ user_id }) =>
      Effect.gen(function* () {
        const at = user_id === null ? null : yield* deletions.proceed(user_id)
        return at === null ? done : { _tag: "Again", at }
      }),
    audit_log: inBatches(audit.purge),
    block: ({ key, user_id }) =>
      user_id === null ? Effect.succeed(done) : Effect.as(state.heedBlock(user_id, UserId.make(Number(key))), done),
    deleted_chats: inBatches(chats.purge(rowsAtOnce)),
    ended_sessions: () =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.as(sessions.purge(now - keptMillis), done)),
    followers: () =>
      Effect.gen(function* () {
        return (yield* follow) ? { _tag: "Again", at: (yield* Clock.currentTimeMillis) + pause } : done
      }),
    old_digests: inBatches(digests),
    scheduled_message: ({ attempt, key, user_id }) =>
      user_id === null ? Effect.succeed(done) : Effect.as(scheduled.send(user_id, key, attempt), done),
    session_ends: ({ user_id }) =>
      Effect.gen(function* () {
        // A log-in that ran concurrently with the suspension may have opened one since.
        const account = user_id === null ? undefined : yield* users.credentials(user_id)
        if (account?.suspended) yield* sessions.end(account.me.id, {}, yield* Clock.currentTimeMillis)
        yield* revocations.lookAgain
        return done
      }),
    search_words: inBatches(users.fillWords(rowsAtOnce)),
    unused_files: inBatches(unusedFiles),
  } satisfies Works
})
