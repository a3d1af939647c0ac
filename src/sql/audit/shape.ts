// Owns stored security events. Does not own which events are recorded, nor for how long (services/Audit).
import type { Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { SessionId, UserId } from "../../domain/Ids.ts"

export interface AuditEntry {
  /** Epoch milliseconds; with several equal events, the first. */
  readonly at: number
  readonly event: string
  readonly user_id: UserId | null
  readonly session_id: SessionId | null
  readonly address: string | null
  readonly user_agent: string | null
  readonly request_id: string | null
  /** How many equal events this entry represents. */
  readonly count: number
}

export interface KeptEntry extends AuditEntry {
  readonly id: number
}

export interface AuditLogShape {
  append(entries: ReadonlyArray<AuditEntry>): Effect.Effect<void, Unavailable>
  /** The entries of one user with an id above `after`, the oldest first. */
  ofUser(user_id: UserId, after: number, limit: number): Effect.Effect<ReadonlyArray<KeptEntry>, Unavailable>
  /** Deletes at most `limit` entries from before `before` (epoch ms); returns how many. */
  purge(before: number, limit: number): Effect.Effect<number, Unavailable>
}
