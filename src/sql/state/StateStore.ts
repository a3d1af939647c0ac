// The service, with its implementations. shape.ts defines what it does.
import { Context, Layer } from "effect"
import { makeMemoryState } from "./memory.ts"
import { makeState } from "./postgres.ts"
import type { StateStoreShape } from "./shape.ts"

export * from "./shape.ts"

export class StateStore extends Context.Service<StateStore, StateStoreShape>()("confab/sql/state/StateStore") {
  static readonly layer = Layer.effect(StateStore, makeState)
  static readonly layerMemory = Layer.effect(StateStore, makeMemoryState)
}
