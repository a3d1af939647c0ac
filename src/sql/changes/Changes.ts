// The service, with its implementations. shape.ts defines what it does.
import { Context, Layer } from "effect"
import { makeChanges as makeMemoryChanges } from "./memory.ts"
import { makeChanges } from "./postgres.ts"
import type { ChangesShape } from "./shape.ts"

export * from "./shape.ts"

export class Changes extends Context.Service<Changes, ChangesShape>()("confab/sql/changes/Changes") {
  static readonly layer = Layer.effect(Changes, makeChanges)
  static readonly layerMemory = Layer.effect(Changes, makeMemoryChanges)
}
