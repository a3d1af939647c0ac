// The service, with its implementations. shape.ts defines what it does.
import { Context, Layer } from "effect"
import { makeExports as makeMemoryExports } from "./memory.ts"
import { makeExports } from "./postgres.ts"
import type { ExportStoreShape } from "./shape.ts"

export * from "./shape.ts"

export class ExportStore extends Context.Service<ExportStore, ExportStoreShape>()("confab/sql/exports/ExportStore") {
  static readonly layer = Layer.effect(ExportStore, makeExports)
  static readonly layerMemory = Layer.effect(ExportStore, makeMemoryExports)
}
