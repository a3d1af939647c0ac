// The service, with its implementations. shape.ts defines what it does.
import { Context, Layer } from "effect"
import { makeAuditLog as makeMemoryAuditLog } from "./memory.ts"
import { makeAuditLog } from "./postgres.ts"
import type { AuditLogShape } from "./shape.ts"

export * from "./shape.ts"

export class AuditLog extends Context.Service<AuditLog, AuditLogShape>()("confab/sql/audit/AuditLog") {
  static readonly layer = Layer.effect(AuditLog, makeAuditLog)
  static readonly layerMemory = Layer.effect(AuditLog, makeMemoryAuditLog)
}
