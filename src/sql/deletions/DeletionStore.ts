// The service, with its implementations. shape.ts defines what it does.
import { Context, Layer } from "effect"
import { makeDepartures as makeMemoryDepartures } from "./memory.ts"
import { makeDepartures } from "./postgres.ts"
import type { DeletionStoreShape } from "./shape.ts"

export * from "./shape.ts"

export class DeletionStore extends Context.Service<DeletionStore, DeletionStoreShape>()(
  "confab/sql/deletions/DeletionStore",
) {
  static readonly layer = Layer.effect(DeletionStore, makeDepartures)
  static readonly layerMemory = Layer.effect(DeletionStore, makeMemoryDepartures)
}
