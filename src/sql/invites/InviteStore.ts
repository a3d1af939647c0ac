// The service, with its implementations. shape.ts defines what it does.
import { Context, Layer } from "effect"
import { makeInvites as makeMemoryInvites } from "./memory.ts"
import { makeInvites } from "./postgres.ts"
import type { InviteStoreShape } from "./shape.ts"

export * from "./shape.ts"

export class InviteStore extends Context.Service<InviteStore, InviteStoreShape>()("confab/sql/invites/InviteStore") {
  static readonly layer = Layer.effect(InviteStore, makeInvites)
  static readonly layerMemory = Layer.effect(InviteStore, makeMemoryInvites)
}
