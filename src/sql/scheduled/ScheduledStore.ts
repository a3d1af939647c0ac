// The service, with its implementations. shape.ts defines what it does.
import { Context, Layer } from "effect"
import { makeMemoryScheduled } from "./memory.ts"
import { makeScheduled } from "./postgres.ts"
import type { ScheduledStoreShape } from "./shape.ts"

export * from "./shape.ts"

export class ScheduledStore extends Context.Service<ScheduledStore, ScheduledStoreShape>()(
  "confab/sql/scheduled/ScheduledStore",
) {
  static readonly layer = Layer.effect(ScheduledStore, makeScheduled)
  static readonly layerMemory = Layer.effect(ScheduledStore, makeMemoryScheduled)
}
