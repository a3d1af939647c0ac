// Owns the record of security events at rest. Does not own what is worth recording, nor for how long (services/Audit).
import { Context, type Effect, Layer } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { SessionId, UserId } from "../../domain/Ids.ts"
import { makeAuditLog as makeMemoryAuditLog } from "./memory.ts"
import { makeAuditLog } from "./postgres.ts"

export interface AuditEntry {
  /** Epoch milliseconds; of several alike, the first. */
  readonly at: number
  readonly event: string
  readonly user_id: UserId | null
  readonly session_id: SessionId | null
  readonly address: string | null
  readonly user_agent: string | null
  readonly request_id: string | null
  /** How many alike this entry stands for. */
  readonly count: number
}

export interface KeptEntry extends AuditEntry {
  readonly id: number
}

export class AuditLog extends Context.Service<
  AuditLog,
  {
    append(entries: ReadonlyArray<AuditEntry>): Effect.Effect<void, Unavailable>
    /** One user's, oldest first, those with an id above `after`. */
    ofUser(user_id: UserId, after: number, limit: number): Effect.Effect<ReadonlyArray<KeptEntry>, Unavailable>
    /** Forgets at most `limit` of those from before `before` (epoch ms); gives how many. */
    purge(before: number, limit: number): Effect.Effect<number, Unavailable>
  }
>()("confab/sql/audit/AuditLog") {
  static readonly layer = Layer.effect(AuditLog, makeAuditLog)
  static readonly layerMemory = Layer.effect(AuditLog, makeMemoryAuditLog)
}
