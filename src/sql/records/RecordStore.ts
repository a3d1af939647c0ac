// The service, with its implementations. shape.ts defines what it does.
import { Context, Layer } from "effect"
import { makeRecords as makeMemoryRecords } from "./memory.ts"
import { makeRecords } from "./postgres.ts"
import type { RecordStoreShape } from "./shape.ts"

export * from "./shape.ts"

export class RecordStore extends Context.Service<RecordStore, RecordStoreShape>()("confab/sql/records/RecordStore") {
  static readonly layer = Layer.effect(RecordStore, makeRecords)
  static readonly layerMemory = Layer.effect(RecordStore, makeMemoryRecords)
}
