// Owns the audit log: the kinds of security events, and that recording them neither delays nor fails the operations.
// Entries are written in batches, a second later at most; a killed process loses those that are not written, but the
// ordinary log has them. An event of an account always has an entry of that account. Events without an account, which
// anonymous callers can cause at will, have a limit of their own (`perMinute`), so that they displace no others.
import { Clock, Context, Effect, Latch, Layer } from "effect"
import { Settings } from "../config/Settings.ts"
import type { SessionId, UserId } from "../domain/Ids.ts"
import { type AuditEntry, AuditLog } from "../sql/audit/AuditLog.ts"
import { networkOf } from "./limits/networkOf.ts"

export type SecurityEvent =
  | "signed_up"
  | "logged_in"
  | "log_in_failed"
  | "password_refused"
  | "refresh_token_reused"
  | "logged_out"
  | "session_ended"
  | "password_changed"
  | "password_reset"
  | "account_suspended"
  | "account_resumed"
  | "server_admin_made"
  | "server_admin_removed"
  | "account_deleted"
  | "data_exported"

export interface Happened {
  readonly event: SecurityEvent
  /** null: the typed name belongs to no account; it is not stored, since it may be a password. */
  readonly user_id: UserId | null
  /** The session that the event concerns or comes from. */
  readonly session_id?: SessionId
}

export interface Origin {
  readonly address: string | null
  readonly user_agent: string | null
  readonly request_id: string | null
}

/** The origin of the request that a fiber works for. The edge sets it. */
export const Origin = Context.Reference<Origin>("confab/services/Audit/Origin", {
  defaultValue: () => ({ address: null, user_agent: null, request_id: null }),
})

const minute = 60_000
const day = 24 * 60 * minute
/** Entries without an account in a minute; those over it are counted together in one more entry. */
const perMinute = 60
/**
 * The maximum number of entries that wait for the database, with and without an account; over it the oldest are lost,
 * and the log reports how many.
 */
const maxWaiting = { accounts: 5_000, strangers: 500 }
const purgedAtOnce = 1_000

export class Audit extends Context.Service<
  Audit,
  {
    record(happened: Happened): Effect.Effect<void>
    /** Writes the waiting entries; afterwards they are in the database, if it is available. */
    readonly flush: Effect.Effect<void>
    /** Deletes a batch of entries older than AUDIT_DAYS; returns how many. */
    readonly purge: Effect.Effect<number, Effect.Error<ReturnType<AuditLog["Service"]["purge"]>>>
  }
>()("confab/services/Audit") {
  static readonly layer: Layer.Layer<Audit, never, AuditLog | Settings> = Layer.effect(
    Audit,
    Effect.suspend(() => make),
  )
}

const make = Effect.gen(function* () {
  const log = yield* AuditLog
  const { auditDays } = yield* Settings
  const clock = yield* Clock.Clock
  /** Equal events that wait together are one entry. */
  type Waiting = Map<string, AuditEntry>
  let waiting = { accounts: new Map() as Waiting, strangers: new Map() as Waiting }
  /** Open while entries wait. */
  const wake = Latch.makeUnsafe()
  let lost = 0
  /** Events without an account that got an entry of their own in this minute, and the number of those that did not. */
  let strangers = { since: 0, own: 0, others: 0 }

  const add = (entry: AuditEntry) => {
    const { event, user_id, session_id, address } = entry
    const key = `${event} ${user_id} ${session_id} ${address}`
    const about = user_id === null ? "strangers" : "accounts"
    const entries = waiting[about]
    const alike = entries.get(key)
    entries.set(key, alike === undefined ? entry : { ...alike, count: alike.count + entry.count })
    if (entries.size <= maxWaiting[about]) return
    for (const oldest of entries.keys()) {
      entries.delete(oldest)
      lost++
      return
    }
  }

  const noAccount = { user_id: null, session_id: null, address: null, user_agent: null, request_id: null }

  const beginMinute = (now: number) => {
    const { others, since } = strangers
    strangers = { since: now, own: 0, others: 0 }
    if (others > 0) add({ ...noAccount, at: since, event: "log_in_failed", count: others })
  }
  const turnMinute = (now: number) => {
    if (now - strangers.since >= minute || now < strangers.since) beginMinute(now)
  }

  const remember = (entry: AuditEntry) => {
    wake.openUnsafe()
    if (entry.user_id === null) {
      turnMinute(entry.at)
      if (strangers.own >= perMinute) {
        strangers.others++
        return
      }
      strangers.own++
    }
    add(entry)
  }

  /** In chronological order. */
  const entriesOf = ({ accounts, strangers }: typeof waiting) =>
    [...accounts.values(), ...strangers.values()].sort((a, b) => a.at - b.at)

  const flush = Effect.suspend(() => {
    turnMinute(clock.currentTimeMillisUnsafe())
    const batch = waiting
    const entries = entriesOf(batch)
    if (entries.length === 0) return Effect.void
    waiting = { accounts: new Map(), strangers: new Map() }
    return Effect.catch(log.append(entries), () =>
      Effect.sync(() => {
        const later = entriesOf(waiting)
        waiting = batch
        for (const entry of later) add(entry)
      }),
    )
  }).pipe(Effect.uninterruptible)

  const logLosses = Effect.suspend(() => {
    if (lost === 0) return Effect.void
    const entries = lost
    lost = 0
    return Effect.annotateLogs(Effect.logWarning("Audit entries were lost: the database was away for too long"), {
      entries,
    })
  })

  if (auditDays > 0) {
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        beginMinute(clock.currentTimeMillisUnsafe())
        return flush
      }),
    )
    yield* Effect.gen(function* () {
      yield* wake.await
      yield* Effect.sleep("1 second")
      wake.closeUnsafe()
      yield* flush
      yield* logLosses
      if (entriesOf(waiting).length > 0 || strangers.others > 0) wake.openUnsafe()
    }).pipe(
      Effect.catchDefect((defect) => Effect.logError("The audit log could not be written", defect)),
      Effect.forever,
      Effect.forkScoped,
    )
  }

  return Audit.of({
    record: Effect.fnUntraced(function* ({ event, user_id, session_id }) {
      const { address, user_agent, request_id } = yield* Origin
      if (auditDays > 0) {
        remember({
          at: clock.currentTimeMillisUnsafe(),
          event,
          user_id,
          session_id: session_id ?? null,
          address: address === null ? null : networkOf(address),
          user_agent: user_agent === null ? null : shown(user_agent),
          request_id,
          count: 1,
        })
      }
      yield* Effect.annotateLogs(Effect.logInfo("Security event"), {
        event,
        ...(user_id === null ? {} : { user_id }),
        ...(session_id === undefined ? {} : { session_id }),
        ...(request_id === null ? {} : { request_id }),
      })
    }),
    flush,
    purge: Effect.suspend(() => log.purge(clock.currentTimeMillisUnsafe() - auditDays * day, purgedAtOnce)),
  })
})

/** The length that a list of devices shows, without characters that PostgreSQL refuses. */
const shown = (header: string): string => header.slice(0, 255).replaceAll("\0", "").toWellFormed()
