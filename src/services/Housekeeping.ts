// Deletes what is no longer visible: ended sessions, the rows of deleted chats and old audit entries, in small batches.
// Continues account deletions after a crash, and updates rows of earlier releases: digests without a key, users that
// are not found by all words of their names.
import { Clock, Effect, Layer, Schedule } from "effect"
import type { OriginalDigests } from "../actors/memory/OriginalDigests.ts"
import type { Unavailable } from "../domain/errors.ts"
import { ChatStore } from "../sql/chats/ChatStore.ts"
import type { BareDigests } from "../sql/journal/BareDigests.ts"
import { SessionStore } from "../sql/sessions/SessionStore.ts"
import { UserStore } from "../sql/users/UserStore.ts"
import { AccountDeletions } from "./AccountDeletions.ts"
import { Audit } from "./Audit.ts"
import { keyDigests } from "./keyDigests.ts"

/** How long ended or expired rows stay; longer than any access token is valid. */
const keptMillis = 25 * 60 * 60_000
/** Small enough that no other query waits for it. */
const rowsAtOnce = 500

/** Work that fails is retried at the next interval. */
const regularly = (name: string, work: Effect.Effect<unknown, Unavailable>, every: "1 minute" | "1 hour") =>
  work.pipe(
    Effect.catch(() => Effect.logDebug("Housekeeping waits for the database")),
    Effect.catchDefect((defect) => Effect.logError("Housekeeping failed", defect)),
    Effect.annotateLogs({ of: name }),
    Effect.repeat(Schedule.spaced(every)),
    Effect.forkScoped,
  )

type Needs = Audit | BareDigests | ChatStore | AccountDeletions | OriginalDigests | SessionStore | UserStore

export const Housekeeping: Layer.Layer<never, never, Needs> = Layer.effectDiscard(
  Effect.gen(function* () {
    const sessions = yield* SessionStore
    const chats = yield* ChatStore
    const oldSessions = Effect.flatMap(Clock.currentTimeMillis, (now) => sessions.purge(now - keptMillis))
    const bitByBit = (purge: Effect.Effect<number, Unavailable>) =>
      purge.pipe(
        Effect.tap((rows) => (rows > 0 ? Effect.sleep("100 millis") : Effect.void)),
        Effect.repeat({ until: (rows) => rows === 0 }),
      )
    const audit = yield* Audit
    const departures = yield* AccountDeletions
    const users = yield* UserStore
    yield* regularly("search words", bitByBit(users.fillWords(rowsAtOnce)), "1 hour")
    yield* regularly("digests", bitByBit(yield* keyDigests(rowsAtOnce)), "1 hour")
    yield* regularly("sessions", oldSessions, "1 hour")
    yield* regularly("chats", bitByBit(chats.purge(rowsAtOnce)), "1 minute")
    yield* regularly("departures", departures.proceed, "1 minute")
    yield* regularly("audit log", bitByBit(audit.purge), "1 hour")
  }),
)
