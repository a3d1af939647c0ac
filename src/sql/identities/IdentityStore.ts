// The service, with its implementations. shape.ts defines what it does.
import { Context, Layer } from "effect"
import { makeIdentities as makeMemoryIdentities } from "./memory.ts"
import { makeIdentities } from "./postgres.ts"
import type { IdentityStoreShape } from "./shape.ts"

export * from "./shape.ts"

export class IdentityStore extends Context.Service<IdentityStore, IdentityStoreShape>()(
  "confab/sql/identities/IdentityStore",
) {
  static readonly layer = Layer.effect(IdentityStore, makeIdentities)
  static readonly layerMemory = Layer.effect(IdentityStore, makeMemoryIdentities)
}
