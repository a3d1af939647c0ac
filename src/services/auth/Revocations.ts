// Knows which sessions have ended while their access tokens may still be valid. It is bounded: an entry lives as long
// as a token can, and every one has cost a log-in, which is expensive. Does not own ending them (Auth), nor their
// storage (SessionStore).
import { Clock, Context, Effect, Latch, Layer, PubSub } from "effect"
import { Broadcast, type SessionSignal } from "../../broadcast/Broadcast.ts"
import { Settings } from "../../config/Settings.ts"
import type { Unavailable } from "../../domain/errors.ts"
import type { SessionId } from "../../domain/Ids.ts"
import { SessionStore } from "../../sql/sessions/SessionStore.ts"
import { longestLifeSeconds } from "./ForeignToken.ts"
import { Tokens } from "./Tokens.ts"

/** Allowance for clocks of other nodes that are wrong. */
const slack = 60_000
/**
 * How far back, and how often, the database is read for ended sessions that no signal reported; after a loss of signals
 * it is read at once.
 */
const lookBack = 5 * 60_000
const lookEvery = "1 minute"

export class Revocations extends Context.Service<
  Revocations,
  {
    has(id: SessionId): boolean
    /** For sessions whose end is committed: remembers them and publishes their end to every hub. */
    announce(ids: ReadonlyArray<SessionId>): Effect.Effect<void>
    /** Announces the sessions that other processes have ended in the last minutes. */
    readonly lookAgain: Effect.Effect<void, Unavailable>
  }
>()("confab/services/auth/Revocations") {
  static readonly layer: Layer.Layer<Revocations, Unavailable, Broadcast | SessionStore | Settings> = Layer.effect(
    Revocations,
    Effect.suspend(() => make),
  )
}

const endedIn = (signal: SessionSignal) => (signal._tag === "SessionsEnded" ? signal.session_ids : [])

const make = Effect.gen(function* () {
  const broadcast = yield* Broadcast
  const sessions = yield* SessionStore
  const { trustedIssuer } = yield* Settings
  const lifetime = 1000 * (trustedIssuer === undefined ? Tokens.lifetimeSeconds : longestLifeSeconds)
  const clock = yield* Clock.Clock
  /** The time until which each is remembered, soonest first. */
  const ended = new Map<SessionId, number>()

  const remember = (ids: ReadonlyArray<SessionId>) => {
    const now = clock.currentTimeMillisUnsafe()
    for (const [id, until] of ended) {
      if (until > now) break
      ended.delete(id)
    }
    for (const id of ids) {
      ended.delete(id)
      ended.set(id, now + lifetime + slack)
    }
  }

  const announce = Effect.fn("Revocations.announce")(function* (session_ids: ReadonlyArray<SessionId>) {
    if (session_ids.length === 0) return
    remember(session_ids)
    yield* broadcast.publish({ _tag: "SessionsEnded", session_ids })
  })

  const endedWithin = (millis: number) =>
    Effect.map(
      Effect.suspend(() => sessions.endedSince(clock.currentTimeMillisUnsafe() - millis)),
      (rows) => rows.map(({ id }) => id).filter((id) => !ended.has(id)),
    )

  // Subscribe, then read: a session that ends in between is in one of them.
  const subscription = yield* broadcast.subscribeToSessions
  remember(yield* endedWithin(lifetime + slack))

  const lookAgain = Effect.flatMap(endedWithin(lookBack), announce)

  const lost = Latch.makeUnsafe(false)
  yield* PubSub.takeAll(subscription).pipe(
    Effect.tap((signals) => Effect.sync(() => remember(signals.flatMap(endedIn)))),
    Effect.tap((signals) => (signals.some(({ _tag }) => _tag === "SignalsLost") ? lost.open : Effect.void)),
    Effect.forever,
    Effect.forkScoped,
  )
  yield* Effect.timeoutOption(lost.await, lookEvery).pipe(
    Effect.andThen(lost.close),
    Effect.andThen(lookAgain),
    Effect.catch(() => Effect.logDebug("The database is unavailable: ended sessions are read later")),
    Effect.forever,
    Effect.forkScoped,
  )

  return Revocations.of({ has: (id) => ended.has(id), announce, lookAgain })
})
