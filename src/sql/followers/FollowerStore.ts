// The service, with its implementations. shape.ts defines what it does.
import { Context, Layer } from "effect"
import { makeMemoryFollowers } from "./memory.ts"
import { makeFollowers } from "./postgres.ts"
import type { FollowerStoreShape } from "./shape.ts"

export * from "./shape.ts"

export class FollowerStore extends Context.Service<FollowerStore, FollowerStoreShape>()(
  "confab/sql/followers/FollowerStore",
) {
  static readonly layer = Layer.effect(FollowerStore, makeFollowers)
  static readonly layerMemory = Layer.effect(FollowerStore, makeMemoryFollowers)
}
