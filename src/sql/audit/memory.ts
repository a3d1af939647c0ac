// The AuditLog over the in-memory tables.
import { Effect } from "effect"
import { Tables } from "../memory/Tables.ts"
import type { AuditLogShape } from "./shape.ts"

export const makeAuditLog = Effect.gen(function* () {
  const { auditLog, nextId } = yield* Tables
  return {
    append: (entries) =>
      Effect.sync(() => {
        for (const entry of entries) {
          const id = nextId.auditEntry++
          auditLog.set(id, { ...entry, id })
        }
      }),
    ofUser: (user_id, after, limit) =>
      Effect.sync(() =>
        [...auditLog.values()].filter((entry) => entry.user_id === user_id && entry.id > after).slice(0, limit),
      ),
    purge: (before, limit) =>
      Effect.sync(() => {
        const gone = [...auditLog.values()].filter(({ at }) => at < before).slice(0, limit)
        for (const { id } of gone) auditLog.delete(id)
        return gone.length
      }),
  } satisfies AuditLogShape
})
