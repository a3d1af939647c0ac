// The service, with its implementations. shape.ts defines what it does.
import { Context, Layer } from "effect"
import { makeJournal as makeMemoryJournal } from "./memory.ts"
import { makeJournal } from "./postgres.ts"
import type { JournalShape } from "./shape.ts"

export * from "./shape.ts"

export class Journal extends Context.Service<Journal, JournalShape>()("confab/sql/journal/Journal") {
  static readonly layer = Layer.effect(Journal, makeJournal)
  static readonly layerMemory = Layer.effect(Journal, makeMemoryJournal)
}
