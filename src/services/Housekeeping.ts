// Clears away what nobody can see any more: sessions that are over, and the rows of deleted chats, a few at a time.
import { Clock, Effect, Layer, Schedule } from "effect"
import type { Unavailable } from "../domain/errors.ts"
import { Chats } from "../sql/Chats.ts"
import { Sessions } from "../sql/Sessions.ts"

/** How long what has ended or expired stays; longer than any access token is good. */
const keptMillis = 24 * 60 * 60_000
/** Small enough that nobody waits for it. */
const rowsAtOnce = 500

/** What cannot be done now is done the next time. */
const regularly = (name: string, work: Effect.Effect<unknown, Unavailable>, every: "1 minute" | "1 hour") =>
  work.pipe(
    Effect.catch(() => Effect.logDebug("Housekeeping waits for the database")),
    Effect.catchDefect((defect) => Effect.logError("Housekeeping failed", defect)),
    Effect.annotateLogs({ of: name }),
    Effect.repeat(Schedule.spaced(every)),
    Effect.forkScoped,
  )

export const Housekeeping: Layer.Layer<never, never, Chats | Sessions> = Layer.effectDiscard(
  Effect.gen(function* () {
    const sessions = yield* Sessions
    const chats = yield* Chats
    const oldSessions = Effect.flatMap(Clock.currentTimeMillis, (now) => sessions.purge(now - keptMillis))
    const deletedChats = chats.purge(rowsAtOnce).pipe(
      Effect.tap((rows) => (rows > 0 ? Effect.sleep("100 millis") : Effect.void)),
      Effect.repeat({ until: (rows) => rows === 0 }),
    )
    yield* regularly("sessions", oldSessions, "1 hour")
    yield* regularly("chats", deletedChats, "1 minute")
  }),
)
